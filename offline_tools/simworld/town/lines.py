# SPDX-License-Identifier: Apache-2.0
"""Points, directions and lines in metres: the little geometry that every part of a town needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from offline_tools.simworld.town.dice import Dice

Point = tuple[float, float]


def moved(point: Point, direction: Point, distance: float) -> Point:
    """`distance` along a unit vector."""
    return point[0] + direction[0] * distance, point[1] + direction[1] * distance


def heading(angle: float) -> Point:
    """Unit vector of an angle, radians from x to y."""
    return math.cos(angle), math.sin(angle)


def distance(a: Point, b: Point) -> float:
    """Metres from a to b."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def direction(a: Point, b: Point) -> Point:
    """Unit vector from a to b."""
    length = max(distance(a, b), 1e-9)
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def left_of(vector: Point) -> Point:
    """The vector turned left by a right angle."""
    return -vector[1], vector[0]


def point_at(line: LineString, s: float) -> Point:
    """The point of a line at `s` metres; a negative s counts from its end."""
    point = line.interpolate(s)
    return point.x, point.y


def direction_at(line: LineString, s: float) -> Point:
    """Unit vector along a line around `s` metres."""
    return direction(point_at(line, max(s - 0.5, 0.0)), point_at(line, min(s + 0.5, line.length)))


def ray(start: Point, towards: Point, length: float) -> LineString:
    """A straight line."""
    return LineString([start, moved(start, towards, length)])


def points_of(line: BaseGeometry) -> list[Point]:
    """The vertices of a line or ring."""
    return [(float(x), float(y)) for x, y in line.coords]


def smooth(points: Sequence[Point], rounds: int = 2) -> list[Point]:
    """Corners cut twice over (Chaikin); the ends stay."""
    result = list(points)
    for _ in range(rounds):
        cut = [result[0]]
        for a, b in pairwise(result):
            cut += [_mix(a, b, 0.25), _mix(a, b, 0.75)]
        result = [*cut, result[-1]]
    return result


def blob(centre: Point, radius: float, dice: Dice, stretch: float = 1.5) -> Polygon:
    """A pond, a copse: round, but not a circle; at most `stretch` times as long as wide."""
    turn, long = dice.between(0, math.pi), dice.between(1, stretch)
    axis, across = heading(turn), heading(turn + math.pi / 2)
    ring = []
    for step in range(9):
        angle = 2 * math.pi * step / 9
        reach = radius * dice.between(0.75, 1.15)
        ring.append(moved(moved(centre, axis, reach * long * math.cos(angle)), across, reach * math.sin(angle)))
    rounded = smooth([_mix(ring[-1], ring[0], 0.5), *ring, _mix(ring[-1], ring[0], 0.5)])
    return Polygon(rounded).buffer(0)


def polygons_of(geometry: BaseGeometry, least: float = 0.0) -> list[Polygon]:
    """The polygons in any geometry that have at least an area, m2, in a stable order."""
    parts = [geometry] if isinstance(geometry, Polygon) else list(getattr(geometry, "geoms", []))
    found = [part for part in parts if isinstance(part, Polygon) and not part.is_empty and part.area >= least]
    return sorted(found, key=lambda part: tuple(round(value, 2) for value in part.bounds))


def lines_of(geometry: BaseGeometry, least: float = 0.0) -> list[LineString]:
    """The lines in any geometry that have at least a length, metres, in a stable order."""
    parts = [geometry] if isinstance(geometry, LineString) else list(getattr(geometry, "geoms", []))
    found = [part for part in parts if isinstance(part, LineString) and part.length > max(least, 1e-6)]
    return sorted(found, key=lambda part: tuple(round(value, 2) for value in part.bounds))


def crossings_of(a: BaseGeometry, b: BaseGeometry) -> list[Point]:
    """Where two lines meet; of a shared piece its ends."""
    meeting = a.intersection(b)
    found: list[Point] = []
    for part in getattr(meeting, "geoms", [meeting]):
        if not part.is_empty:
            ends = points_of(part)
            found += [ends[0]] if len(ends) == 1 else [ends[0], ends[-1]]
    return found


@dataclass(frozen=True)
class Corner:
    """A frame on the ground: `origin`, a unit vector `along` a front, and one `inward`, to its left."""

    origin: Point
    along: Point

    @property
    def inward(self) -> Point:
        """To the left of `along`."""
        return left_of(self.along)

    def at(self, x: float, y: float) -> Point:
        """x metres along, y metres inward."""
        return moved(moved(self.origin, self.along, x), self.inward, y)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Polygon:
        """A rectangle in this frame."""
        return Polygon([self.at(x0, y0), self.at(x1, y0), self.at(x1, y1), self.at(x0, y1)])


def _mix(a: Point, b: Point, part: float) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part
