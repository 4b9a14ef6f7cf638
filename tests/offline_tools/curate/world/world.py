# SPDX-License-Identifier: Apache-2.0
"""World: what a server knows, and what is true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon


@dataclass(frozen=True)
class World:
    """`images` are answers of Mapillary's graph; the server adds the URLs where there is a photo.

    rejected: photos that fail the recipe `mia`, or lie outside of the place -> the stage that they fail.
    deleted: photos that a server with that fault shows on its tiles, but has no more.
    places: further answers of Nominatim.
    """

    name: str
    polygon: Polygon
    images: Mapping[str, Mapping[str, Any]]
    photos: Mapping[str, bytes]
    rejected: Mapping[str, str] = field(default_factory=dict)
    deleted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    streets: Path | None = None
    driving_side: str = "right"
    places: tuple[Mapping[str, Any], ...] = ()

    @property
    def good(self) -> list[str]:
        """Photos in the place that pass the recipe `mia`, in the order of `images`."""
        return [id_ for id_ in self.images if id_ not in self.rejected]

    def place(self, multi: bool = False) -> dict[str, Any]:
        """Nominatim's answer for the town; `multi`: it has a second part, in which nobody ever took a photo."""
        whole: Polygon | MultiPolygon = self.polygon
        left, bottom, right, top = self.polygon.bounds
        if multi:
            far = shapely.affinity.translate(shapely.box(left, bottom, right, top), 3 * (right - left), 0.0)
            whole = MultiPolygon([far, self.polygon])
        west, south, east, north = whole.bounds
        return {
            "place_id": 301,
            "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
            "osm_type": "relation",
            "osm_id": 77,
            "lat": str((bottom + top) / 2),
            "lon": str((left + right) / 2),
            "category": "boundary",
            "type": "administrative",
            "place_rank": 16,
            "importance": 0.4,
            "addresstype": "town",
            "name": self.name,
            "display_name": f"{self.name}, Simulated County, Nowhere",
            "boundingbox": [str(south), str(north), str(west), str(east)],
            "geojson": shapely.geometry.mapping(whole),
        }
