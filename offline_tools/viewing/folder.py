# SPDX-License-Identifier: Apache-2.0
"""The folder of a replay: its table, its maps, and the photos of its bag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mia_ros.errors import ReplayError
from offline_tools.viewing.parts import polars
from offline_tools.viewing.topics import OCCUPANCY, SEMANTIC_MAP, choose_topics

METRICS, TABLE, MAPS = "metrics.json", "frames.parquet", "maps"
#: Files that only a replay writes, finished or not.
_MARKS = (METRICS, TABLE, "replay.json", ".parts")
_ROWS = 500  # of the table that are in memory
Row = dict[str, Any]


@dataclass(frozen=True)
class ReplayFolder:
    """A finished replay. metrics: the content of metrics.json; rows: of the table."""

    path: Path
    metrics: dict[str, Any]
    rows: int

    @property
    def maps(self) -> Path:
        """The bag of what the mapper published."""
        return self.path / MAPS

    @property
    def bag(self) -> Path | None:
        """The recording that was replayed, if it is still there."""
        # The second is absolute, where the first is as it was typed.
        named = (self._part("bag").get("path"), self._part("configuration").get("bag"))
        return next((Path(path) for path in named if path and Path(path).exists()), None)

    @property
    def bag_name(self) -> str:
        """As the replay noted it."""
        return str(self._part("bag").get("path") or "of no name")

    def topic(self, kind: str) -> str:
        """Of the replayed bag: image, camera_info; "" where there was none."""
        return str(self._part("topics").get(kind) or "")

    def frames(self) -> Iterator[Row]:
        """Row by row, in the table's order."""
        table = polars().scan_parquet(self.path / TABLE)
        for first in range(0, self.rows, _ROWS):
            yield from table.slice(first, _ROWS).collect().iter_rows(named=True)

    def _part(self, name: str) -> dict[str, Any]:
        part = self.metrics.get(name)
        return part if isinstance(part, dict) else {}


def is_replay(path: Path) -> bool:
    """Whether a replay wrote this folder, or began to."""
    return path.is_dir() and any((path / name).exists() for name in _MARKS)


def read_folder(path: Path) -> ReplayFolder:
    """Refuses, in one line, a replay that is not finished, and one that lost a part."""
    for name in (MAPS, TABLE, METRICS):
        if not (path / name).exists():
            raise ReplayError(
                f"{path}: there is no {name}: the replay is not finished; give `mia replay` the same bag and "
                f"--out {path} again, it goes on where it was"
            )
    return ReplayFolder(path, _metrics(path / METRICS), _check_table(path / TABLE))


def map_topics(types: dict[str, str], folder: ReplayFolder) -> tuple[str, str]:
    """Of the bag of maps: the semantic maps, and the costs or ""."""
    chosen = choose_topics({name: kind for name, kind in types.items() if kind in (SEMANTIC_MAP, OCCUPANCY)})
    if not chosen.semantic_map:
        raise ReplayError(f"{folder.maps}: no topic with semantic maps; there is {', '.join(types) or 'nothing'}")
    return chosen.semantic_map, chosen.occupancy


def _metrics(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReplayError(f"{path}: cannot be read: {error}; give `mia replay` the same --out again") from error
    if not isinstance(found, dict):
        raise ReplayError(f"{path}: is no record of a replay")
    return found


def _check_table(path: Path) -> int:
    """Its rows."""
    pl = polars()
    try:
        table = pl.scan_parquet(path)
        columns = table.collect_schema().names()
        rows = int(table.select(pl.len()).collect().item())
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())
        raise ReplayError(f"{path}: cannot be read: {reason}; remove it, and run `mia replay` again") from error
    if missing := [name for name in ("index", "stamp", "received") if name not in columns]:
        raise ReplayError(f"{path}: has no column {', '.join(missing)}; it is not the table of a replay")
    if not rows:
        raise ReplayError(f"{path}: has no rows: no image was replayed, so there is nothing to show")
    return rows
