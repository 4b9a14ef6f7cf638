# SPDX-License-Identifier: Apache-2.0
"""The road network: streets woven together where they meet, split there, and only what hangs together."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from shapely import LineString, STRtree
from shapely import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry

from offline_tools.simworld.town.lines import Point, crossings_of, distance, points_of
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.streets import MAJOR, Street, Traits
from offline_tools.simworld.town.threads import Thread, Threads

STUB = 9.0  # metres; a shorter dead end is what is left over at a junction, not a street
TOUCH = 0.05  # metres at which a street's end counts as on another street


@dataclass(eq=False)
class Road(Thread):
    """A street between two junctions, or a whole roundabout."""

    traits: Traits = field(default_factory=lambda: Traits("residential"))
    district: int = -1
    ring: bool = False

    def free(self, s: float, room: float) -> bool:
        """Whether `s` metres along is at least `room` from both ends."""
        return room <= s <= self.shape.length - room


class Joints:
    """Points where streets meet; two within half a metre are one."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[Point]] = defaultdict(list)

    def at(self, point: Point) -> Point:
        """The joint at a point, which is made if there is none."""
        column, row = math.floor(point[0]), math.floor(point[1])
        for i in (column - 1, column, column + 1):
            for j in (row - 1, row, row + 1):
                for joint in self._cells[i, j]:
                    if distance(joint, point) < 0.5:
                        return joint
        self._cells[column, row].append(point)
        return point


class Network(Threads[Road]):
    """The roads, and which of them meet where."""

    def __init__(self, roads: list[Road]) -> None:
        super().__init__(roads)
        self.ends: dict[Point, list[Road]] = defaultdict(list)
        for road in roads:
            for point in _joints(road, roads):
                self.ends[point].append(road)

    def is_major(self, junction: Point) -> bool:
        """Whether two main streets meet there."""
        names = {road.tags.get("name") for road in self.ends[junction] if road.traits.highway in MAJOR}
        return len(names) > 1


def weave(streets: list[Street], site: Site) -> Network:
    """Split the streets where they meet, drop stubs and what hangs together with nothing."""
    lines = [street.line for street in streets]
    tree = STRtree(lines)
    joints = Joints()
    cuts: list[list[Point]] = [[] for _ in streets]
    for i, line in enumerate(lines):
        for j in sorted(int(k) for k in tree.query(line.buffer(1.0)) if k > i):
            for meeting in _meetings(line, lines[j]):
                joint = joints.at(meeting)
                cuts[i].append(joint)
                cuts[j].append(joint)
    roads = [road for street, cut in zip(streets, cuts, strict=True) for road in _roads(street, cut)]
    return Network(_largest(_without_stubs(roads, site)))


def _meetings(a: LineString, b: LineString) -> list[Point]:
    found = crossings_of(a, b)
    for line, other in ((a, b), (b, a)):
        ends = points_of(line)
        found += [end for end in (ends[0], ends[-1]) if other.distance(ShapelyPoint(end)) < TOUCH]
    return found


def _roads(street: Street, cuts: list[Point]) -> list[Road]:
    thread = Thread(points_of(street.line), {}, street.line)
    for cut in sorted(set(cuts), key=lambda point: street.line.project(ShapelyPoint(point))):
        _tie(thread, cut)
    if street.ring:
        thread.points[-1] = thread.points[0]
        return [_road(thread.points, street)]
    return [_road(piece, street) for piece in thread.split() if LineString(piece).length > 0.5]


def _tie(thread: Thread, cut: Point) -> None:
    """Make the joint itself a vertex: one that is close gives way to it."""
    vertex = thread.insert(cut, 0.6)
    thread.points = [cut if point == vertex else point for point in thread.points]
    thread.cuts.add(cut)


def _road(points: list[Point], street: Street) -> Road:
    tags = {"highway": street.traits.highway, **street.traits.tags}
    return Road(points, tags, LineString(points), set(), street.traits, street.district, street.ring)


def _joints(road: Road, roads: list[Road]) -> list[Point]:
    """Where a road can meet others: its ends; of a ring every vertex that is the end of another."""
    if not road.ring:
        return [road.points[0], road.points[-1]]
    ends = {end for other in roads if not other.ring for end in (other.points[0], other.points[-1])}
    return [point for point in road.points[:-1] if point in ends]


def _without_stubs(roads: list[Road], site: Site) -> list[Road]:
    rim = site.outline.exterior
    while True:
        uses = Network(roads).ends
        stubs = {id(road) for road in roads if _is_stub(road, uses, rim)}
        if not stubs:
            return roads
        roads = [road for road in roads if id(road) not in stubs]


def _is_stub(road: Road, uses: dict[Point, list[Road]], rim: BaseGeometry) -> bool:
    if road.ring or road.shape.length >= STUB:
        return False
    loose = [end for end in (road.points[0], road.points[-1]) if len(uses[end]) == 1]
    return any(rim.distance(ShapelyPoint(end)) > 0.5 for end in loose)


def _largest(roads: list[Road]) -> list[Road]:
    """The component with the most metres."""
    parent = list(range(len(roads)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    number = {id(road): index for index, road in enumerate(roads)}
    for meeting in Network(roads).ends.values():
        for road in meeting[1:]:
            parent[root(number[id(road)])] = root(number[id(meeting[0])])
    metres: dict[int, float] = defaultdict(float)
    for index, road in enumerate(roads):
        metres[root(index)] += road.shape.length
    best = max(metres, key=lambda index: metres[index])
    return [road for index, road in enumerate(roads) if root(index) == best]
