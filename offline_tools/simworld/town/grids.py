# SPDX-License-Identifier: Apache-2.0
"""The streets within a district: an irregular grid, turned and bent, that meets the main streets in clean junctions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from shapely import LineString
from shapely import Point as ShapelyPoint
from shapely.prepared import prep

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.districts import District
from offline_tools.simworld.town.lines import (
    Point,
    crossings_of,
    direction,
    direction_at,
    distance,
    left_of,
    moved,
    points_of,
)
from offline_tools.simworld.town.names import Names
from offline_tools.simworld.town.skeleton import Skeleton, near_roundabout
from offline_tools.simworld.town.streets import Street, Traits, minor_tags

ROOM = 32.0  # metres that a junction keeps from the district's edge, or a mouth from the next
SNAP = 14.0  # metres within which two mouths on both sides of a main street become one
STEEP = math.sin(math.radians(50))  # of the angle at which a street may meet a main street

Index = tuple[int, int]
Bend = Callable[[Point], Point]


@dataclass(frozen=True)
class _Grid:
    """Junctions inside the district, and where the others would have been."""

    inside: dict[Index, Point]
    outside: dict[Index, Point]


class Mouths:
    """Where streets meet the main streets: apart from each other, or in one point from both sides."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._taken = [
            p for i, a in enumerate(skeleton.axes) for b in skeleton.axes[i + 1 :] for p in crossings_of(a, b)
        ]
        self._fixed = len(self._taken)

    def open(self, point: Point) -> Point | None:
        """The mouth for a street that arrives at a point, or None if there is no room for one."""
        if near_roundabout(self._skeleton, point, 28.0):
            return None
        nearest = min(range(len(self._taken)), key=lambda i: distance(self._taken[i], point))
        apart = distance(self._taken[nearest], point)
        if apart > ROOM:
            self._taken.append(point)
            return point
        return self._taken[nearest] if apart < SNAP and nearest >= self._fixed else None


def streets_of(district: District, mouths: Mouths, names: Names, dice: Dice) -> list[Street]:
    """The streets of a district, each piece between two junctions a Street of its own."""
    bend = _bend(district, dice)
    grid = _grid(district, bend, dice)
    rows: dict[tuple[str, int], Traits] = {}
    streets = []
    for (i, j), start in grid.inside.items():
        for axis, target in (("row", (i + 1, j)), ("column", (i, j + 1)), ("row", (i - 1, j)), ("column", (i, j - 1))):
            forward = target > (i, j)
            street = (axis, j if axis == "row" else i)
            if target in grid.inside:
                line = _edge(start, grid.inside[target], district, dice) if forward else None
                missing = district.missing
            else:
                line = _to_mouth(start, grid.outside[target], district, mouths)
                missing = district.missing * 0.5
            if line is None or dice.chance(missing):
                continue
            if street not in rows:
                rows[street] = _traits(district, names, dice)
            streets.append(Street(line if forward else line.reverse(), rows[street], district.index))
    return streets


def _bend(district: District, dice: Dice) -> Bend:
    """A smooth displacement of the plane: two waves."""
    waves = [
        (dice.between(0, math.pi), dice.between(180, 300), dice.between(0, 6.28), dice.between(0.5, 0.8))
        for _ in range(2)
    ]

    def bent(point: Point) -> Point:
        x, y = point
        for angle, length, phase, share in waves:
            along = point[0] * math.cos(angle) + point[1] * math.sin(angle)
            shift = district.bend * share * math.sin(2 * math.pi * along / length + phase)
            x, y = x - shift * math.sin(angle), y + shift * math.cos(angle)
        return x, y

    return bent


def _grid(district: District, bend: Bend, dice: Dice) -> _Grid:
    centre = district.outline.centroid
    u = (math.cos(district.heading), math.sin(district.heading))
    west, south, east, north = district.outline.bounds
    reach = math.hypot(east - west, north - south) / 2
    columns, rows = _stations(reach, district.spacing[0], dice), _stations(reach, district.spacing[1], dice)
    shrunk = prep(district.outline.buffer(-ROOM))
    inside: dict[Index, Point] = {}
    outside: dict[Index, Point] = {}
    jitter = 0.06 * district.spacing[0] if district.kind != "grid" else 0.0
    for i, a in enumerate(columns):
        for j, b in enumerate(rows):
            plain = moved(moved((centre.x, centre.y), u, a), left_of(u), b)
            point = bend((plain[0] + dice.between(-jitter, jitter), plain[1] + dice.between(-jitter, jitter)))
            (inside if shrunk.contains(ShapelyPoint(point)) else outside)[i, j] = point
    return _Grid(inside, outside)


def _stations(reach: float, spacing: float, dice: Dice) -> list[float]:
    """Where the streets of one direction lie, metres from the middle, well beyond the district on both sides."""
    at = -reach - spacing * dice.between(1.0, 2.0)
    stations = [at]
    while at < reach + spacing:
        at += spacing * dice.between(0.78, 1.25)
        stations.append(at)
    return stations


def _edge(a: Point, b: Point, district: District, dice: Dice) -> LineString:
    """From junction to junction, straight or in one or two gentle curves."""
    length = distance(a, b)
    if district.bend < 1 or length < 30:
        return LineString([a, b])
    sway, counter = dice.between(-1, 1), dice.between(-0.6, 0.6)
    amplitude = min(district.bend, 0.1 * length)
    along = direction(a, b)
    steps = max(int(length // 10), 3)
    points = [a]
    for step in range(1, steps):
        t = step / steps
        side = amplitude * (sway * math.sin(math.pi * t) + counter * math.sin(2 * math.pi * t))
        points.append(moved(moved(a, along, t * length), left_of(along), side))
    return LineString([*points, b])


def _to_mouth(start: Point, beyond: Point, district: District, mouths: Mouths) -> LineString | None:
    """From a junction straight on to the edge of the district; None where that is far, flat or crowded."""
    line = LineString([start, moved(start, direction(start, beyond), 1.6 * max(district.spacing))])
    edge = district.outline.exterior
    hits = sorted(crossings_of(line, edge), key=lambda hit: distance(start, hit))
    if not hits:
        return None
    along, rim = direction(start, hits[0]), direction_at(edge, edge.project(ShapelyPoint(hits[0])))
    if abs(along[0] * rim[1] - along[1] * rim[0]) < STEEP:
        return None
    mouth = mouths.open(hits[0])
    return None if mouth is None else LineString([start, mouth])


def _traits(district: District, names: Names, dice: Dice) -> Traits:
    highway = _highway(district, dice)
    tags = minor_tags(dice, names.street(), highway, district.habit)
    if district.kind == "rural" or highway in ("track", "pedestrian"):
        return Traits(highway, tags, "no", "none", 0.8)
    sides = "both" if dice.chance(district.sided) else dice.pick(("left", "right", "no"))
    return Traits(highway, tags, sides, district.mapping, district.verge)


def _highway(district: District, dice: Dice) -> str:
    kinds = {
        "core": ("residential", "residential", "unclassified", "pedestrian", "living_street"),
        "rows": ("residential", "residential", "residential", "living_street"),
        "suburb": ("residential", "residential", "residential", "residential", "living_street"),
        "works": ("unclassified", "residential"),
        "rural": ("unclassified", "track", "track"),
    }
    return dice.pick(kinds.get(district.kind, ("residential",)))


def closes_of(streets: list[Street], district: District, names: Names, dice: Dice) -> list[Street]:
    """Dead ends of a suburb: from the middle of its longer streets into the blocks, where there is room."""
    lines = [street.line for street in streets if street.district == district.index]
    walls = [district.outline.exterior, *(street.line for street in streets)]
    closes: list[Street] = []
    for line in lines:
        if line.length < 70 or not dice.chance(0.75):
            continue
        s = line.length * dice.between(0.35, 0.65)
        root = line.interpolate(s)
        side = left_of(direction_at(line, s))
        side = side if dice.chance(0.5) else (-side[0], -side[1])
        close = _close((root.x, root.y), side, dice)
        others = [wall for wall in walls if wall is not line] + [other.line for other in closes]
        tail = LineString(points_of(close)[1:])
        if all(tail.distance(other) > 26 for other in others):
            close_traits = Traits("residential", minor_tags(dice, names.street(), "living_street", "none"))
            kind = _traits(district, names, dice)
            street = Traits(
                "residential", {**close_traits.tags, "surface": "asphalt"}, kind.sides, kind.mapping, kind.verge
            )
            closes.append(Street(close, street, district.index))
    return closes


def _close(root: Point, side: Point, dice: Dice) -> LineString:
    length, turn = dice.between(34, 62), dice.between(-0.35, 0.35)
    points = [root]
    for step in range(1, 6):
        angle = turn * step / 5
        ahead = moved(root, side, length * step / 5 * math.cos(angle))
        points.append(moved(ahead, left_of(side), length * step / 5 * math.sin(angle)))
    return LineString(points)
