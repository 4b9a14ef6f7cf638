# SPDX-License-Identifier: Apache-2.0
"""Buildings: what ground they stand on, how high they are, by their tags and else by their kind."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import shapely

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Tags
from offline_tools.osm.style import Style
from offline_tools.simworld.world.ground_outlines import Geometry, filled
from offline_tools.simworld.world.streets import Box, Plan

FLOOR = 3.1  # metres
_TALLEST = 150.0  # metres; a typing error must not darken a town
_SMALLEST = 3.0  # square metres
_LEVELS = {"house": 2, "detached": 2, "garage": 1, "garages": 1, "shed": 1, "roof": 1, "church": 4, "apartments": 5}
_LEVELS |= {"industrial": 2, "warehouse": 2, "retail": 1, "kiosk": 1, "hut": 1, "office": 5, "hotel": 6, "school": 3}
_LEVELS |= {"terrace": 2, "semidetached_house": 2, "bungalow": 1, "cabin": 1, "barn": 2, "farm": 2, "service": 1}
_WALKED = {"footway", "path", "pedestrian", "steps", "cycleway"}
_PASSAGE = 1.3  # metres that a path through a building is free on either side


@dataclass(frozen=True)
class Footprint:
    """One simple polygon of a building, without its holes' courtyards."""

    polygon: Geometry
    height: float  # metres, of the walls
    tags: Tags
    number: int


def footprints(plan: Plan, style: Style, road: Geometry, box: Box, dice: np.random.Generator) -> list[Footprint]:
    """All buildings in the box; where roads and paths pass through them, there is a gap."""
    free = _passages(plan, road)
    found: list[Footprint] = []
    for thing in plan.objects:
        if not style.buildings.holds(thing.tags) or thing.tags.get("building") in ("roof", "no"):
            continue
        shape = shapely.clip_by_rect(shapely.make_valid(filled(thing.lines)), *box)
        near = free.query(shape, predicate="intersects")
        if len(near):
            shape = shape.difference(shapely.union_all(free.geometries[near]))
        height = _height(thing.tags, shape.area, dice)
        for part in shapely.get_parts(shape):
            tidy = part.simplify(0.15) if part.geom_type == "Polygon" else None
            if tidy is not None and tidy.geom_type == "Polygon" and tidy.area > _SMALLEST:
                found.append(Footprint(tidy, height, thing.tags, len(found)))
    return found


def ring_of(points: Geometry, *, anticlockwise: bool) -> FloatArray:
    """(n, 2) corners of a ring, the first not repeated, in the wanted sense."""
    ring = shapely.get_coordinates(points)[:-1]
    return ring if points.is_ccw == anticlockwise else ring[::-1]


def _passages(plan: Plan, road: Geometry) -> shapely.STRtree:
    lines = [
        shapely.LineString(thing.lines[0]).buffer(_PASSAGE, cap_style="flat")
        for thing in plan.objects
        if thing.tags.get("highway") in _WALKED and thing.tags.get("area") != "yes" and len(thing.lines[0]) > 1
    ]
    return shapely.STRtree([*shapely.get_parts(road.buffer(-0.2)), *lines])


def _height(tags: Tags, area: float, dice: np.random.Generator) -> float:
    with suppress(ValueError):
        told = float(tags.get("height", "").removesuffix("m").strip())
        if math.isfinite(told) and told > 1:
            return min(told, _TALLEST)
    levels = 0.0
    with suppress(ValueError):
        levels = float(tags.get("building:levels", "").split(";")[0])
    if not (math.isfinite(levels) and levels > 0):
        kind = tags.get("building", "yes")
        usual = _LEVELS.get(kind) or (1 if area < 25 else 2 if area < 200 else 4)
        levels = max(1, usual + int(dice.integers(-1, 2)) * (usual > 2))
    return min(levels * FLOOR + float(dice.uniform(-0.2, 0.5)), _TALLEST)
