# SPDX-License-Identifier: Apache-2.0
"""A town's map, read by osmium and laid out in metres, without any code of the town maker."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import osmium
from shapely import LineString, Polygon, unary_union
from shapely.ops import polygonize

# Metres, as maps without lanes or width are drawn (the published renderer's rules).
DEFAULT_WIDTH = {
    "primary": 13,
    "secondary": 13,
    "tertiary": 12,
    "unclassified": 8,
    "residential": 10,
    "living_street": 7,
    "service": 5,
}
STREETS = {*DEFAULT_WIDTH, "track", "pedestrian"}


@dataclass(frozen=True)
class ReadWay:
    refs: tuple[int, ...]
    tags: dict[str, str]
    line: LineString


@dataclass(frozen=True)
class ReadTown:
    nodes: dict[int, tuple[float, float]]  # degrees: longitude, latitude
    node_tags: dict[int, dict[str, str]]
    ways: dict[int, ReadWay]
    relations: list[tuple[dict[str, str], list[tuple[int, str]]]]
    bounds: tuple[float, float, float, float]

    def having(self, **tags: str) -> list[ReadWay]:
        """Ways with these tags; "*" is any value."""
        return [way for way in self.ways.values() if _has(way.tags, tags)]

    def points(self, **tags: str) -> list[int]:
        return [number for number, found in self.node_tags.items() if _has(found, tags)]

    @cached_property
    def streets(self) -> list[ReadWay]:
        return [way for way in self.ways.values() if way.tags.get("highway") in STREETS]

    @cached_property
    def carriageways(self) -> list[Polygon]:
        """Centre lines, as wide as their tags say; not driveways, which may end at a garage's door."""
        through = [way for way in self.streets if way.tags["highway"] in DEFAULT_WIDTH and "service" not in way.tags]
        return [way.line.buffer(width_of(way.tags) / 2, cap_style="flat") for way in through]

    @cached_property
    def buildings(self) -> list[Polygon]:
        shapes = [Polygon(way.line.coords) for way in self.having(building="*")]
        for tags, members in self.relations:
            if "building" in tags:
                rings = {role: Polygon(self.ways[ref].line.coords) for ref, role in members}
                shapes.append(rings["outer"].difference(rings["inner"]))
        return shapes

    def area(self, **tags: str) -> float:
        """m2 of all closed ways with these tags."""
        return sum(Polygon(way.line.coords).area for way in self.having(**tags))


def width_of(tags: dict[str, str]) -> float:
    if "width" in tags:
        return float(tags["width"])
    return int(tags["lanes"]) * 3.7 if "lanes" in tags else DEFAULT_WIDTH[tags["highway"]]


def read(path: Path) -> ReadTown:
    nodes: dict[int, tuple[float, float]] = {}
    node_tags, ways, relations = {}, {}, []
    with osmium.io.Reader(str(path)) as reader:
        box = reader.header().box()
        bounds = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    for item in osmium.FileProcessor(str(path)):
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_node():
            nodes[item.id] = (item.location.lon, item.location.lat)
            if tags:
                node_tags[item.id] = tags
        elif item.is_way():
            refs = tuple(node.ref for node in item.nodes)
            ways[item.id] = ReadWay(refs, tags, LineString([_metres(nodes[ref], bounds) for ref in refs]))
        else:
            relations.append((tags, [(member.ref, member.role) for member in item.members]))
    return ReadTown(nodes, node_tags, ways, relations, bounds)


def components(ways: list[ReadWay]) -> list[float]:
    """Metres of each connected part of a network, longest first; ways are joined by the nodes that they share."""
    group: dict[int, int] = {}

    def root(node: int) -> int:
        while group.setdefault(node, node) != node:
            node = group[node]
        return node

    for way in ways:
        for ref in way.refs:
            group[root(ref)] = root(way.refs[0])
    metres: Counter[int] = Counter()
    for way in ways:
        metres[root(way.refs[0])] += way.line.length
    return sorted(metres.values(), reverse=True)


def blocks(town: ReadTown) -> int:
    """How many faces the streets enclose."""
    return len(list(polygonize(unary_union([way.line for way in town.streets]))))


def _has(tags: dict[str, str], wanted: dict[str, str]) -> bool:
    return all(key in tags and value in ("*", tags[key]) for key, value in wanted.items())


def _metres(place: tuple[float, float], bounds: tuple[float, float, float, float]) -> tuple[float, float]:
    per_degree = 40_075_017 / 360
    lat = (bounds[1] + bounds[3]) / 2
    return (place[0] - bounds[0]) * per_degree * math.cos(math.radians(lat)), (place[1] - bounds[1]) * per_degree
