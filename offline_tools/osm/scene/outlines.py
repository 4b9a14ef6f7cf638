# SPDX-License-Identifier: Apache-2.0
"""The lines of a map's objects in the plane that they are drawn in: spherical Mercator, degrees from an origin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Areas, Elements, Int32Array, Int64Array, Tags, Ways
from offline_tools.osm.frame import EQUATOR

DEGREES = 1e-7  # of one step of OpenStreetMap's integers


@dataclass(frozen=True)
class Outline:
    """A way, or a multipolygon with its outer rings first wound one way and its holes the other."""

    tags: Tags
    lines: list[FloatArray]  # each (n, 2), x east, y north
    refs: Int64Array  # ids of the first line's nodes
    metre: float  # one metre at its first node, in the plane's degrees


def origin_of(elements: Elements) -> tuple[float, float]:
    """A point in the middle of the elements, so that what is added to it is small."""
    lon = np.concatenate([elements.ways.lon, elements.areas.lon, elements.nodes.lon])
    lat = np.concatenate([elements.ways.lat, elements.areas.lat, elements.nodes.lat])
    if len(lon) == 0:
        return 0.0, 0.0
    x, y = globe_to_plane(np.array([lon.min(), lon.max()]), np.array([lat.min(), lat.max()]), (0.0, 0.0)).mean(axis=0)
    return float(x), float(y)


def globe_to_plane(lon: Int32Array, lat: Int32Array, origin: tuple[float, float]) -> FloatArray:
    """(N, 2) points of the plane from OpenStreetMap's integers."""
    north = np.degrees(np.log(np.tan(np.pi / 4 + np.radians(lat * DEGREES) / 2)))
    return np.column_stack([lon * DEGREES - origin[0], north - origin[1]])


def outlines_of(elements: Elements, origin: tuple[float, float]) -> list[Outline]:
    """All ways, then all areas."""
    return _of_ways(elements.ways, origin) + _of_areas(elements.areas, origin)


def metre_at(lat: float) -> float:
    """One metre on the ground at a latitude in degrees, in the plane's degrees."""
    return 360 / (EQUATOR * math.cos(math.radians(lat)))


def _of_ways(ways: Ways, origin: tuple[float, float]) -> list[Outline]:
    points = globe_to_plane(ways.lon, ways.lat, origin)
    found = []
    for tags, start, stop in zip(ways.tags, ways.starts[:-1].tolist(), ways.starts[1:].tolist(), strict=True):
        if stop > start:
            metre = metre_at(ways.lat[start] * DEGREES)
            found.append(Outline(tags, [points[start:stop]], ways.refs[start:stop], metre))
    return found


def _of_areas(areas: Areas, origin: tuple[float, float]) -> list[Outline]:
    points = globe_to_plane(areas.lon, areas.lat, origin)
    found = []
    for tags, first, last in zip(
        areas.tags, areas.ring_starts[:-1].tolist(), areas.ring_starts[1:].tolist(), strict=True
    ):
        outers = [ring for ring in range(first, last) if areas.outer[ring]]
        holes = [ring for ring in range(first, last) if not areas.outer[ring]]
        if not outers:
            continue
        lines = [points[areas.starts[ring] : areas.starts[ring + 1]] for ring in outers + holes]
        if holes:  # without them each ring keeps its own direction: it makes no difference to a fill
            lines = [_wound(line, index < len(outers)) for index, line in enumerate(lines)]
        start, stop = areas.starts[outers[0]], areas.starts[outers[0] + 1]
        found.append(Outline(tags, lines, areas.refs[start:stop], metre_at(areas.lat[start] * DEGREES)))
    return found


def _wound(ring: FloatArray, anticlockwise: bool) -> FloatArray:
    x, y = ring[:, 0], ring[:, 1]
    doubled = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return ring if (doubled > 0) == anticlockwise else ring[::-1]
