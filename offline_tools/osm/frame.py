# SPDX-License-Identifier: Apache-2.0
"""Where a drawn map lies: from a pose on the globe to the pixels of a picture that looks along the heading.

Up in the picture is the viewing direction, right is 90 degrees clockwise from it. The reference draws on a canvas whose
size follows from a box in UTM, and cuts its picture out of the middle with rounded offsets; where the ego lies within a
pixel depends on these roundings, so that they are repeated here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import Transformer

from mia_ros.arrays import FloatArray
from offline_tools.errors import CoverageError

EQUATOR = 40_075_017.0  # metres
REFERENCE_RESOLUTION = 0.5  # metres
SIZE = 224  # pixels of a published mask
PADDING = 50.0  # metres that the reference adds around its picture
MAX_LATITUDE = 84.0  # where UTM ends; the Mercator projection needs an end too


@dataclass(frozen=True)
class View:
    """A picture of `rows` x `columns` pixels of `resolution` metres.

    `matrix` takes (x, y, 1), Mercator degrees, to (right, down) in pixels; (0, 0) is the top left CORNER.
    """

    matrix: FloatArray  # (2, 3) float64
    rows: int
    columns: int
    resolution: float

    @property
    def pixel(self) -> float:
        """A reference pixel of half a metre, in pixels of this picture."""
        return REFERENCE_RESOLUTION / self.resolution

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees of all that the picture shows."""
        corners = np.array([[0, self.columns, 0, self.columns], [0, 0, self.rows, self.rows]], np.float64)
        x, y = np.linalg.solve(self.matrix[:, :2], corners - self.matrix[:, 2:])
        return float(x.min()), latitude(float(y.min())), float(x.max()), latitude(float(y.max()))


def latitude(y: float) -> float:
    """The latitude of spherical Mercator's y, both in degrees."""
    return math.degrees(2 * math.atan(math.exp(math.radians(y))) - math.pi / 2)


def mercator(lat: float) -> float:
    """Spherical Mercator's y of a latitude, both in degrees."""
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))


def view_of(
    lat: float, lon: float, heading_deg: float, size: tuple[int, int] = (SIZE, SIZE), resolution: float = 0.5
) -> View:
    """The view of a pose: `size` is rows and columns, `heading_deg` is clockwise from north."""
    check_pose(lat, lon, heading_deg)
    rows, columns = size
    # The reference's square has room for every heading; half of its edge and the padding, in metres.
    half = math.ceil(max(rows, columns) * math.sqrt(2)) * resolution / 2 + PADDING
    left, bottom, right, top = _box(lat, lon, half)
    per_degree = EQUATOR * math.cos(math.radians((bottom + top) / 2)) / resolution / 360
    width = int(per_degree * (right - left))
    height = int(per_degree * (mercator(top) - mercator(bottom)))
    square = min(width, height)
    off_x, off_y = _cut(width, square, columns), _cut(height, square, rows)
    # North up first: x = k (lon - left), y = height - k (M - M(bottom)); then counter-clockwise about the centre.
    angle = math.radians(heading_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    centre = np.array([width / 2, height / 2])
    flat = per_degree * np.array([[1.0, 0.0], [0.0, -1.0]])
    shift = np.array([-per_degree * left, height + per_degree * mercator(bottom)])
    matrix = np.empty((2, 3))
    matrix[:, :2] = turn @ flat
    matrix[:, 2] = turn @ (shift - centre) + centre - (off_x, off_y)
    return View(matrix, rows, columns, resolution)


def check_pose(lat: float, lon: float, heading_deg: float) -> None:
    """Refuse a pose that is nowhere on the globe, or where the projection does not hold."""
    for name, value in (("latitude", lat), ("longitude", lon), ("heading", heading_deg)):
        if not math.isfinite(value):
            raise CoverageError(f"{name} is {value}: it must be a finite number of degrees")
    if abs(lat) > MAX_LATITUDE:
        raise CoverageError(
            f"latitude {lat} is beyond {MAX_LATITUDE:g} degrees: maps are drawn between the polar caps only"
        )
    if abs(lon) > 180:
        raise CoverageError(f"longitude {lon} is outside -180 to 180 degrees")


def _cut(extent: int, square: int, size: int) -> int:
    """First pixel of the picture along one axis of the canvas; Python's round is half to even, as the reference's."""
    first = round((extent - square) / 2)
    last = round((extent + square) / 2)
    return first + round(((last - first) - size) / 2)


def _box(lat: float, lon: float, half: float) -> tuple[float, float, float, float]:
    """Left, bottom, right, top in degrees of a square in UTM; only two of its corners count, as in the reference."""
    to_utm, to_globe = _transformers(_utm_epsg(lat, lon))
    x, y = to_utm.transform(lon, lat)
    left, bottom = to_globe.transform(x - half, y - half)
    right, top = to_globe.transform(x + half, y + half)
    if not left < lon < right:
        raise CoverageError(
            f"latitude {lat}, longitude {lon}: the map would cross the antimeridian; no map is drawn there"
        )
    return left, bottom, right, top


def _utm_epsg(lat: float, lon: float) -> int:
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


@lru_cache(maxsize=8)
def _transformers(epsg: int) -> tuple[Transformer, Transformer]:
    return (
        Transformer.from_crs("EPSG:4326", epsg, always_xy=True),
        Transformer.from_crs(epsg, "EPSG:4326", always_xy=True),
    )
