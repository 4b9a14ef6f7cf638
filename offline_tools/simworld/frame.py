# SPDX-License-Identifier: Apache-2.0
"""LocalFrame: metres east and north of a point on the globe, the frame of a simulated world."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import Array, FloatArray
from offline_tools.errors import SimulationError

#: Metres. The same as in the drawn maps (osm/frame.py), which cannot be imported here: it needs pyproj.
EQUATOR = 40_075_017.0
MAX_LATITUDE = 84.0


@dataclass(frozen=True)
class LocalFrame:
    """x metres east, y metres north of (lat0, lon0) in degrees: spherical Mercator, scaled to be true there.

    It is the plane in which maps are drawn, so that a world and its truth agree to centimetres.
    """

    lat0: float
    lon0: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lat0) and abs(self.lat0) <= MAX_LATITUDE):
            raise SimulationError(f"latitude {self.lat0}: want a number from -{MAX_LATITUDE:g} to {MAX_LATITUDE:g}")
        if not (math.isfinite(self.lon0) and abs(self.lon0) <= 180):
            raise SimulationError(f"longitude {self.lon0}: want a number from -180 to 180")

    @property
    def metres_per_degree(self) -> float:
        """Of the Mercator plane, at the origin."""
        return EQUATOR * math.cos(math.radians(self.lat0)) / 360

    def to_metres(self, lat: Array | float, lon: Array | float) -> tuple[FloatArray, FloatArray]:
        """Degrees -> (x, y), of the same shape."""
        north = _mercator(np.asarray(lat, np.float64)) - _mercator(self.lat0)
        x = (np.asarray(lon, np.float64) - self.lon0) * self.metres_per_degree
        return x, np.asarray(north * self.metres_per_degree)

    def to_globe(self, x: Array | float, y: Array | float) -> tuple[FloatArray, FloatArray]:
        """Metres -> (lat, lon) in degrees, of the same shape."""
        north = _mercator(self.lat0) + np.asarray(y, np.float64) / self.metres_per_degree
        lat = np.degrees(2 * np.arctan(np.exp(np.radians(north))) - np.pi / 2)
        return np.asarray(lat), self.lon0 + np.asarray(x, np.float64) / self.metres_per_degree


def _mercator(lat: Array | float) -> FloatArray:
    """Spherical Mercator's y of a latitude, both in degrees."""
    return np.asarray(np.degrees(np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))))
