# SPDX-License-Identifier: Apache-2.0
"""Which ground a robot can see past the buildings: a fan of rays over the front half, cut at the first walls.

The robot stands at the middle of the map and looks up the picture. The outline through the ends of the rays is drawn,
and what it encloses is filled. Behind the robot nothing is visible. The steps repeat the published masks bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mia_ros.arrays import Array, FloatArray, UInt8Array
from offline_tools.errors import DatasetError
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.frame import SIZE

VISIBLE, HIDDEN = 0, 127

_RAYS = 100
_REACH = 200 / SIZE  # a ray's length: 200 pixels of a published mask
_SEEN_DEPTH = 4  # pixels of a building that are seen: its front and three more


def visibility(building: Array) -> UInt8Array:
    """0 where the ground is visible from the middle of the map, else 127: (rows, columns) uint8.

    `building` is (rows, columns), bool or integers, not 0 where a building stands. Without a free pixel to stand on,
    or any ground to see from there, all is 127.
    """
    mask = np.asarray(building)
    if mask.ndim != 2 or mask.size == 0:
        raise DatasetError(f"building mask: shape {mask.shape}, want (rows, columns), one channel of a map")
    if mask.dtype != np.bool_ and not np.issubdtype(mask.dtype, np.integer):
        raise DatasetError(f"building mask: {mask.dtype}, want bool or integers that are not 0 where a building stands")
    rows, columns = mask.shape
    angles = np.linspace(np.pi / 2, 3 * np.pi / 2, _RAYS)  # from the right over the front to the left
    length = max(rows, columns) * _REACH
    fan = np.stack([length * np.cos(angles), length * np.sin(angles)], axis=1)
    return _visible(np.ascontiguousarray(mask != 0), fan)


@njit(cache=True, nogil=True)
def _visible(building: Array, fan: FloatArray) -> UInt8Array:
    rows, columns = building.shape
    canvas = np.full((rows, columns), HIDDEN, np.uint8)
    row, column = _nearest_free(building, rows // 2 - 1, columns // 2 - 1)
    if row < 0:
        return canvas
    line = np.empty((2 * (rows + columns) + 16, 2), np.int64)
    hits = np.empty((fan.shape[0] + 1, 2), np.int64)
    free = np.empty((fan.shape[0] * line.shape[0], 2), np.int32)
    passed = 0
    for ray in range(fan.shape[0]):
        end_row, end_column = int(np.rint(row + fan[ray, 0])), int(np.rint(column + fan[ray, 1]))
        length = _line(row, column, end_row, end_column, line)
        hits[ray, 0], hits[ray, 1], passed = _follow(building, line, length, free, passed)
    hits[-1] = hits[0]
    outline = canvas.copy()
    for ray in range(hits.shape[0]):
        length = _line(row, column, hits[ray, 0], hits[ray, 1], line)
        row, column = hits[ray]
        for i in range(length):
            outline[line[i, 0], line[i, 1]] = VISIBLE
    for i in range(passed):
        if outline[free[i, 0], free[i, 1]] == HIDDEN:
            _flood(outline, free[i, 0], free[i, 1])
            return outline
    return canvas


@njit
def _nearest_free(building: Array, row: int, column: int) -> tuple[int, int]:
    """The free pixel nearest to a place, the first of equals by rows; (-1, -1) if there is none."""
    found, nearest = (-1, -1), -1
    for i in range(building.shape[0]):
        for j in range(building.shape[1]):
            distance = (i - row) ** 2 + (j - column) ** 2
            if (nearest < 0 or distance < nearest) and not building[i, j]:
                found, nearest = (i, j), distance
    return found


@njit
def _line(row: int, column: int, end_row: int, end_column: int, line: Int64Array) -> int:
    """Put the pixels of a line into `line`, both ends included, and return their number.

    It is always stepped towards the larger of the longer axis's coordinates, so that it is the same both ways.
    """
    along_columns = abs(end_column - column) > abs(end_row - row)
    start, side, stop, end_side = row, column, end_row, end_column
    if along_columns:
        start, side, stop, end_side = column, row, end_column, end_row
    backwards = start > stop
    if backwards:
        start, side, stop, end_side = stop, end_side, start, side
    steps, rise = stop - start, abs(end_side - side)
    error, sideways = steps // 2, 1 if end_side > side else -1
    for i in range(steps + 1):
        place = steps - i if backwards else i
        line[place, 0] = side if along_columns else start + i
        line[place, 1] = start + i if along_columns else side
        error -= rise
        if error < 0:
            side += sideways
            error += steps
    return steps + 1


@njit
def _follow(building: Array, line: Int64Array, length: int, free: Array, passed: int) -> tuple[int, int, int]:
    """Where a ray ends: four pixels into the first building, at the border, or at its own end.

    What it passes, and the part of the building that is seen, is appended to the `passed` points of `free`.
    """
    rows, columns = building.shape
    last, seen = length - 1, length
    for i in range(length):
        row, column = line[i]
        inside = 0 <= row < rows and 0 <= column < columns
        if i < seen and not inside:
            last = i - 1
            break
        if i < seen == length and building[row, column]:
            last = min(i + _SEEN_DEPTH, length - 1)
            seen = i
        if seen <= i and i == last:
            break
        if inside:
            free[passed] = row, column
            passed += 1
    return min(max(line[last, 0], 0), rows - 1), min(max(line[last, 1], 0), columns - 1), passed


@njit
def _flood(canvas: UInt8Array, row: int, column: int) -> None:
    """Fill the hidden pixels that are connected to one by their sides."""
    rows, columns = canvas.shape
    waiting = np.empty((2 * rows * columns + 2, 2), np.int32)
    waiting[0] = row, column
    count = 1
    while count > 0:
        count -= 1
        row, column = waiting[count]
        if canvas[row, column] != HIDDEN:
            continue
        first, last = column, column
        while first > 0 and canvas[row, first - 1] == HIDDEN:
            first -= 1
        while last + 1 < columns and canvas[row, last + 1] == HIDDEN:
            last += 1
        for j in range(first, last + 1):
            canvas[row, j] = VISIBLE
        for beside in (row - 1, row + 1):
            if beside < 0 or beside >= rows:
                continue
            for j in range(first, last + 1):
                if canvas[beside, j] == HIDDEN and (j == first or canvas[beside, j - 1] != HIDDEN):
                    waiting[count] = beside, j
                    count += 1
