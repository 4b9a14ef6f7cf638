# SPDX-License-Identifier: Apache-2.0
"""Perimeter blocks: houses wall to wall round a courtyard."""

from __future__ import annotations

from shapely import LineString, Polygon, unary_union
from shapely.ops import polygonize

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.buildings import Habits, building_tags
from offline_tools.simworld.town.fronts import ring_of
from offline_tools.simworld.town.large import slabs
from offline_tools.simworld.town.lines import direction, direction_at, left_of, moved, point_at, polygons_of

_WHOLE = 3600.0  # m2; a smaller block may be one building with a hole
_COURT = 90.0  # m2; a smaller courtyard is no courtyard


def perimeter(builder: Builder, plot: Plot, habits: Habits) -> int:
    """Close a plot with buildings along its edge; how many. None where it is too narrow for a courtyard."""
    dice = builder.dice
    rim = polygons_of(plot.ground.buffer(-plot.district.setback, join_style="mitre"), 600.0)
    if len(rim) != 1:
        return 0
    depth = dice.between(10, 14)
    courts = polygons_of(rim[0].buffer(-depth, join_style="mitre").simplify(0.2), _COURT)
    if not courts:
        return 0
    levels = dice.whole(3, 6)
    if rim[0].area < _WHOLE and dice.chance(0.6):
        block = Polygon(rim[0].exterior, [courts[0].exterior])
        built = int(builder.build(plot, block, building_tags("apartments", habits, dice, levels)))
    else:
        pieces = _pieces(rim[0], courts, depth, builder)
        built = sum(_piece(builder, plot, habits, piece, levels) for piece in pieces)
    if built:
        _court(builder, plot, habits, courts[0])
    return built


def _pieces(rim: Polygon, courts: list[Polygon], depth: float, builder: Builder) -> list[Polygon]:
    """The ring of buildings, cut by party walls at right angles to the street."""
    ring = rim.difference(unary_union(courts))
    edge = ring_of(rim)
    walls = []
    at = builder.dice.between(4, 10)
    while at < edge.length - 6:
        before, after = direction_at(edge, max(at - 5, 0.5)), direction_at(edge, min(at + 5, edge.length - 0.5))
        if before[0] * after[0] + before[1] * after[1] > 0.97:  # no party wall at a corner
            inward = left_of(direction(point_at(edge, at - 2), point_at(edge, at + 2)))
            start = moved(point_at(edge, at), inward, -1.0)
            walls.append(LineString([start, moved(start, inward, depth * 1.05 + 1.5)]))
        at += builder.dice.between(11, 24)
    cut = polygonize(unary_union([ring.boundary, *walls]))
    return _within(list(cut), ring)


def _within(pieces: list[Polygon], ring: Polygon) -> list[Polygon]:
    inside = [piece for piece in pieces if piece.area > 30 and ring.contains(piece.representative_point())]
    return sorted(inside, key=lambda piece: tuple(round(value, 2) for value in piece.bounds))


def _piece(builder: Builder, plot: Plot, habits: Habits, piece: Polygon, levels: int) -> bool:
    dice = builder.dice
    if dice.chance(0.05):  # a gap between the houses
        return False
    kind = dice.pick(("apartments", "apartments", "retail", "commercial", "yes"))
    return builder.build(plot, piece, building_tags(kind, habits, dice, max(levels + dice.whole(-1, 1), 1)))


def _court(builder: Builder, plot: Plot, habits: Habits, court: Polygon) -> None:
    """What is in a courtyard: a back building, a garden, a few trees, or nothing that is mapped."""
    dice = builder.dice
    inner = polygons_of(court.buffer(-4.0, join_style="mitre"), 60.0)
    if not inner:
        return
    luck = dice.between(0, 1)
    if inner[0].area > 2000 and luck < 0.8:
        back_yard = Plot(inner[0], plot.district, plot.taken)
        slabs(builder, back_yard, habits)
    elif luck < 0.3:
        builder.sheet.area(inner[0], {"leisure": "garden"} if dice.chance(0.5) else {"landuse": "grass"})
        middle = inner[0].representative_point()
        builder.sheet.point((middle.x, middle.y), {"natural": "tree"})
    elif luck < 0.55:
        back = polygons_of(inner[0].buffer(-2.5, join_style="mitre").minimum_rotated_rectangle, 60.0)
        if back and back[0].area < 900:
            builder.build(plot, back[0], {"building": "yes", "building:levels": str(dice.whole(1, 2))}, 2.0)
    elif luck < 0.7:
        builder.sheet.area(inner[0], {"amenity": "parking", "access": "private"})
