# SPDX-License-Identifier: Apache-2.0
"""Threads: lines of the map that can still take nodes where others meet them, and where to find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shapely import LineString, STRtree
from shapely.geometry.base import BaseGeometry

from offline_tools.simworld.town.lines import Point, crossings_of, distance, points_of


@dataclass(eq=False)
class Thread:
    """Vertices and tags of a line; `shape` is as it was built, and new vertices do not change it."""

    points: list[Point]
    tags: dict[str, str]
    shape: LineString
    cuts: set[Point] = field(default_factory=set)  # vertices where it ends and goes on as another way

    def insert(self, point: Point, reach: float = 0.4) -> Point:
        """Make a point of this line one of its vertices; one within `reach` serves as well. Returns the vertex."""
        nearest = min(self.points, key=lambda vertex: distance(vertex, point))
        if distance(nearest, point) <= reach:
            return nearest
        gaps = [_detour(a, b, point) for a, b in zip(self.points[:-1], self.points[1:], strict=True)]
        self.points.insert(gaps.index(min(gaps)) + 1, point)
        return point

    def split(self) -> list[list[Point]]:
        """The pieces between the points in `cuts`."""
        pieces = [[self.points[0]]]
        for point in self.points[1:-1]:
            pieces[-1].append(point)
            if point in self.cuts:
                pieces.append([point])
        pieces[-1].append(self.points[-1])
        return pieces


AnyThread = TypeVar("AnyThread", bound=Thread)


class Threads(Generic[AnyThread]):
    """Threads, found by place."""

    def __init__(self, items: Sequence[AnyThread]) -> None:
        self.items = list(items)
        self._tree = STRtree([item.shape for item in items])

    def near(self, geometry: BaseGeometry, reach: float = 0.0) -> list[AnyThread]:
        """Those within `reach` metres of a geometry, in a stable order."""
        if not self.items:
            return []
        found = self._tree.query(geometry, predicate="dwithin", distance=max(reach, 1e-6))
        return [self.items[index] for index in sorted(int(i) for i in found)]

    def hits(self, line: LineString) -> list[tuple[AnyThread, Point]]:
        """Where a line meets them, the nearest to its start first."""
        start = points_of(line)[0]
        found = [(thread, hit) for thread in self.near(line) for hit in crossings_of(line, thread.shape)]
        return sorted(found, key=lambda pair: distance(start, pair[1]))


def _detour(a: Point, b: Point, point: Point) -> float:
    return distance(a, point) + distance(point, b) - distance(a, b)
