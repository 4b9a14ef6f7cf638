# SPDX-License-Identifier: Apache-2.0
"""What is painted on the ground: lanes, crossings, parking bays."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import shapely
import shapely.ops

from mia_ros.arrays import FloatArray
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.osm.frame import REFERENCE_RESOLUTION, mercator
from offline_tools.osm.shapes import Kind, Shapes
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.world.ground_outlines import Geometry
from offline_tools.simworld.world.streets import Box, Plan, Street

_MAJOR = {"motorway", "trunk", "primary", "secondary", "tertiary"}
_STRIPE = 0.5  # metres: a stripe of a zebra crossing, and the gap after it


def lanes(plan: Plan, box: Box, dice: np.random.Generator) -> dict[str, list[Geometry]]:
    """Layer -> polygons of the lane markings, none where streets meet."""
    found: dict[str, list[Geometry]] = defaultdict(list)
    centre = "paint_yellow" if dice.random() < 0.3 else "paint"
    edges, quiet = dice.random() < 0.5, dice.random() < 0.4
    dash = (float(dice.uniform(1.5, 4)), float(dice.uniform(2, 8)))
    width = float(dice.uniform(0.09, 0.16))
    for street in plan.streets:
        major = street.highway.removesuffix("_link") in _MAJOR
        if street.width < 5.5 or not (major or (quiet and street.highway in ("residential", "unclassified"))):
            continue
        line = shapely.clip_by_rect(shapely.LineString(street.line), *box)
        found[centre] += _middle(street, line, dash, width, dice)
        if edges and major:
            sides = [shapely.offset_curve(line, side * (street.width / 2 - 0.45)) for side in (-1, 1)]
            found["paint"] += [side.buffer(width / 2, cap_style="flat") for side in sides]
    meetings = shapely.union_all([shapely.Point(x, y).buffer(radius + 2.5) for x, y, radius in plan.junctions])
    return {layer: [shape.difference(meetings) for shape in shapes] for layer, shapes in found.items()}


def _middle(
    street: Street, line: Geometry, dash: tuple[float, float], width: float, dice: np.random.Generator
) -> list[Geometry]:
    """Between lanes: two directions, or two lanes of one."""
    lanes = street.tags.get("lanes", "")
    if street.tags.get("oneway") == "yes" and not (lanes.isdigit() and int(lanes) > 1):
        return []
    if dice.random() < 0.25 and street.tags.get("oneway") != "yes":  # solid, perhaps double
        gaps = (-0.12, 0.12) if dice.random() < 0.5 else (0.0,)
        return [shapely.offset_curve(line, gap).buffer(width / 2, cap_style="flat") for gap in gaps]
    return [dashed(part, dash).buffer(width / 2, cap_style="flat") for part in shapely.get_parts(line)]


def dashed(line: Geometry, dash: tuple[float, float]) -> Geometry:
    """Its dashes, as one multi-line."""
    starts = np.arange(dash[1] / 2, max(line.length - dash[0], 0), sum(dash))
    return shapely.MultiLineString([shapely.ops.substring(line, start, start + dash[0]) for start in starts])


def crossings(shapes: Shapes, frame: LocalFrame, box: Box, dice: np.random.Generator) -> list[Geometry]:
    """The paint of each crossing that is drawn as a line with a pen; each has its own pattern, or none."""
    scale = frame.metres_per_degree
    offset = (np.array(shapes.origin) - (frame.lon0, mercator(frame.lat0))) * scale
    found: list[Geometry] = []
    favourite = str(dice.choice(["zebra", "zebra", "lines", "ladder"]))
    for index in np.flatnonzero((shapes.channel == CHANNEL_INDEX["crossing"]) & (shapes.kind == Kind.STROKE)):
        width = float(shapes.ground_width[index] * scale + shapes.pen[index] * REFERENCE_RESOLUTION)
        first, last = shapes.shape_starts[index], shapes.shape_starts[index + 1]
        kind = str(dice.choice([favourite, favourite, favourite, "zebra", "lines", "none"]))
        for part in range(first, last):
            points = shapes.points[shapes.line_starts[part] : shapes.line_starts[part + 1]] * scale + offset
            line = shapely.clip_by_rect(shapely.LineString(points), *box) if len(points) > 1 else None
            for piece in shapely.get_parts(line) if line is not None else ():
                found += _pattern(piece, width, kind)
    return found


def _pattern(line: Geometry, width: float, kind: str) -> list[Geometry]:
    parts: list[Geometry] = []
    if kind in ("zebra", "ladder"):
        stripes = dashed(line, (_STRIPE, _STRIPE))
        parts.append(stripes.buffer(width / 2 - 0.1, cap_style="flat"))
    if kind in ("lines", "ladder"):
        sides = [shapely.offset_curve(line, side * (width / 2 - 0.2)) for side in (-1, 1)]
        parts += [side.buffer(0.12, cap_style="flat") for side in sides]
    return parts


def bays(plan: Plan, parking: Geometry) -> tuple[Geometry, FloatArray]:
    """The lines between parking bays beside aisles, and the bays: (n, 3) x, y of their middle, heading in radians."""
    lines, places = [], []
    for street in plan.streets:
        if street.tags.get("service") == "parking_aisle" or street.highway == "service":
            line = shapely.LineString(street.line).intersection(parking)
            for piece in shapely.get_parts(line):
                if piece.geom_type == "LineString" and piece.length > 6:
                    found = _bays_beside(piece, street.width / 2)
                    lines += found[0]
                    places += found[1]
    paint = shapely.MultiLineString(lines).buffer(0.06, cap_style="flat").intersection(parking)
    inside = [place for place in places if parking.contains(shapely.Point(place[0], place[1]).buffer(1.9))]
    return paint, np.array(inside, np.float64).reshape(-1, 3)


def _bays_beside(line: Geometry, half: float) -> tuple[list[FloatArray], list[tuple[float, float, float]]]:
    lines, places = [], []
    for s in np.arange(2.0, line.length - 3.0, 2.6):
        start, ahead = (np.array(line.interpolate(at).coords[0]) for at in (s, s + 0.5))
        along = (ahead - start) / max(float(np.hypot(*(ahead - start))), 1e-6)
        for side in (-1.0, 1.0):
            across = side * np.array([-along[1], along[0]])
            lines.append(np.stack([start + across * half, start + across * (half + 5.0)]))
            middle = start + along * 1.3 + across * (half + 2.5)
            places.append((float(middle[0]), float(middle[1]), float(np.arctan2(across[1], across[0]))))
    return lines, places
