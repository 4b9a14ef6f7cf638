# SPDX-License-Identifier: Apache-2.0
"""Fronts: the pieces of a plot's edge along which houses are lined up, with the street before them."""

from __future__ import annotations

from collections.abc import Callable

from shapely import LinearRing, Polygon
from shapely.geometry.polygon import orient

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.lines import Corner, direction, distance, point_at

REACH = 22.0  # metres from a plot's edge to the middle of the street
STRAIGHT = 0.985  # of the edge's length between two points that the straight line must have

Place = Callable[[Corner, float], bool]


def ring_of(polygon: Polygon) -> LinearRing:
    """The edge of an area, with the area to its left."""
    return orient(polygon, 1.0).exterior


def line_up(plot: Plot, low: float, high: float, dice: Dice, place: Place) -> int:
    """Go round a plot and `place` something on each piece of `low` to `high` metres; how many found their place."""
    ring = ring_of(plot.ground)
    at, placed = dice.between(0, 4), 0
    while at < ring.length - low:
        width = min(dice.between(low, high), ring.length - at)
        start, end = point_at(ring, at), point_at(ring, at + width)
        straight = distance(start, end) > STRAIGHT * width
        if straight and place(Corner(start, direction(start, end)), distance(start, end)):
            placed += 1
            at += width
        else:
            at += 2.5
    return placed


def has_street(builder: Builder, corner: Corner, width: float) -> bool:
    """Whether a street passes before a front; not at the edge of the map, or along an alley."""
    outward = (-corner.inward[0], -corner.inward[1])
    return builder.street_ahead(corner.at(width / 2, 0), outward, REACH) is not None
