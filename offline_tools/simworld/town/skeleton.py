# SPDX-License-Identifier: Apache-2.0
"""The skeleton of a town: main streets from edge to edge, one of them perhaps in two carriageways, and a roundabout."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely import LineString, Polygon, box

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.lines import Point, crossings_of, distance, heading, lines_of, moved, points_of, smooth
from offline_tools.simworld.town.names import Names
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.streets import Street, Traits, major_tags

_SIDEWALK_SIDES = ("both", "both", "both", "both", "left", "right")


@dataclass(frozen=True)
class Skeleton:
    """`axes`: the middles of the main streets, between which the districts lie; `streets`: what is built of them."""

    axes: tuple[LineString, ...]
    streets: tuple[Street, ...]
    roundabout: Point
    radius: float
    medians: tuple[Polygon, ...]
    country: Polygon  # the rural edge

    @property
    def circle(self) -> Polygon:
        """What the roundabout's middle line encloses."""
        return _disc(self.roundabout, self.radius)


def skeleton_of(site: Site, names: Names, dice: Dice) -> Skeleton:
    """Draw the main streets of a town."""
    quarter = dice.whole(0, 3)  # which way the first main street runs, and on which side of the town the country is
    axes = [
        _axis(site, quarter, dice.between(0.3, 0.46), dice),
        _axis(site, quarter + 1, dice.between(0.42, 0.58), dice),
    ]
    if dice.chance(0.5):
        axes.append(_axis(site, quarter + 1, dice.pick((0.17, 0.83)) + dice.between(-0.02, 0.02), dice))
    edge = _axis(site, quarter, dice.between(0.74, 0.82), dice)
    traits = _traits(len(axes), names, dice)
    double = dice.chance(0.45)
    meeting = crossings_of(axes[0], axes[dice.whole(1, len(axes) - 1)])[0]
    radius = dice.between(19, 23) if double else dice.between(13, 18)
    streets: list[Street] = []
    medians: list[Polygon] = []
    for index, (axis, kind) in enumerate(zip(axes, traits, strict=True)):
        if index == 0 and double:
            carriageways, median = _two_carriageways(axis, kind, site, dice)
            streets += carriageways
            medians.append(median)
        else:
            streets.append(Street(axis, kind))
    lane = {"name": names.street(), "surface": "asphalt", "width": f"{dice.between(5.5, 7.5):.1f}"}
    streets.append(Street(edge, Traits("unclassified", lane, verge=1.2)))
    streets = _with_roundabout(streets, meeting, radius, site, dice)
    return Skeleton((*axes, edge), tuple(streets), meeting, radius, tuple(medians), _country(site, edge, quarter))


def _axis(site: Site, quarter: int, share: float, dice: Dice) -> LineString:
    """A gently curved line from side to side, at a share of the way across, turned by so many quarters."""
    points: list[Point] = []
    wave, phase = dice.between(0.0, 0.045), dice.between(0, 2 * math.pi)
    tilt = dice.between(-0.05, 0.05)
    for step in range(13):
        along = -0.05 + 1.1 * step / 12
        across = share + tilt * (along - 0.5) + wave * math.sin(phase + 4.5 * along)
        x, y = along - 0.5, across - 0.5
        for _ in range(quarter % 4):
            x, y = -y, x
        points.append((x * site.width, y * site.height))
    return lines_of(LineString(smooth(points, 1)).intersection(site.outline))[0].simplify(0.3)


def _country(site: Site, edge: LineString, quarter: int) -> Polygon:
    """The part of the site beyond its edge street."""
    ends = points_of(edge)
    far = max(site.width, site.height)
    outward = ((0, 1), (-1, 0), (0, -1), (1, 0))[quarter % 4]
    beyond = [(x + outward[0] * far, y + outward[1] * far) for x, y in (ends[-1], ends[0])]
    return Polygon([*ends, *beyond]).buffer(0).intersection(site.outline)


def _traits(count: int, names: Names, dice: Dice) -> list[Traits]:
    mapping = dice.pick(("separate", "separate", "tagged"))
    verge = dice.between(1.7, 2.6) if mapping == "separate" else dice.between(2.4, 3.4)
    kinds = [dice.pick(("primary", "primary", "secondary")), dice.pick(("secondary", "tertiary")), "tertiary"]
    lanes = [dice.pick((2, 3, 4)), dice.pick((0, 2, 2, 3)), dice.pick((0, 2))]
    found = []
    for kind, number in list(zip(kinds, lanes, strict=True))[:count]:
        tags = major_tags(dice, names.street(), number)
        found.append(Traits(kind, tags, dice.pick(_SIDEWALK_SIDES), mapping, verge))
    return found


def _two_carriageways(
    axis: LineString, traits: Traits, site: Site, dice: Dice
) -> tuple[tuple[Street, Street], Polygon]:
    tags = {**traits.tags, "lanes": "2", "oneway": "yes", "dual_carriageway": "yes"}
    median = dice.between(2.5, 5.0)
    kind = Traits(traits.highway, tags, site.driving_side, traits.mapping, traits.verge)
    apart = kind.half + median / 2
    right, left = axis.offset_curve(-apart), axis.offset_curve(apart)
    forward, back = (right, left) if site.driving_side == "right" else (left, right)
    strip = axis.buffer(median / 2 - 0.3, cap_style="flat").intersection(box(*site.outline.bounds))
    return (Street(forward, kind), Street(back.reverse(), kind)), strip


def _with_roundabout(streets: list[Street], centre: Point, radius: float, site: Site, dice: Dice) -> list[Street]:
    """Cut the streets at a circle and close the circle."""
    disc = _disc(centre, radius)
    kinds = [street.traits for street in streets if street.line.intersects(disc)]
    traits = kinds[0]
    tags = {"junction": "roundabout", "oneway": "yes", "surface": "asphalt", "width": dice.pick(("6", "6.5", "7"))}
    rest: list[Street] = []
    for street in streets:
        pieces = lines_of(street.line.difference(disc), 5.0)
        rest += [Street(piece, street.traits, street.district) for piece in pieces]
    # Traffic goes round counter-clockwise where people drive on the right.
    ring = disc.exterior if site.driving_side == "right" else disc.exterior.reverse()
    sides = site.driving_side if traits.sides != "no" else "no"
    circle = Traits(traits.highway, tags, sides, traits.mapping, traits.verge)
    return [*rest, Street(LineString(ring.coords), circle, ring=True)]


def _disc(centre: Point, radius: float) -> Polygon:
    return Polygon([moved(centre, heading(2 * math.pi * step / 28), radius) for step in range(28)])


def near_roundabout(skeleton: Skeleton, point: Point, room: float) -> bool:
    """Whether a point is within `room` metres of the roundabout's circle, or inside it."""
    return distance(skeleton.roundabout, point) < skeleton.radius + room
