# SPDX-License-Identifier: Apache-2.0
"""Maps of random roads and woods over some blocks, and what of them touches a box, worked out one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.offline_tools.osm.sources.xml_maps import node, osm, relation, way

Box = tuple[float, float, float, float]


@dataclass
class RandomMap:
    """Its extents by id."""

    path: Path
    ways: dict[int, Box] = field(default_factory=dict)
    areas: dict[int, Box] = field(default_factory=dict)
    nodes: dict[int, Box] = field(default_factory=dict)

    def touching(self, box: Box) -> tuple[list[int], list[int], list[int]]:
        ways, areas, nodes = (_touching(kind, box) for kind in (self.ways, self.areas, self.nodes))
        return ways, areas, nodes


def random_map(path: Path, seed: int, ways: int = 300) -> RandomMap:
    """Around 2.4 E, 48.4 N: short roads, one in 20 as long as many blocks, some woods, some lamps."""
    rng = np.random.default_rng(seed)
    made, parts, last = RandomMap(path), [], 0
    nodes: list[str] = []
    for number in range(ways):
        reach = 1.5 if number % 20 == 0 else 0.02
        corner = np.array([2.4, 48.4]) + rng.uniform(-0.2, 0.2, 2)
        points = np.round(corner + rng.uniform(0, reach, (rng.integers(2, 6), 2)), 7)
        ids = list(range(last + 1, last + 1 + len(points)))
        last = ids[-1]
        box = tuple(points.min(axis=0).tolist() + points.max(axis=0).tolist())
        lamp = number % 7 == 0
        nodes += [node(i, *p, {"highway": "street_lamp"} if lamp else None) for i, p in zip(ids, points, strict=True)]
        if lamp:
            made.nodes.update({i: (*p, *p) for i, p in zip(ids, points.tolist(), strict=True)})
        if number % 5 == 0:
            parts.append(way(number + 1, [*ids, ids[0]]))
            tags = {"type": "multipolygon", "natural": "wood", "name": f"Bois d'été {number}"}
            parts.append(relation(number + 1, [("way", number + 1, "outer")], tags))
            made.areas[number + 1] = box
        else:
            parts.append(way(number + 1, ids, {"highway": "path", "ref": str(number)}))
            made.ways[number + 1] = box
    path.write_text(osm(*nodes, *parts), encoding="utf-8")
    return made


def _touching(extents: dict[int, Box], box: Box) -> list[int]:
    west, south, east, north = box
    return sorted(i for i, (w, s, e, n) in extents.items() if w <= east and e >= west and s <= north and n >= south)
