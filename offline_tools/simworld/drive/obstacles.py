# SPDX-License-Identifier: Apache-2.0
"""Buildings that a drive must not go through: sidewalks may lead under them, and road widths are only assumed."""

from __future__ import annotations

import numpy as np
import shapely

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Elements, Int32Array
from offline_tools.osm.style import Style
from offline_tools.simworld.frame import LocalFrame

#: How near to a wall one goes, metres.
_CLEARANCE = 0.4


class Obstacles:
    """The outlines of buildings in metres."""

    def __init__(self, elements: Elements, frame: LocalFrame, style: Style) -> None:
        rings = [*_way_rings(elements, style), *_area_rings(elements, style)]
        outlines = []
        for lat, lon in rings:
            x, y = frame.to_metres(lat * 1e-7, lon * 1e-7)
            outlines.append(shapely.Polygon(np.stack([x, y], 1)))
        valid = shapely.make_valid(np.array(outlines, dtype=object)) if outlines else []
        self._tree = shapely.STRtree(valid)

    def block(self, line: FloatArray, offset: float = 0.0) -> bool:
        """Whether a line (n, 2), or the one `offset` metres to its left, runs into a building or along its wall."""
        track = shapely.LineString(line)
        if offset:
            track = shapely.offset_curve(track, offset, join_style="mitre", mitre_limit=2.0)
        return not track.is_empty and len(self._tree.query(track, "dwithin", _CLEARANCE)) > 0


def _way_rings(elements: Elements, style: Style) -> list[tuple[Int32Array, Int32Array]]:
    ways, rings = elements.ways, []
    for i, tags in enumerate(ways.tags):
        first, last = int(ways.starts[i]), int(ways.starts[i + 1])
        if last - first > 3 and style.buildings.holds(tags) and ways.refs[first] == ways.refs[last - 1]:
            rings.append((ways.lat[first:last], ways.lon[first:last]))
    return rings


def _area_rings(elements: Elements, style: Style) -> list[tuple[Int32Array, Int32Array]]:
    """Outer rings alone: a courtyard is no place to drive through either."""
    areas, rings = elements.areas, []
    for i, tags in enumerate(areas.tags):
        if not style.buildings.holds(tags):
            continue
        numbers = range(int(areas.ring_starts[i]), int(areas.ring_starts[i + 1]))
        for first, last in (areas.starts[k : k + 2].tolist() for k in numbers if areas.outer[k]):
            if last - first > 3:
                rings.append((areas.lat[first:last], areas.lon[first:last]))
    return rings
