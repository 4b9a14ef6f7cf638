# SPDX-License-Identifier: Apache-2.0
"""Polygons by layer of the ground, from the shapes of the truth and from what is painted on them."""

from __future__ import annotations

import numpy as np
import shapely
import shapely.ops

from offline_tools.osm.shapes import Shapes
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.world import markings
from offline_tools.simworld.world.ground_outlines import Geometry, filled, outlines
from offline_tools.simworld.world.streets import Box, Plan

_BARE = {"landuse": {"farmland", "construction", "brownfield"}, "natural": {"sand", "beach", "scree", "desert"}}
_BARE_PLACES = {"leisure": {"playground", "track"}}
_KERB = 0.16  # metres
_QUARTER = 110.0  # metres


def ground_layers(
    plan: Plan, shapes: Shapes, frame: LocalFrame, box: Box, dice: np.random.Generator
) -> dict[str, Geometry]:
    """Layer -> one valid geometry of what it covers."""
    drawn = outlines(shapes, frame, box)
    flat = {channel: shapely.union_all(found) for channel, found in drawn.items()}
    nothing = shapely.Polygon()
    road, crossing = flat.get("road", nothing), flat.get("crossing", nothing)
    walk = flat.get("explicit_pedestrian", nothing)
    layers = {name: flat.get(name, nothing) for name in ("terrain", "park", "train", "water", "parking", "building")}
    layers["bare"] = shapely.union_all(_bare(plan)).intersection(shapely.union(layers["terrain"], layers["park"]))
    layers |= _in_kinds("road", drawn.get("road", []), dice)
    layers |= _in_kinds("sidewalk", drawn.get("explicit_pedestrian", []), dice)
    layers["kerb"] = road.buffer(_KERB, join_style="mitre").intersection(walk)
    layers["crossing"] = crossing
    layers["crossing_road"] = shapely.intersection(crossing, road)
    stripes = markings.crossings(shapes, frame, box, dice)
    layers["crossing_paint"] = shapely.union_all(stripes).intersection(layers["crossing_road"])
    for name, found in markings.lanes(plan, box, dice).items():
        layers[name] = shapely.union_all(found).intersection(road).difference(crossing.buffer(0.8))
    layers["parking_paint"] = markings.bays(plan, layers["parking"])[0].difference(road)
    layers["repair"], layers["manhole"] = _on_roads(plan, road, crossing, dice)
    return {name: shapely.clip_by_rect(geometry, *box) for name, geometry in layers.items() if not geometry.is_empty}


def _in_kinds(name: str, found: list[Geometry], dice: np.random.Generator) -> dict[str, Geometry]:
    """Each shape is of one of three kinds by the quarter that it lies in; most quarters are of the first."""
    quarters = dice.choice(3, (16, 16), p=(0.6, 0.25, 0.15))
    groups: dict[str, list[Geometry]] = {f"{name}_{letter}": [] for letter in "abc"}
    for geometry in found:
        middle = shapely.centroid(geometry)
        kind = quarters[int(middle.x // _QUARTER) % 16, int(middle.y // _QUARTER) % 16]
        groups[f"{name}_{'abc'[kind]}"].append(geometry)
    return {group: shapely.union_all(members) for group, members in groups.items()}


def _bare(plan: Plan) -> list[Geometry]:
    """Fields, sand and playgrounds."""
    rules = [*_BARE.items(), *_BARE_PLACES.items()]
    found = [thing for thing in plan.objects if any(thing.tags.get(key) in values for key, values in rules)]
    return [filled(thing.lines) for thing in found if len(thing.lines[0]) > 3]


def _on_roads(plan: Plan, road: Geometry, crossing: Geometry, dice: np.random.Generator) -> tuple[Geometry, Geometry]:
    """Patches of new asphalt, and manhole covers."""
    patches, covers = [], []
    for street in plan.streets:
        line = shapely.LineString(street.line)
        for _ in range(int(dice.poisson(line.length / 45))):
            start = float(dice.uniform(0, line.length))
            part = shapely.ops.substring(line, start, start + dice.uniform(0.8, 9))
            side = shapely.offset_curve(part, float(dice.uniform(-0.4, 0.4)) * street.width)
            patches.append(side.buffer(float(dice.uniform(0.3, 1.1)), cap_style="flat"))
            spot = line.interpolate(float(dice.uniform(0, line.length)))
            covers.append(shapely.Point(spot.x + dice.uniform(-2, 2), spot.y + dice.uniform(-2, 2)).buffer(0.33))
    return shapely.union_all(patches).intersection(road), shapely.union_all(covers).intersection(
        road.difference(crossing)
    )
