# SPDX-License-Identifier: Apache-2.0
"""Small maps as OSM XML."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = dict[str, str]


def node(id_: int, lon: float, lat: float, tags: Tags | None = None) -> str:
    return f'<node id="{id_}" version="1" lon="{lon}" lat="{lat}">{_tags(tags)}</node>'


def way(id_: int, refs: Iterable[int], tags: Tags | None = None, attributes: str = "") -> str:
    refs_text = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{id_}" version="1" {attributes}>{refs_text}{_tags(tags)}</way>'


def relation(id_: int, members: Iterable[tuple[str, int, str]], tags: Tags | None = None) -> str:
    text = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
    return f'<relation id="{id_}" version="1">{text}{_tags(tags)}</relation>'


def osm(*parts: str, before: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<osm version="0.6">{"".join(parts)}</osm>'


def write(path: Path, *parts: str) -> Path:
    path.write_text(osm(*parts), encoding="utf-8")
    return path


def square(first: int, lon: float, lat: float, size: float) -> list[str]:
    """Four nodes, counter-clockwise."""
    corners = [(0, 0), (size, 0), (size, size), (0, size)]
    return [node(first + index, lon + x, lat + y) for index, (x, y) in enumerate(corners)]


def _tags(tags: Tags | None) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in (tags or {}).items())


#: A street, a building and a crossing; a wood with a clearing, of three ways that have no tags.
TOWN = (
    '<bounds minlat="48.0" minlon="2.0" maxlat="48.01" maxlon="2.01"/>',
    node(1, 2.001, 48.001),
    node(2, 2.002, 48.001, {"highway": "crossing"}),
    node(3, 2.003, 48.0015),
    *square(10, 2.004, 48.004, 0.0002),
    *square(20, 2.005, 48.005, 0.002),
    *square(30, 2.0055, 48.0055, 0.0005),
    way(100, [1, 2, 3], {"highway": "residential", "name": 'Rue de l\'Été "<&>"'}),
    way(101, [10, 11, 12, 13, 10], {"building": "yes"}),
    way(102, [20, 21, 22]),
    way(103, [20, 23, 22]),
    way(104, [30, 31, 32, 33, 30]),
    relation(
        1000,
        [("way", 102, "outer"), ("way", 103, "outer"), ("way", 104, "inner")],
        {"type": "multipolygon", "natural": "wood"},
    ),
)
