# SPDX-License-Identifier: Apache-2.0
"""The shapes that draw the truth, as polygons in local metres: what is filled, and the bands that pens leave."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import shapely
import shapely.ops

from mia_ros.arrays import FloatArray
from offline_tools.channels import CHANNELS
from offline_tools.osm.frame import REFERENCE_RESOLUTION, mercator
from offline_tools.osm.shapes import Cap, Join, Kind, Shapes
from offline_tools.simworld.frame import LocalFrame

#: shapely has no types; one of its geometries.
Geometry = Any
_ARC = 12  # segments of a quarter of a circle


def outlines(shapes: Shapes, frame: LocalFrame, box: tuple[float, float, float, float]) -> dict[str, list[Geometry]]:
    """Channel -> polygons that reach into the box (x and y from, x and y to), each of one shape, valid, clipped."""
    found: dict[str, list[Geometry]] = defaultdict(list)
    scale = frame.metres_per_degree
    offset = (np.array(shapes.origin) - (frame.lon0, mercator(frame.lat0))) * scale
    points = shapes.points * scale + offset
    bounds = shapes.bounds * scale + np.tile(offset, 2)
    margin = shapes.pen * REFERENCE_RESOLUTION / 2
    near = (bounds[:, 0] - margin < box[2]) & (bounds[:, 2] + margin > box[0])
    near &= (bounds[:, 1] - margin < box[3]) & (bounds[:, 3] + margin > box[1])
    for index in np.flatnonzero(near):
        geometry = shapely.clip_by_rect(_outline(shapes, int(index), points, scale), *box)
        if not geometry.is_empty:
            found[CHANNELS[shapes.channel[index]]].append(geometry)
    return found


def _outline(shapes: Shapes, index: int, points: FloatArray, scale: float) -> Geometry:
    first, last = shapes.shape_starts[index], shapes.shape_starts[index + 1]
    lines = [points[shapes.line_starts[i] : shapes.line_starts[i + 1]] for i in range(first, last)]
    if shapes.kind[index] == Kind.FILL:
        return filled(lines)
    half = (shapes.ground_width[index] * scale + shapes.pen[index] * REFERENCE_RESOLUTION) / 2
    if shapes.kind[index] == Kind.DISC:
        return shapely.MultiPoint(np.concatenate(lines)).buffer(half, quad_segs=_ARC)
    cap = "round" if shapes.cap[index] == Cap.ROUND else "flat"
    join = "round" if shapes.join[index] == Join.ROUND else "mitre"
    strokes = shapely.MultiLineString([line for line in lines if len(line) > 1])
    if shapes.dash[index, 0] > 0:
        strokes = _dashed(strokes, *(shapes.dash[index] * REFERENCE_RESOLUTION).tolist())
    return shapely.make_valid(strokes.buffer(half, quad_segs=_ARC, cap_style=cap, join_style=join, mitre_limit=4))


def filled(lines: list[FloatArray]) -> Geometry:
    """Rings as an area; holes are wound against their outer rings."""
    rings = [shapely.Polygon(line) for line in lines if len(line) > 2]
    if len(rings) == 1:
        return shapely.make_valid(rings[0])
    ways = [ring.exterior.is_ccw for ring in rings]
    solid = [shapely.make_valid(ring) for ring, way in zip(rings, ways, strict=True) if way == ways[0]]
    holes = [shapely.make_valid(ring) for ring, way in zip(rings, ways, strict=True) if way != ways[0]]
    return shapely.union_all(solid).difference(shapely.union_all(holes))


def _dashed(strokes: Geometry, on: float, off: float) -> Geometry:
    pieces = []
    for line in strokes.geoms:
        starts = np.arange(0.0, line.length, on + off)
        pieces += [shapely.ops.substring(line, start, start + on) for start in starts]
    return shapely.union_all(pieces)
