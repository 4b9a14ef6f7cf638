# SPDX-License-Identifier: Apache-2.0
"""Vector tiles as Mapillary's server makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mapbox_vector_tile
import mercantile
from shapely import Point

from tests.offline_tools.curate.world.faults import Faults

EXTENT = 4096
#: How far photos of the neighbours reach into a tile of a server that tells of them twice, in its own units.
_MARGIN = 64


def tile_of(images: Mapping[str, Mapping[str, Any]], z: int, x: int, y: int, faults: Faults) -> bytes:
    """The photos in a tile, as points; bytes of a tile without any are empty."""
    margin = _MARGIN if faults.duplicates else 0
    features = []
    for id_, image in images.items():
        across, down = place_in(z, x, y, *image["geometry"]["coordinates"])
        if -margin <= across < EXTENT + margin and -margin <= down < EXTENT + margin:
            features.append({"geometry": Point(across, down), "properties": _properties(id_, image, faults)})
    if not features:
        return b""
    layers = [
        {"name": "sequence", "features": []},
        {"name": "image", "features": features},
    ]
    return mapbox_vector_tile.encode(layers, default_options={"y_coord_down": True, "extents": EXTENT})


def place_in(z: int, x: int, y: int, lon: float, lat: float) -> tuple[int, int]:
    """Units of a tile: from its west edge to the east, and from its north edge to the south."""
    edges = mercantile.xy_bounds(x, y, z)
    east, north = mercantile.xy(lon, lat)
    unit = (edges.right - edges.left) / EXTENT
    return int((east - edges.left) // unit), int((edges.top - north) // unit)


def _properties(id_: str, image: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    empty = faults.lacks_numbers(id_)
    return {
        "id": int(id_),
        "sequence_id": image["sequence"],
        "captured_at": "" if empty else image["captured_at"],
        "compass_angle": "" if empty else image["compass_angle"],
        "creator_id": int(image["creator"]["id"]),
        "is_pano": image["is_pano"],
    }
