# SPDX-License-Identifier: Apache-2.0
"""Thinning across sequences: of photos in one place that look one way, the newest stays."""

from __future__ import annotations

import math

from offline_tools.curate.filters import Table, open_table
from offline_tools.curate.filters.columns import reading, refuse_empty
from offline_tools.errors import DatasetError

_METRES_PER_DEGREE = 111_195.0


def thin(table: Table, cell_m: float = 4.0, sectors: int = 8) -> list[str]:
    """Ids of the newest photo of each cell and sector of headings, in the table's order.

    Cells are about cell_m wide and high; the first sector begins at half a sector west of north, so that a street to
    the north is not split. A photo without a position or heading is left out. Of photos of the same time, the first in
    the table stays.
    """
    if not (math.isfinite(cell_m) and cell_m > 0 and sectors >= 1):
        raise DatasetError(f"thinning: cells of {cell_m} m and {sectors} sectors: want more than 0, and at least 1")
    frame, columns = open_table(table)
    lon, lat = columns.number("computed_geometry.long"), columns.number("computed_geometry.lat")
    heading = columns.number("computed_compass_angle")
    row = (lat * (_METRES_PER_DEGREE / cell_m)).floor()
    # One width for all of a row of cells, so that its cells lie side by side.
    width = (row * (cell_m / _METRES_PER_DEGREE)).radians().cos()
    keys = {
        "row": row,
        "column": (lon * width * (_METRES_PER_DEGREE / cell_m)).floor(),
        "sector": ((heading % 360) * (sectors / 360) + 0.5).floor() % sectors,
    }
    wanted = frame.select(columns.key("id").alias("id"), columns.number("captured_at").alias("time"), **keys)
    with reading(columns.where):
        found = wanted.with_row_index("place").collect(engine="streaming")
    refuse_empty(len(found), columns.where)
    newest = found.drop_nulls(list(keys)).sort("time", descending=True, nulls_last=True, maintain_order=True)
    return newest.unique(list(keys), keep="first", maintain_order=True).sort("place")["id"].to_list()
