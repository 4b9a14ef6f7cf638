# SPDX-License-Identifier: Apache-2.0
"""Which photos are worth a download: key frames of each drive, thinned over drives where that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.keyframes import Selection, select, thin
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.area import centre_of, read_area
from offline_tools.curate.stages.stage import At, Outcome, Stage
from offline_tools.curate.tables import METADATA, conform, write_table


class Keyframes(Stage):
    """In one pass; rows in order of drive and time."""

    name = "keyframes"
    unit = "photos"
    after = ("places", "filters")

    def settings(self, at: At) -> Any:
        return at.config.keyframes.model_dump()

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.keyframes]

    def work(self, at: At) -> Outcome:
        wanted = at.config.keyframes
        origin = centre_of(read_area(at.paths.boundary))
        chosen = select(at.paths.filtered, origin, spacing_m=wanted.spacing_m)
        rows = _rows(at.paths.filtered, chosen)
        along = len(rows)
        if wanted.thin_cell_m:
            kept = thin(rows, wanted.thin_cell_m, wanted.thin_sectors)
            rows = rows.filter(pl.col("id").is_in(kept))
        write_table(at.paths.keyframes, rows)
        at.report(self, len(rows), len(rows))
        counts = {
            "sequences": chosen.sequences,
            "without_sequence": chosen.without_sequence,
            "too_far": chosen.too_far,
            "cut_short": chosen.cut_short,
            "along_drives": along,
            "after_thinning": len(rows),
        }
        return Outcome(1, len(rows), counts)


def _rows(table: Path, chosen: Selection) -> pl.DataFrame:
    """In the order of the selection, of a table that need not fit into memory."""
    places = pl.DataFrame({"row": chosen.rows, "place": range(len(chosen.rows))}, schema_overrides={"row": pl.UInt32})
    with reading(str(table)):
        found = (
            pl.scan_parquet(table, glob=False)
            .with_row_index("row")
            .join(places.lazy(), on="row", how="inner")
            .collect(engine="streaming")
        )
    return conform(found.sort("place"), METADATA, str(table))
