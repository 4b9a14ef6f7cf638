# SPDX-License-Identifier: Apache-2.0
"""What a street map covers, and what may be asked of it."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from offline_tools.errors import CoverageError, DatasetError
from offline_tools.osm import MapStore
from offline_tools.osm.frame import View
from offline_tools.osm.store.grid import Degrees

LARGEST_SIZE = 8192  # pixels; 600 MB of mask
FINEST, COARSEST = 0.01, 100.0  # metres


def check_picture(size: tuple[int, int], resolution: float) -> None:
    """Refuse a size or a resolution with which no map comes about."""
    if not all(1 <= pixels <= LARGEST_SIZE for pixels in size):
        raise DatasetError(f"size {size[0]} x {size[1]}: want 1 to {LARGEST_SIZE} pixels")
    if not FINEST <= resolution <= COARSEST:
        raise DatasetError(f"resolution {resolution}: want {FINEST:g} to {COARSEST:g} metres per pixel")


def check_inside(store: MapStore, lat: float, lon: float) -> None:
    """Refuse a place that is not on a map."""
    if not inside(store.bounds, np.array(lat), np.array(lon)):
        west, south, east, north = store.bounds
        raise CoverageError(
            f"latitude {lat}, longitude {lon} lies outside the map {store.source.name}: it covers "
            f"latitudes {south:.5f} to {north:.5f} and longitudes {west:.5f} to {east:.5f}"
        )


def inside(bounds: Degrees, lat: FloatArray, lon: FloatArray) -> BoolArray:
    """Which places lie within the bounds of a map, (west, south, east, north), also across the antimeridian."""
    west, south, east, north = bounds
    across = (west <= lon) & (lon <= east) if west <= east else (west <= lon) | (lon <= east)
    return across & (south <= lat) & (lat <= north)


def reaches_out(store: MapStore, view: View) -> bool:
    """Whether a view shows ground that the map file says that it does not cover."""
    west, south, east, north = view.box
    corners = np.array([south, north]), np.array([west, east])
    return store.bounds_declared and not inside(store.bounds, *corners).all()
