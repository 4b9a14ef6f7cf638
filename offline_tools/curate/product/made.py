# SPDX-License-Identifier: Apache-2.0
"""The tables that the stages have left of one location, by the names that they have on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.paths import Paths
from offline_tools.curate.product.drawing import MAPS
from offline_tools.curate.tables import METADATA, VIEWS, Schema, conform, empty
from offline_tools.dataset.layout import checked_name


@dataclass(frozen=True)
class Made(Paths):
    """What lies there, read."""

    def __post_init__(self) -> None:
        checked_name(self.name, "location")

    @property
    def aside(self) -> Path:
        """Pictures of places without a map."""
        return self.state / "without_map"

    def fetched(self) -> pl.DataFrame:
        """What became of each download: id and problem."""
        return self._parts("photos", {"id": pl.String, "problem": pl.String})

    def views(self) -> pl.DataFrame:
        """What became of each photo."""
        return self._parts("undistortion", VIEWS)

    def maps(self) -> pl.DataFrame:
        """What became of each view."""
        return self._parts("maps", MAPS)

    def _parts(self, stage: str, schema: Schema) -> pl.DataFrame:
        parts = sorted((self.state / stage).glob("*.parquet"))
        tables = [conform(_read(part), schema, str(part)) for part in parts]
        return pl.concat(tables) if tables else empty(schema)


def columns_of(path: Path, *names: str) -> pl.DataFrame:
    """Some columns of a table of METADATA; addresses of photos take most of the memory of the others."""
    with reading(str(path)):
        found = pl.scan_parquet(path, glob=False).select(names).collect()
    return conform(found, {name: METADATA[name] for name in names}, str(path))


def rows_of(path: Path) -> int:
    """How many rows a table has, of its header."""
    with reading(str(path)):
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _read(path: Path) -> pl.DataFrame:
    with reading(str(path)):
        return pl.read_parquet(path)
