# SPDX-License-Identifier: Apache-2.0
"""Edges of a polygon, ready to be walked down the picture.

Positions are fixed-point numbers, 1/256 pixel. An edge is cut into 15 samples a pixel row; it holds those whose centre
lies below its upper and above its lower end. Its x is kept with 32 more binary places, which is less than cairo's exact
fraction, but no picture is tall enough to show it.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numba import njit

from offline_tools.osm.elements import Int64Array

UNIT = 256  # fixed-point steps in a pixel
SAMPLES = 15  # lines that are sampled in a pixel row
# Python's own numbers would make numba compile a function again for each of them that it is called with.
NONE = cast(int, np.int64(0))
FORWARD, BACKWARD = cast(int, np.int64(1)), cast(int, np.int64(-1))
ONE = 1 << 32  # a fixed-point step in the x of an edge
HALF = 1 << 31

# What most functions here are compiled with: they neither make arrays nor keep them, so that counting the references to
# them, which would take a third of the time, is left out.
leaf = njit(error_model="numpy", _nrt=False)
# The same for the innermost loops, where even passing arrays on would be seen.
inlined = njit(error_model="numpy", _nrt=False, forceinline=True)

# Columns of an edge.
X, SLOPE, BOTTOM, DIRECTION, TOP, NEXT = range(6)
WIDTH = 6

_FAR = float(1 << 23)  # fixed-point steps from the picture, 32768 pixels; no product overflows within it


@njit(error_model="numpy")
def reserve(table: Int64Array, used: int, needed: int) -> Int64Array:
    """The table, or a larger copy of it that has room for `needed` more rows."""
    if used + needed <= table.shape[0]:
        return table
    larger = np.empty((2 * (used + needed), table.shape[1]), np.int64)
    for i in range(used):
        for j in range(table.shape[1]):
            larger[i, j] = table[i, j]
    return larger


@inlined
def _push(edges: Int64Array, count: int, top: int, bottom: int, x: float, slope: float, direction: int) -> int:
    if top >= bottom:
        return count
    edges[count, X], edges[count, SLOPE] = int(np.floor(x * ONE)), int(slope * ONE)
    edges[count, TOP], edges[count, BOTTOM], edges[count, DIRECTION] = top, bottom, direction
    return count + 1


@leaf
def _push_far(edges: Int64Array, count: int, top: int, bottom: int, x: float, slope: float, direction: int) -> int:
    """An edge that is far to the side of the picture somewhere: upright there, itself where it is near."""
    if slope == 0:
        return _push(edges, count, top, bottom, min(max(x, -_FAR), _FAR), 0.0, direction)
    before = -_FAR if slope > 0 else _FAR
    enter, leave = (before - x) / slope, (-before - x) / slope
    height = float(bottom - top)
    first = top + int(np.ceil(min(max(enter, 0.0), height)))
    last = top + int(np.ceil(min(max(leave, 0.0), height)))
    count = _push(edges, count, top, first, before, 0.0, direction)
    bounded = min(max(slope, -_FAR), _FAR)
    count = _push(edges, count, first, last, x + slope * (first - top), bounded, direction)
    return _push(edges, count, last, bottom, -before, 0.0, direction)


@leaf
def add_edge(edges: Int64Array, count: int, x1: int, y1: int, x2: int, y2: int, direction: int, rows: int) -> int:
    """Append what the line leaves in the picture, at most three edges, and return how many there are now."""
    if y1 > y2:
        x1, y1, x2, y2, direction = x2, y2, x1, y1, -direction
    top = max((SAMPLES * y1 + UNIT // 2) >> 8, 0)
    bottom = min((SAMPLES * y2 + UNIT // 2) >> 8, SAMPLES * rows)
    if top >= bottom:
        return count
    per_unit = (x2 - x1) / (y2 - y1)
    slope = per_unit * (UNIT / SAMPLES)
    x = x1 + ((2 * top + 1) * (UNIT / (2 * SAMPLES)) - y1) * per_unit
    if max(abs(x), abs(x + slope * (bottom - top)), abs(slope)) > _FAR:
        return _push_far(edges, count, top, bottom, x, slope, direction)
    return _push(edges, count, top, bottom, x, slope, direction)


@leaf
def add_contour(edges: Int64Array, count: int, contour: Int64Array, length: int, direction: int, rows: int) -> int:
    """Append the lines between neighbouring points; three edges for each must have room."""
    for i in range(length - 1):
        x1, y1, x2, y2 = contour[i, 0], contour[i, 1], contour[i + 1, 0], contour[i + 1, 1]
        count = add_edge(edges, count, x1, y1, x2, y2, direction, rows)
    return count
