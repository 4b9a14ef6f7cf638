# SPDX-License-Identifier: Apache-2.0
"""The outline of a stroke: what a pen that is drawn along a path covers, as contours for non-zero filling.

Two contours run beside the path, half the width away. At a corner the outer one is rounded or comes to a point, and
the inner one goes through the corner itself: where it crosses itself the winding grows, and filling does not mind.
All points are fixed-point steps; offsets are rounded to them, as cairo's are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from offline_tools.osm.elements import Int64Array
from offline_tools.osm.raster.edges import BACKWARD, FORWARD, NONE, UNIT, add_contour, leaf, reserve
from offline_tools.osm.raster.pens import TOLERANCE, Pen

MITER_LIMIT = 4.0
DX, DY = 2, 3  # columns of a path: the direction from a point to the next

_INNER, _CLOSING = np.bool_(False), np.bool_(True)
_TIE = 1e-9  # of a pen's step: directions that are parallel to a side of the pen


class Face(NamedTuple):
    """A segment's direction, and the step from the path to the contour beside it."""

    dx: int
    dy: int
    along_x: float
    along_y: float
    off_x: int  # to the clockwise contour, which is to the left of the direction on the picture
    off_y: int


class Room(NamedTuple):
    """Where a polygon is put together; a function that needs more room makes larger arrays and returns them."""

    edges: Int64Array
    clockwise: Int64Array  # (N, 2) the contour beside a path that runs clockwise about it on the picture
    counter: Int64Array  # (N, 2) the other one


@leaf
def _face(path: Int64Array, segment: int, half: float) -> Face:
    dx, dy = path[segment, DX], path[segment, DY]
    length = np.hypot(float(dx), float(dy))
    along_x, along_y = dx / length, dy / length
    return Face(dx, dy, along_x, along_y, int(np.rint(along_y * half * UNIT)), int(np.rint(-along_x * half * UNIT)))


@leaf
def _turn(a: Face, b: Face) -> int:
    """1 for a clockwise turn on the picture, -1 for a counter-clockwise one, 0 for none."""
    cross = float(a.dx) * float(b.dy) - float(a.dy) * float(b.dx)
    if cross != 0:
        return 1 if cross > 0 else -1
    if a.dx * float(b.dx) + a.dy * float(b.dy) > 0:
        return 0
    return 1 if a.dx > 0 or (a.dx == 0 and a.dy > 0) else -1


@leaf
def _point(contour: Int64Array, used: int, x: int, y: int) -> int:
    contour[used, 0], contour[used, 1] = x, y
    return used + 1


@leaf
def _fan(
    contour: Int64Array, used: int, x: int, y: int, start: float, sweep: float, side: int, vertices: Int64Array
) -> int:
    """The pen's vertices between two faces, as cairo picks them, which is not the same on the two sides.

    `start` is the direction of the first face from the corner. On the clockwise side (1) what is nearer than half a
    step to a face is left out; on the other (-1) it is not, unless the vertex is next to both faces.
    """
    count = vertices.shape[0]
    step = 2 * np.pi / count
    begin, end = start / step, (start + side * sweep) / step
    if side > 0:
        first, last = int(np.ceil(begin + 0.5 - _TIE)), int(np.floor(end - 0.5 + _TIE))
    else:
        first, last = int(np.floor(end + 0.5 + _TIE)), int(np.ceil(begin - 0.5 - _TIE))
        if last <= end + 0.5 + _TIE:
            return used
    for i in range(last - first + 1):
        vertex = (first + i if side > 0 else last - i) % count
        used = _point(contour, used, x + vertices[vertex, 0], y + vertices[vertex, 1])
    return used


@leaf
def _round(contour: Int64Array, used: int, x: int, y: int, a: Face, b: Face, side: int, vertices: Int64Array) -> int:
    cross, dot = a.along_x * b.along_y - a.along_y * b.along_x, a.along_x * b.along_x + a.along_y * b.along_y
    start = np.arctan2(a.along_y, a.along_x) - side * np.pi / 2
    return _fan(contour, used, x, y, start, np.arctan2(abs(cross), dot), side, vertices)


@leaf
def _miter(x: int, y: int, a: Face, b: Face, side: int) -> tuple[bool, int, int]:
    """The point where the outer contours meet, unless the corner is too sharp for one."""
    cross, dot = a.along_x * b.along_y - a.along_y * b.along_x, a.along_x * b.along_x + a.along_y * b.along_y
    if MITER_LIMIT**2 * (1 + dot) < 2 or cross == 0:
        return False, 0, 0
    ax, ay, bx, by = side * a.off_x, side * a.off_y, side * b.off_x, side * b.off_y
    along = ((bx - ax) * b.along_y - (by - ay) * b.along_x) / cross
    tip_x, tip_y = ax + along * a.along_x, ay + along * a.along_y
    # Rounded offsets of nearly parallel faces can meet anywhere; a point that is not between them is none.
    if (ax * tip_y - ay * tip_x) * (bx * tip_y - by * tip_x) >= 0:
        return False, 0, 0
    return True, x + int(np.rint(tip_x)), y + int(np.rint(tip_y))


@leaf
def _outer(contour: Int64Array, used: int, x: int, y: int, a: Face, b: Face, side: int, pen: Pen, closing: bool) -> int:
    """The outer side of a corner; the contour's last point is the end of face `a`."""
    if a.off_x == b.off_x and a.off_y == b.off_y:
        return used
    pointed = not pen.round_join
    if pen.round_join and closing:
        # Where a path closes, cairo points a corner that is too flat for its pen to round.
        flat = 2 * (1 - TOLERANCE / pen.half) ** 2 - 1
        pointed = a.along_x * b.along_x + a.along_y * b.along_y >= flat
    if pointed:
        meets, tip_x, tip_y = _miter(x, y, a, b, side)
        if meets:
            _point(contour, used - 1, tip_x, tip_y)
            if closing:
                _point(contour, NONE, tip_x, tip_y)
            return used
    else:
        used = _round(contour, used, x, y, a, b, side, pen.vertices)
    return _point(contour, used, x + side * b.off_x, y + side * b.off_y)


@leaf
def _corner(
    room: Room, used: tuple[int, int], x: int, y: int, a: Face, b: Face, pen: Pen, closing: bool
) -> tuple[int, int]:
    """Both sides of a corner."""
    clockwise, counter = used
    turn = _turn(a, b)
    if turn == 0 and not closing:
        return used
    if turn > 0:
        clockwise = _outer(room.clockwise, clockwise, x, y, a, b, FORWARD, pen, closing)
        counter = _point(room.counter, counter, x, y)
        counter = _point(room.counter, counter, x - b.off_x, y - b.off_y)
    else:
        counter = _outer(room.counter, counter, x, y, a, b, BACKWARD, pen, closing)
        clockwise = _point(room.clockwise, clockwise, x, y)
        clockwise = _point(room.clockwise, clockwise, x + b.off_x, y + b.off_y)
    return clockwise, counter


@leaf
def _beside(room: Room, used: tuple[int, int], x: int, y: int, face: Face) -> tuple[int, int]:
    """A point on either side."""
    clockwise = _point(room.clockwise, used[0], x + face.off_x, y + face.off_y)
    return clockwise, _point(room.counter, used[1], x - face.off_x, y - face.off_y)


@leaf
def _cap(contour: Int64Array, used: int, x: int, y: int, face: Face, outward: int, pen: Pen) -> int:
    """Around an end, from the counter-clockwise side of the outward direction to the other."""
    if pen.round_cap:
        start = np.arctan2(outward * face.along_y, outward * face.along_x) + np.pi / 2
        used = _fan(contour, used, x, y, start, np.pi, BACKWARD, pen.vertices)
    return _point(contour, used, x + outward * face.off_x, y + outward * face.off_y)


@njit(error_model="numpy")
def add_stroke(
    room: Room, count: int, path: Int64Array, length: int, closed: bool, pen: Pen, rows: int
) -> tuple[Room, int]:
    """Append the edges of a stroke along `length` points, of which no two neighbours are equal.

    `path` is (N, 4): x, y, and the direction in which the path leaves that point. Returns the room and the number of
    edges in it.
    """
    spare = 2 * (pen.vertices.shape[0] + 8)  # for a corner and an end
    first = face = _face(path, NONE, pen.half)
    used = _beside(room, (NONE, NONE), path[0, 0], path[0, 1], first)
    for i in range(length if closed else length - 1):
        after = i + 1 if i + 1 < length else 0
        needed = max(used[0], used[1])
        if needed + spare > min(room.clockwise.shape[0], room.counter.shape[0]):
            room = Room(room.edges, reserve(room.clockwise, needed, spare), reserve(room.counter, needed, spare))
        if i > 0:
            following = _face(path, i, pen.half)
            used = _corner(room, used, path[i, 0], path[i, 1], face, following, pen, _INNER)
            face = following
        used = _beside(room, used, path[after, 0], path[after, 1], face)
    room = Room(reserve(room.edges, count, 3 * (used[0] + used[1] + 2 * spare)), room.clockwise, room.counter)
    if closed:
        used = _corner(room, used, path[0, 0], path[0, 1], face, first, pen, _CLOSING)
    else:
        counter = _cap(room.counter, used[1], path[length - 1, 0], path[length - 1, 1], face, FORWARD, pen)
        used = (used[0], counter)
    count = add_contour(room.edges, count, room.clockwise, used[0], FORWARD, rows)
    count = add_contour(room.edges, count, room.counter, used[1], BACKWARD, rows)
    if not closed:
        start = _point(room.counter, NONE, path[0, 0] + first.off_x, path[0, 1] + first.off_y)
        start = _cap(room.counter, start, path[0, 0], path[0, 1], first, BACKWARD, pen)
        count = add_contour(room.edges, count, room.counter, start, BACKWARD, rows)
    return room, count
