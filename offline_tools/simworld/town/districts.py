# SPDX-License-Identifier: Apache-2.0
"""Districts: the faces between the main streets, each with a character that settles its streets, houses and mapping."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely import GeometryCollection, Point, Polygon, unary_union
from shapely.ops import polygonize

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.lines import polygons_of
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.skeleton import Skeleton

KINDS = ("core", "grid", "rows", "suburb", "estate", "works", "rural")

# Metres between streets, along and across the district's heading; how much they bend; the share that is missing.
_SPACING = {
    "core": ((62, 85), (75, 120)),
    "grid": ((85, 105), (120, 170)),
    "rows": ((62, 80), (120, 190)),
    "suburb": ((78, 105), (105, 150)),
    "estate": ((110, 140), (120, 170)),
    "works": ((120, 160), (150, 220)),
    "rural": ((230, 320), (260, 380)),
}
_BEND = {"core": 4.0, "grid": 0.0, "rows": 5.0, "suburb": 20.0, "estate": 10.0, "works": 0.0, "rural": 16.0}
_MISSING = {"core": 0.12, "grid": 0.1, "rows": 0.18, "suburb": 0.1, "estate": 0.3, "works": 0.3, "rural": 0.35}
LEAST = 6000.0  # m2; a smaller face between main streets has no streets of its own


@dataclass(frozen=True)
class District:
    """`mapping`, `sides`, `verge`: its sidewalks, see Traits. `habit`: what its mappers wrote of road widths."""

    index: int
    kind: str
    outline: Polygon
    heading: float  # radians, from x to y
    spacing: tuple[float, float]  # metres
    bend: float  # metres that its streets leave the straight
    missing: float  # share of its street grid that was never built
    mapping: str
    sided: float  # share of its streets that have sidewalks on both sides
    verge: float
    habit: str  # width, lanes or none
    setback: float  # metres from a plot's edge to its houses
    greens: str  # gardens, lawns or bare: what its mappers drew between the houses
    trees: bool  # along its streets
    lamps: bool
    gardens: float  # share of the plots with hedges, fences, walls


def districts_of(site: Site, skeleton: Skeleton, dice: Dice) -> list[District]:
    """The faces between the main streets, with their characters."""
    linework = unary_union([*skeleton.axes, site.outline.exterior])
    faces = polygons_of(GeometryCollection(list(polygonize(linework))), LEAST)
    country = [face.representative_point().within(skeleton.country) for face in faces]
    town = [face for face, rural in zip(faces, country, strict=True) if not rural]
    drawn = _kinds(town, dice)
    kinds, mappings = iter(drawn), iter(_mappings(town, drawn, dice))
    found = []
    for index, (face, rural) in enumerate(zip(faces, country, strict=True)):
        kind, mapping = ("rural", "none") if rural else (next(kinds), next(mappings))
        found.append(_district(index, kind, mapping, face, dice))
    return found


def _kinds(faces: list[Polygon], dice: Dice) -> list[str]:
    """One kind per face: the largest is a suburb, so that its streets have room; the core is in the middle."""
    largest = max(range(len(faces)), key=lambda i: faces[i].area)
    middle = min((i for i in range(len(faces)) if i != largest), key=lambda i: faces[i].centroid.distance(Point(0, 0)))
    rest = dice.shuffled(("grid", "rows", "estate", "works", "core", "grid", "rows", "suburb"))
    kinds = []
    for index in range(len(faces)):
        if index == largest:
            kinds.append("suburb")
        elif index == middle:
            kinds.append(dice.pick(("core", "core", "grid", "rows")))
        else:
            kinds.append(rest[index % len(rest)])
    return kinds


def _mappings(faces: list[Polygon], kinds: list[str], dice: Dice) -> list[str]:
    """The two largest districts differ for sure; the rest is as the town's mappers like it."""
    fond = dice.pick(("separate", "separate", "tagged", "none"))
    found = [dice.pick((fond, fond, "separate", "tagged", "none")) for _ in faces]
    # Works have few streets, so that they do not show how a town is mapped.
    by_size = sorted(range(len(faces)), key=lambda index: (kinds[index] == "works", -faces[index].area))
    for index, mapping in zip(by_size, dice.shuffled(("separate", "tagged")), strict=False):
        found[index] = mapping
    return found


def _district(index: int, kind: str, mapping: str, outline: Polygon, dice: Dice) -> District:
    along, across = _SPACING[kind]
    verge = {"separate": dice.between(1.6, 2.5), "tagged": dice.between(2.2, 3.2), "none": dice.between(1.5, 2.5)}
    return District(
        index=index,
        kind=kind,
        outline=outline,
        heading=dice.between(-0.4, 0.4) + dice.pick((0.0, math.pi / 2)),
        spacing=(dice.between(*along), dice.between(*across)),
        bend=_BEND[kind] * dice.between(0.7, 1.2),
        missing=_MISSING[kind] * dice.between(0.5, 1.3),
        mapping=mapping,
        sided=0.0 if kind == "rural" else dice.between(0.6, 1.0),
        verge=0.8 if kind == "rural" else verge[mapping],
        habit=dice.pick(("none", "width", "lanes")),
        setback=_setback(kind, dice),
        greens=dice.pick(("gardens", "lawns", "bare")),
        trees=dice.chance(0.5),
        lamps=kind != "rural" and dice.chance(0.65),
        gardens=dice.between(0.0, 0.8) if dice.chance(0.7) else 0.0,
    )


def _setback(kind: str, dice: Dice) -> float:
    near, far = {"core": (0.3, 1.0), "grid": (3, 8), "rows": (0.8, 4), "suburb": (4, 9)}.get(kind, (3, 8))
    return dice.between(near, far)
