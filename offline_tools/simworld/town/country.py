# SPDX-License-Identifier: Apache-2.0
"""The rural edge: fields with hedges between them, woods, a farm."""

from __future__ import annotations

from itertools import pairwise

from shapely import LineString, Polygon, unary_union
from shapely.ops import split

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.buildings import Habits, building_tags, outline
from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.fronts import has_street, line_up
from offline_tools.simworld.town.lines import Corner, blob, heading, moved, polygons_of

FIELD = 9000.0  # m2; a larger one is divided
_USES: tuple[dict[str, str], ...] = (
    {"landuse": "farmland", "crop": "wheat"},
    {"landuse": "farmland"},
    {"landuse": "farmland"},
    {"landuse": "meadow"},
    {"landuse": "meadow"},
    {"landuse": "grass"},
    {"natural": "wood", "leaf_type": "broadleaved"},
    {"landuse": "forest"},
    {"natural": "scrub"},
    {"landuse": "orchard"},
    {},
)

_BORDERS = ({"barrier": "hedge"}, {"natural": "tree_row"}, {"barrier": "fence"}, {"barrier": "wall"})


def countryside(builder: Builder, plot: Plot, habits: Habits) -> int:
    """Fields, woods and perhaps a farm; how many fields."""
    dice = builder.dice
    farms = _farm(builder, plot, habits) if dice.chance(0.5) else []
    fields = [plot.ground]
    while max(field.area for field in fields) > FIELD * 2 and len(fields) < 24:
        fields.sort(key=lambda field: (round(field.area, 1), *(round(value, 1) for value in field.bounds)))
        largest = fields.pop()
        halves = _halved(largest, plot, dice)
        fields += halves or [largest]
        if not halves:
            break
    yards = unary_union([farm.buffer(1.0) for farm in farms])
    for field in fields:
        for part in polygons_of(field.difference(yards).buffer(-1.2, join_style="mitre"), 300.0):
            _field(builder, part)
    return len(fields)


def _halved(field: Polygon, plot: Plot, dice: Dice) -> list[Polygon]:
    middle = field.centroid
    turn = plot.district.heading + dice.pick((0.0, 1.5708)) + dice.between(-0.3, 0.3)
    centre = (middle.x + dice.between(-15, 15), middle.y + dice.between(-15, 15))
    knife = LineString([moved(centre, heading(turn), -2000), moved(centre, heading(turn), 2000)])
    halves = polygons_of(split(field, knife), 400.0)
    return halves if len(halves) > 1 else []


def _field(builder: Builder, field: Polygon) -> None:
    dice = builder.dice
    use = dice.pick(_USES)
    if use:
        builder.sheet.area(field.simplify(0.3), dict(use))
    ring = list(field.exterior.coords)
    for a, b in pairwise(ring):
        border = LineString([a, b])
        on_rim = builder.sheet.site.outline.exterior.distance(border) < 4
        if border.length > 25 and not on_rim and dice.chance(0.45):
            builder.sheet.line([a, b], dict(dice.pick(_BORDERS)))
    if not use and dice.chance(0.6):
        middle = field.representative_point()
        radius = 0.5 * field.exterior.distance(middle)
        copse = blob((middle.x, middle.y), radius, dice) if radius > 4 else Polygon()
        if field.contains(copse) and not copse.is_empty:
            builder.sheet.area(copse, {"natural": "wood"})


def _farm(builder: Builder, plot: Plot, habits: Habits) -> list[Polygon]:
    """A yard with a house and barns, on one of the roads; what it takes, for the fields to leave out."""
    dice = builder.dice
    yards: list[Polygon] = []

    def place(corner: Corner, width: float) -> bool:
        depth = dice.between(34, 50)
        yard = corner.box(2, 4, width - 2, depth)
        if yards or dice.chance(0.5) or not has_street(builder, corner, width) or not plot.fits(yard):
            return False
        yards.append(yard)
        _farm_buildings(builder, plot, habits, corner, width, depth)
        return True

    line_up(plot, 42, 64, dice, place)
    return yards


def _farm_buildings(builder: Builder, plot: Plot, habits: Habits, corner: Corner, width: float, depth: float) -> None:
    dice = builder.dice
    builder.sheet.area(corner.box(2, 4, width - 2, depth), {"landuse": "farmyard"})
    house = outline(corner, 4, 8, dice.between(11, 14), dice.between(8, 10), dice)
    builder.build(plot, house, building_tags("farm", habits, dice), 0.5)
    barn = corner.box(4, depth - 14, width * 0.55, depth - 2)
    builder.build(plot, barn, building_tags("barn", habits, dice), 2)
    side = corner.box(width - 14, 12, width - 4, depth - 8)
    builder.build(plot, side, building_tags("barn", habits, dice), 2)
    outward = (-corner.inward[0], -corner.inward[1])
    drive = builder.way_in(corner.at(width * 0.55, depth * 0.6), outward, 80.0)
    if drive:
        builder.sheet.line(drive, {"highway": "service", "service": "driveway", "surface": "gravel"})
