# SPDX-License-Identifier: Apache-2.0
"""The sheet that a town is drawn on: nodes, ways and relations, as OpenStreetMap has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shapely import Polygon

from offline_tools.simworld.town.lines import Point, points_of
from offline_tools.simworld.town.plan import Site

Tags = dict[str, str]
Position = tuple[int, int]  # longitude and latitude in units of 1e-7 degrees


@dataclass(frozen=True)
class Way:
    """A way; `refs` are numbers of nodes."""

    number: int
    refs: tuple[int, ...]
    tags: Tags


@dataclass(frozen=True)
class Relation:
    """A multipolygon; its members are numbers of ways, and outer or inner."""

    number: int
    members: tuple[tuple[int, str], ...]
    tags: Tags


@dataclass
class Sheet:
    """What has been drawn so far. Lines and areas that pass through one place share its node."""

    site: Site
    places: dict[Position, int] = field(default_factory=dict)  # numbers of nodes, by place
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    def point(self, point: Point, tags: Tags) -> None:
        """A tagged node; what is said twice of one place is joined."""
        self.node_tags.setdefault(self._node(point), {}).update(tags)

    def line(self, points: Sequence[Point], tags: Tags) -> None:
        """A way; nothing is drawn of a line that is shorter than a map can say."""
        refs = self._refs(points)
        if len(refs) > 1:
            self._way(refs, tags)

    def area(self, polygon: Polygon, tags: Tags) -> None:
        """A closed way, or a multipolygon if the area has holes."""
        rings = [self._refs(points_of(ring)) for ring in (polygon.exterior, *polygon.interiors)]
        rings = [ring for ring in rings if len(ring) > 3]
        if len(rings) == 1:
            self._way(rings[0], tags)
        elif rings:
            members = [(self._way(ring, {}), "inner" if index else "outer") for index, ring in enumerate(rings)]
            relation = Relation(len(self.relations) + 1, tuple(members), {"type": "multipolygon", **tags})
            self.relations.append(relation)

    def _way(self, refs: list[int], tags: Tags) -> int:
        self.ways.append(Way(len(self.ways) + 1, tuple(refs), dict(tags)))
        return len(self.ways)

    def _refs(self, points: Sequence[Point]) -> list[int]:
        refs: list[int] = []
        for point in points:
            number = self._node(point)
            if not refs or refs[-1] != number:
                refs.append(number)
        return refs

    def _node(self, point: Point) -> int:
        return self.places.setdefault(self.site.to_globe(*point), len(self.places) + 1)
