# SPDX-License-Identifier: Apache-2.0
"""Crossings: ways from sidewalk to sidewalk where these are mapped, else a node on the road; and traffic signals."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import LineString

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.lines import Point, direction, direction_at, left_of, point_at, points_of, ray
from offline_tools.simworld.town.network import Network, Road
from offline_tools.simworld.town.sheet import Sheet, Tags
from offline_tools.simworld.town.streets import MAJOR, SERVICE
from offline_tools.simworld.town.threads import Thread, Threads

_APART = 9.0  # metres between two crossings; three times as many on main streets
_FARTHER = (0.0, 2.0, 4.5, 8.0)  # metres from where the sidewalk of the other street goes on, tried in turn
_MID_BLOCK = 130.0  # metres; a longer main street is crossed in its middle too


@dataclass(frozen=True)
class _Spot:
    road: Road
    s: float  # metres along the road
    junction: Point | None


@dataclass(frozen=True)
class _Link:
    line: LineString
    ends: tuple[tuple[Thread, Point], tuple[Thread, Point]]


class Crossings:
    """Draws the crossings of a town, one after the other, apart from each other."""

    def __init__(self, network: Network, walks: Threads[Thread], sheet: Sheet, dice: Dice) -> None:
        self._network = network
        self._walks = walks
        self._sheet = sheet
        self._dice = dice
        self._drawn: list[LineString] = []
        self._fond = dice.between(0.5, 1.0)  # how many of its crossings a town has, or its mappers saw

    def draw(self) -> None:
        """At the ends of the streets, and in the middle of long ones."""
        signals = {end for end in self._network.ends if self._network.is_major(end) and self._dice.chance(0.75)}
        for road in self._network.items:
            if road.ring or road.traits.highway in SERVICE or road.traits.highway == "pedestrian":
                continue
            for spots in self._places(road):
                if self._dice.chance(self._fond * (1.0 if road.traits.highway in MAJOR else 0.8)):
                    self._draw_one(spots, signals)
        for end in signals:
            if not any(road.ring for road in self._network.ends[end]):
                self._sheet.point(end, {"highway": "traffic_signals"})

    def _places(self, road: Road) -> list[list[_Spot]]:
        """For each crossing that the road could have, where to try it."""
        places = []
        length = road.shape.length
        for end, reverse in ((road.points[0], False), (road.points[-1], True)):
            others = [other for other in self._network.ends[end] if other is not road]
            if len(others) < 2 and not any(other.ring for other in others):
                continue
            base = max(other.traits.half + other.traits.verge for other in others) + 0.7
            tries = [base + farther for farther in _FARTHER if base + farther < 0.45 * length]
            places.append([_Spot(road, length - s if reverse else s, end) for s in tries])
        if road.traits.highway in MAJOR and length > _MID_BLOCK:
            places.append([_Spot(road, length / 2 + step, None) for step in (0, 6, -6)])
        return places

    def _draw_one(self, spots: list[_Spot], signals: set[Point]) -> None:
        for spot in spots:
            link = self._link(spot)
            if link is not None:
                self._draw_way(link, self._kind(spot.road, spot.junction in signals))
                return
        # With no sidewalks on both sides, people cross where the map only knows a node.
        if spots and spots[0].road.traits.mapping != "separate" and self._dice.chance(0.6):
            spot = spots[0]
            at = spot.road.insert(point_at(spot.road.shape, spot.s))
            self._sheet.point(at, {"highway": "crossing", **self._kind(spot.road, spot.junction in signals)})

    def _link(self, spot: _Spot) -> _Link | None:
        """From sidewalk to sidewalk, straight over the road and, if it has two carriageways, over both."""
        road = spot.road
        middle, across = point_at(road.shape, spot.s), left_of(direction_at(road.shape, spot.s))
        double = "dual_carriageway" in road.tags
        reach = road.traits.half + road.traits.verge + (22 if double else 6)
        ends = []
        for side in (across, (-across[0], -across[1])):
            hits = self._walks.hits(ray(middle, side, reach))
            if not hits:
                return None
            ends.append(hits[0])
        line = LineString([ends[0][1], ends[1][1]])
        crossed = self._network.near(line)
        same = [other for other in crossed if other is road or (double and other.tags.get("name") == road.tags["name"])]
        if len(crossed) != (2 if double else 1) or len(same) != len(crossed):
            return None
        apart = _APART * (3 if road.traits.highway in MAJOR else 1)
        crowded = any(line.distance(other) < apart for other in self._drawn if _parallel(line, other))
        return None if crowded else _Link(line, (ends[0], ends[1]))

    def _draw_way(self, link: _Link, kind: Tags) -> None:
        self._drawn.append(link.line)
        start, end = (self._tie(hit) for hit in link.ends)
        middles = [road.insert(point) for road, point in self._network.hits(link.line)]
        for middle in middles:
            self._sheet.point(middle, {"highway": "crossing", **kind})
        self._sheet.line([start, *middles, end], {"highway": "footway", "footway": "crossing", **kind})

    @staticmethod
    def _tie(hit: tuple[Thread, Point]) -> Point:
        thread, point = hit
        vertex = thread.insert(point, 0.2)
        thread.cuts.add(vertex)
        return vertex

    def _kind(self, road: Road, signals: bool) -> Tags:
        if signals:
            return {"crossing": "traffic_signals", "crossing:markings": self._dice.pick(("lines", "zebra"))}
        if road.traits.highway in MAJOR or self._dice.chance(0.35):
            kind = self._dice.pick(("zebra", "marked", "marked"))
            return {"crossing": kind, "crossing:markings": self._dice.pick(("zebra", "zebra", "lines"))}
        return {"crossing": "unmarked", "crossing:markings": "no"}


def _parallel(a: LineString, b: LineString) -> bool:
    """Whether two crossings are of the same street, by their directions."""
    (ax, ay), (bx, by) = (direction(*points_of(line)) for line in (a, b))
    return abs(ax * bx + ay * by) > 0.7
