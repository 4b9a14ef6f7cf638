# SPDX-License-Identifier: Apache-2.0
"""All shapes of a view to its channels, in one compiled call."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from mia_ros.arrays import FloatArray, UInt8Array
from offline_tools.channels import CHANNELS
from offline_tools.errors import CoverageError
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.frame import View
from offline_tools.osm.raster.edges import FORWARD, NONE, UNIT, WIDTH, add_contour, add_edge, leaf, reserve
from offline_tools.osm.raster.outline import MITER_LIMIT, Room
from offline_tools.osm.raster.paths import PATH_WIDTH, aim, is_apart, place, reach, stroke_dashed, stroke_near
from offline_tools.osm.raster.pens import TOLERANCE, Pen, disc_vertices, pen_vertices
from offline_tools.osm.raster.scan import fill_polygon
from offline_tools.osm.shapes import GROUP, Cap, Float32Array, Join, Kind, Shapes

_FILL, _DISC = int(Kind.FILL), int(Kind.DISC)
_ROUND_CAP, _ROUND_JOIN = int(Cap.ROUND), int(Join.ROUND)
_CHANNELS = len(CHANNELS)
_PIXEL = np.int64(UNIT)
_WIDEST = 1e7  # pixels; no stroke of a map is as wide


def draw(shapes: Shapes, view: View, out: UInt8Array | None = None) -> UInt8Array:
    """The shapes in the view: (rows, columns, 9) uint8, 1 where a shape of the channel touches the pixel, else 0.

    `out`, if given, is overwritten and returned.
    """
    shape = (view.rows, view.columns, _CHANNELS)
    if min(shape) < 1:
        raise CoverageError(f"view of {view.rows} x {view.columns} pixels: it must have at least one row and column")
    if out is None:
        out = np.empty(shape, np.uint8)
    elif out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out: {out.dtype} {out.shape}, want a contiguous uint8 array of shape {shape}")
    matrix = np.array(view.matrix, np.float64)
    matrix[:, 2] += matrix[:, :2] @ np.asarray(shapes.origin, np.float64)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    _draw(
        shapes.points,
        shapes.line_starts,
        shapes.shape_starts,
        shapes.channel,
        shapes.kind,
        shapes.ground_width,
        shapes.pen,
        shapes.cap,
        shapes.join,
        shapes.dash,
        shapes.bounds,
        shapes.groups,
        matrix,
        scale,
        view.pixel,
        _window(matrix, view),
        out,
    )
    return out


def _window(matrix: FloatArray, view: View) -> FloatArray:
    """Bounds of the view on the map, less its origin: x min, y min, x max, y max."""
    right, down = float(view.columns), float(view.rows)
    corners = np.array([[0.0, 0.0], [right, 0.0], [0.0, down], [right, down]]) - matrix[:, 2]
    on_map = np.linalg.solve(matrix[:, :2], corners.T)
    return np.concatenate([on_map.min(axis=1), on_map.max(axis=1)])


class _Lines(NamedTuple):
    """What the shapes' lines are, and where they fall in the picture."""

    points: FloatArray
    starts: Int64Array
    matrix: FloatArray
    rows: int
    columns: int


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(
    points: FloatArray,
    line_starts: Int64Array,
    shape_starts: Int64Array,
    channel: UInt8Array,
    kind: UInt8Array,
    ground_width: FloatArray,
    pen_width: Float32Array,
    cap: UInt8Array,
    join: UInt8Array,
    dash: Float32Array,
    bounds: FloatArray,
    groups: FloatArray,
    matrix: FloatArray,
    scale: float,
    pixel: float,
    window: FloatArray,
    out: UInt8Array,
) -> None:
    lines = _Lines(points, line_starts, matrix, out.shape[0], out.shape[1])
    planes = np.zeros((_CHANNELS, lines.rows, lines.columns), np.uint8)
    heads = np.full(lines.rows, -1, np.int64)
    partial = np.zeros(lines.columns + 1, np.int64)
    active, starting = np.empty((1024, 4), np.int64), np.empty(1024, np.int64)
    room = Room(np.empty((1024, WIDTH), np.int64), np.empty((256, 2), np.int64), np.empty((256, 2), np.int64))
    longest = _longest(line_starts)
    path, part = np.empty((longest + 2, PATH_WIDTH), np.int64), np.empty((2 * longest + 2, PATH_WIDTH), np.int64)
    pen, disc = Pen(0.0, np.empty((0, 2), np.int64), False, False), np.empty((0, 2), np.int64)
    disc_radius = -1.0
    near = False
    for shape in range(channel.size):
        if shape % GROUP == 0:
            group = shape // GROUP
            near = not _is_outside(groups, group, window, _margin(groups[group, 4], groups[group, 5], scale, pixel))
        if not near:
            continue
        first, last = shape_starts[shape], shape_starts[shape + 1]
        nib = pen_width[shape] * pixel / 2
        radius = 0.0 if kind[shape] == _FILL else ground_width[shape] * scale / 2 + nib
        margin = _margin(ground_width[shape], pen_width[shape], scale, pixel)
        if _is_outside(bounds, shape, window, margin) or (kind[shape] != _FILL and not 0 < radius < _WIDEST):
            continue
        if kind[shape] == _FILL:
            room, count = _fill(room, lines, first, last, path)
        elif kind[shape] == _DISC:
            if radius != disc_radius:
                disc, disc_radius = disc_vertices(radius), radius
            room, count = _discs(room, lines, first, last, disc, path)
        else:
            vertices = pen.vertices if radius == pen.half else pen_vertices(radius)
            pen = Pen(radius, vertices, cap[shape] == _ROUND_CAP, join[shape] == _ROUND_JOIN)
            on, off = dash[shape, 0] * pixel, dash[shape, 1] * pixel
            room, count = _strokes(room, lines, first, last, pen, (on, on + off), path, part)
        if starting.size < count:
            active, starting = np.empty((2 * count, 4), np.int64), np.empty(2 * count, np.int64)
        if count > 0:
            fill_polygon(room.edges, count, heads, active, starting, planes[channel[shape]], partial)
    _interleave(planes, out)


@leaf
def _longest(starts: Int64Array) -> int:
    longest = 0
    for i in range(starts.size - 1):
        longest = max(longest, starts[i + 1] - starts[i])
    return longest


@leaf
def _margin(ground: float, pen: float, scale: float, pixel: float) -> float:
    """How far a shape may reach beyond its bounds, on the map: by its pen, and by the miters of its corners."""
    nib = pen * pixel / 2
    return (nib + 2 + (MITER_LIMIT - 1) * (ground * scale / 2 + nib)) / scale


@leaf
def _is_outside(bounds: FloatArray, shape: int, window: FloatArray, margin: float) -> bool:
    """Also where a bound is not a number."""
    return not (
        bounds[shape, 0] - margin <= window[2]
        and bounds[shape, 2] + margin >= window[0]
        and bounds[shape, 1] - margin <= window[3]
        and bounds[shape, 3] + margin >= window[1]
    )


@njit(error_model="numpy")
def _fill(room: Room, lines: _Lines, first: int, last: int, path: Int64Array) -> tuple[Room, int]:
    """The edges of rings, all for one filling."""
    count = NONE
    for line in range(first, last):
        length = place(lines.points, lines.starts[line], lines.starts[line + 1], lines.matrix, path)
        if length < 3 or is_apart(path, length, _PIXEL, lines.rows, lines.columns):
            continue
        room = Room(reserve(room.edges, count, 3 * (length + 1)), room.clockwise, room.counter)
        path[length, 0], path[length, 1] = path[0, 0], path[0, 1]
        count = add_contour(room.edges, count, path, length + 1, FORWARD, lines.rows)
    return room, count


@njit(error_model="numpy")
def _discs(room: Room, lines: _Lines, first: int, last: int, disc: Int64Array, path: Int64Array) -> tuple[Room, int]:
    """The edges of discs about all points."""
    count = NONE
    for point in range(lines.starts[first], lines.starts[last]):
        if place(lines.points, point, point + 1, lines.matrix, path) > 0:
            room = Room(reserve(room.edges, count, 3 * disc.shape[0]), room.clockwise, room.counter)
            count = _add_circle(room.edges, count, disc, path[0, 0], path[0, 1], lines.rows)
    return room, count


@leaf
def _add_circle(edges: Int64Array, count: int, circle: Int64Array, x: int, y: int, rows: int) -> int:
    size = circle.shape[0]
    for i in range(size):
        after = i + 1 if i + 1 < size else 0
        x1, y1, x2, y2 = x + circle[i, 0], y + circle[i, 1], x + circle[after, 0], y + circle[after, 1]
        count = add_edge(edges, count, x1, y1, x2, y2, FORWARD, rows)
    return count


@njit(error_model="numpy")
def _strokes(
    room: Room,
    lines: _Lines,
    first: int,
    last: int,
    pen: Pen,
    dash: tuple[float, float],
    path: Int64Array,
    part: Int64Array,
) -> tuple[Room, int]:
    """The edges of what a pen draws along lines."""
    count = NONE
    for line in range(first, last):
        start, end = lines.starts[line], lines.starts[line + 1]
        length = place(lines.points, start, end, lines.matrix, path)
        if length == 0 or is_apart(path, length, reach(pen), lines.rows, lines.columns):
            continue
        closed = end - start > 1 and _same(lines.points, start, end - 1)
        if closed and length > 1 and path[0, 0] == path[length - 1, 0] and path[0, 1] == path[length - 1, 1]:
            length -= 1
        aim(path, length)
        if length == 1:
            room = Room(reserve(room.edges, count, 3 * pen.vertices.shape[0]), room.clockwise, room.counter)
            if pen.round_cap:
                count = _add_circle(room.edges, count, pen.vertices, path[0, 0], path[0, 1], lines.rows)
        elif 0 < dash[0] < dash[1] and dash[1] >= TOLERANCE:
            room, count = stroke_dashed(room, count, path, length, closed, pen, dash, part, lines.rows, lines.columns)
        else:  # also dashes that are too short to be seen
            room, count = stroke_near(room, count, path, length, closed, pen, part, lines.rows, lines.columns)
    return room, count


@leaf
def _same(points: FloatArray, one: int, other: int) -> bool:
    return points[one, 0] == points[other, 0] and points[one, 1] == points[other, 1]


@leaf
def _interleave(planes: UInt8Array, out: UInt8Array) -> None:
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            for channel in range(_CHANNELS):
                out[row, column, channel] = planes[channel, row, column]
