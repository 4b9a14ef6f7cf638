# SPDX-License-Identifier: Apache-2.0
"""Lines of a map as paths in the picture: in fixed-point steps, without points that add nothing, cut to what is near.

A path is (N, 4) integers: x, y, and the direction in which it leaves that point.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.raster.edges import NONE, UNIT, leaf
from offline_tools.osm.raster.outline import DX, DY, MITER_LIMIT, Room, add_stroke
from offline_tools.osm.raster.pens import Pen

PATH_WIDTH = 4

_EDGE_OF_WORLD = 1e9  # pixels; what lies beyond is drawn as if it were there
_LEFT, _RIGHT, _ABOVE, _BELOW = 1, 2, 4, 8  # sides of the picture, as bits
_OPEN = np.bool_(False)


@leaf
def place(points: FloatArray, start: int, end: int, matrix: FloatArray, path: Int64Array) -> int:
    """Put the points of a line into `path`; return how many are left without repetitions and points on straight lines.

    0 if a point is not finite: such a line is nowhere.
    """
    used = 0
    for i in range(start, end):
        x = matrix[0, 0] * points[i, 0] + matrix[0, 1] * points[i, 1] + matrix[0, 2]
        y = matrix[1, 0] * points[i, 0] + matrix[1, 1] * points[i, 1] + matrix[1, 2]
        if not np.isfinite(x + y):
            return 0
        u = int(np.rint(min(max(x, -_EDGE_OF_WORLD), _EDGE_OF_WORLD) * UNIT))
        v = int(np.rint(min(max(y, -_EDGE_OF_WORLD), _EDGE_OF_WORLD) * UNIT))
        if used > 0 and path[used - 1, 0] == u and path[used - 1, 1] == v:
            continue
        if used > 1 and _goes_on(path, used, u, v):
            used -= 1
        path[used, 0], path[used, 1] = u, v
        used += 1
    return used


@leaf
def _goes_on(path: Int64Array, used: int, x: int, y: int) -> bool:
    """Whether the next point lies straight ahead of the last segment."""
    dx, dy = float(path[used - 1, 0] - path[used - 2, 0]), float(path[used - 1, 1] - path[used - 2, 1])
    next_dx, next_dy = float(x - path[used - 1, 0]), float(y - path[used - 1, 1])
    return dx * next_dy == dy * next_dx and dx * next_dx + dy * next_dy > 0


@leaf
def aim(path: Int64Array, length: int) -> None:
    """Write the directions into a path; the last point's leads to the first."""
    for i in range(length):
        after = i + 1 if i + 1 < length else 0
        path[i, DX], path[i, DY] = path[after, 0] - path[i, 0], path[after, 1] - path[i, 1]


@leaf
def is_apart(path: Int64Array, used: int, margin: int, rows: int, columns: int) -> bool:
    """Whether all points lie on one side outside the picture, at least `margin` steps away."""
    outside = _LEFT | _RIGHT | _ABOVE | _BELOW
    for i in range(used):
        outside &= _sides(path[i, 0], path[i, 1], margin, rows, columns)
        if outside == 0:
            return False
    return True


@leaf
def _sides(x: int, y: int, margin: int, rows: int, columns: int) -> int:
    """On which sides outside the picture a point lies."""
    sides = 0
    if x < -margin:
        sides |= _LEFT
    if x > columns * UNIT + margin:
        sides |= _RIGHT
    if y < -margin:
        sides |= _ABOVE
    if y > rows * UNIT + margin:
        sides |= _BELOW
    return sides


@leaf
def reach(pen: Pen) -> int:
    """How far a stroke's outline can be from its path, in fixed-point steps, and a pixel or two."""
    return int(pen.half * UNIT * (1.0 if pen.round_join else MITER_LIMIT)) + 2 * UNIT


@njit(error_model="numpy")
def stroke_near(
    room: Room,
    count: int,
    path: Int64Array,
    length: int,
    closed: bool,
    pen: Pen,
    part: Int64Array,
    rows: int,
    columns: int,
) -> tuple[Room, int]:
    """Append the edges of a stroke; a path that leaves the picture's surroundings is cut there into open paths.

    `part` has room for length + 1 points.
    """
    margin = reach(pen)
    segments = length if closed else length - 1
    begin = 0
    while begin < segments and not _is_far(path, length, begin, margin, rows, columns):
        begin += 1
    if begin == segments:
        return add_stroke(room, count, path, length, closed, pen, rows)
    used = NONE
    for step in range(segments):
        i = (begin + step) % length if closed else step
        if _is_far(path, length, i, margin, rows, columns):
            room, count = _stroke_part(room, count, part, used, pen, rows)
            used = NONE
        else:
            used = _append(part, _append(part, used, path, i, 0.0), path, i, 1.0)
    return _stroke_part(room, count, part, used, pen, rows)


@leaf
def _is_far(path: Int64Array, length: int, segment: int, margin: int, rows: int, columns: int) -> bool:
    after = (segment + 1) % length
    one = _sides(path[segment, 0], path[segment, 1], margin, rows, columns)
    return one & _sides(path[after, 0], path[after, 1], margin, rows, columns) != 0


@leaf
def _append(part: Int64Array, used: int, path: Int64Array, segment: int, share: float) -> int:
    """Append the point at a share of a segment; the part goes on from there as the segment does."""
    x = path[segment, 0] + int(np.rint(share * path[segment, DX]))
    y = path[segment, 1] + int(np.rint(share * path[segment, DY]))
    if used > 0 and part[used - 1, 0] == x and part[used - 1, 1] == y:
        used -= 1
    part[used, 0], part[used, 1] = x, y
    part[used, DX], part[used, DY] = path[segment, DX], path[segment, DY]
    return used + 1


@njit(error_model="numpy")
def _stroke_part(room: Room, count: int, part: Int64Array, used: int, pen: Pen, rows: int) -> tuple[Room, int]:
    if used > 1:
        return add_stroke(room, count, part, used, _OPEN, pen, rows)
    return room, count


@njit(error_model="numpy")
def stroke_dashed(
    room: Room,
    count: int,
    path: Int64Array,
    length: int,
    closed: bool,
    pen: Pen,
    dash: tuple[float, float],
    part: Int64Array,
    rows: int,
    columns: int,
) -> tuple[Room, int]:
    """Append the edges of the dashes of a stroke: pixels on, and on plus off, from the path's first point on.

    `part` has room for 2 * length + 2 points.
    """
    on, period = dash
    done = 0.0  # pixels of the period
    used = NONE
    for i in range(length if closed else length - 1):
        total = np.hypot(float(path[i, DX]), float(path[i, DY])) / UNIT
        near, far = _visible(path, i, reach(pen), rows, columns)
        if near > 0:  # the dashes before the picture are not looked at
            used = NONE
        done = (done + near * total) % period
        at, end = near * total, far * total
        while at < end:
            step = min((on if done < on else period) - done, end - at)
            if done < on:
                used = _append(part, _append(part, used, path, i, at / total), path, i, (at + step) / total)
            at, done = at + step, _wrap(done + step, on, period)
            if done >= on or done == 0:
                room, count = _stroke_part(room, count, part, used, pen, rows)
                used = NONE
        if far < 1:
            room, count = _stroke_part(room, count, part, used, pen, rows)
            used = NONE
            done = (done + (1 - far) * total) % period
    if closed and used > 0:
        used = _into_first_dash(part, used, path, length, on)
    return _stroke_part(room, count, part, used, pen, rows)


@leaf
def _wrap(done: float, on: float, period: float) -> float:
    """Where the period is, without the rests that adding leaves."""
    if abs(done - on) < 1e-9:
        return on
    return 0.0 if done >= period - 1e-9 else done


@leaf
def _into_first_dash(part: Int64Array, used: int, path: Int64Array, length: int, on: float) -> int:
    """Lead the last dash of a closed path into the first, so that they have a corner and not two ends."""
    left = on
    for i in range(length):
        total = np.hypot(float(path[i, DX]), float(path[i, DY])) / UNIT
        used = _append(part, _append(part, used, path, i, 0.0), path, i, min(left / total, 1.0))
        left -= total
        if left <= 0:
            break
    return used


@leaf
def _visible(path: Int64Array, segment: int, margin: int, rows: int, columns: int) -> tuple[float, float]:
    """From where to where along a segment it is near the picture, as shares of it; twice 0 if nowhere."""
    near, far = 0.0, 1.0
    for axis in range(2):
        start, change = float(path[segment, axis]), float(path[segment, axis + 2])
        high = (columns if axis == 0 else rows) * UNIT + margin
        if change == 0:
            if start < -margin or start > high:
                return 0.0, 0.0
            continue
        one, other = (-margin - start) / change, (high - start) / change
        near, far = max(near, min(one, other)), min(far, max(one, other))
    if near >= far:
        return 0.0, 0.0
    return near, far
