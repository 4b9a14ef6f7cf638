# SPDX-License-Identifier: Apache-2.0
"""How much ground the photos of a place cover, as the paper counts it: 112 m x 112 m around each, in 7 m cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyproj import Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from mia_ros.arrays import Array, FloatArray, IntArray
from offline_tools.errors import DatasetError

#: What the published code takes: metres around the outermost photos, the side of a cell, and cells on each side of
#: a photo's own: the square spans [c - 8, c + 8).
_BORDER_M, _CELL_M, _REACH = 112.0, 7.0, 8
#: A place of 1,400 km each way has that many cells.
_MOST_CELLS = 40_000_000_000
#: Cells of a strip of the map: 64 MB of counts.
_STRIP_CELLS = 16_000_000


@dataclass(frozen=True)
class Coverage:
    """rows, columns: of the map in cells. cells: how many of them lie around a photo."""

    photos: int
    rows: int
    columns: int
    cells: int

    @property
    def area_km2(self) -> float:
        return self.cells * _CELL_M**2 * 1e-6


def coverage(lon: Sequence[float] | Array, lat: Sequence[float] | Array) -> Coverage:
    """Of photos by their degrees, in the UTM zone of their box's middle. Places are summed by their area."""
    lon, lat = _checked(lon, "longitude", 180), _checked(lat, "latitude", 90)
    if len(lon) != len(lat):
        raise DatasetError(f"coverage: {len(lon)} longitudes, but {len(lat)} latitudes")
    if not len(lon):
        return Coverage(0, 0, 0, 0)
    x, y = _metres(lon, lat)
    columns, rows = _cells(x), _cells(y)
    shape = _extent(y), _extent(x)
    if shape[0] * shape[1] > _MOST_CELLS:
        raise DatasetError(
            f"coverage: photos from {lat.min():.2f} to {lat.max():.2f} north and {lon.min():.2f} to {lon.max():.2f} "
            f"east are no one place; count them place by place"
        )
    return Coverage(len(lon), *shape, _covered(rows, columns, shape))


def _checked(values: Sequence[float] | Array, name: str, largest: float) -> FloatArray:
    degrees = np.asarray(values, np.float64)
    if degrees.ndim != 1 or not (np.abs(degrees) <= largest).all():
        raise DatasetError(f"coverage: a {name} is missing or beyond {largest:g} degrees; filter such photos out")
    return degrees


def _metres(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    middle_lon, middle_lat = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
    area = AreaOfInterest(middle_lon, middle_lat, middle_lon, middle_lat)
    zones = query_utm_crs_info(datum_name="WGS 84", area_of_interest=area)
    if not zones:
        raise DatasetError(f"coverage: there is no UTM zone at latitude {middle_lat:.2f}")
    x, y = Transformer.from_crs(4326, int(zones[0].code), always_xy=True).transform(lon, lat)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DatasetError(f"coverage: photos lie outside UTM zone {zones[0].name}; count them place by place")
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _cells(metres: FloatArray) -> IntArray:
    return np.floor((metres - (metres.min() - _BORDER_M)) / _CELL_M).astype(np.int64)


def _extent(metres: FloatArray) -> int:
    return int((metres.max() + _BORDER_M - (metres.min() - _BORDER_M)) // _CELL_M)


def _covered(rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> int:
    """Strip by strip, so that a large place does not need a map in memory."""
    places = np.unique(np.stack([rows, columns], 1), axis=0)
    height = max(1, _STRIP_CELLS // (shape[1] + 1))
    total = 0
    for top in range(0, shape[0], height):
        bottom = min(top + height, shape[0])
        first, last = np.searchsorted(places[:, 0], [top - _REACH + 1, bottom + _REACH])
        if last > first:
            total += _covered_in(places[first:last] - (top, 0), (bottom - top, shape[1]))
    return total


def _covered_in(places: IntArray, shape: tuple[int, int]) -> int:
    """Sums of steps at the squares' corners count how many squares lie over each cell."""
    steps = np.zeros((shape[0] + 1, shape[1] + 1), np.int32)
    top, bottom = (np.clip(places[:, 0] + side, 0, shape[0]) for side in (-_REACH, _REACH))
    left, right = (np.clip(places[:, 1] + side, 0, shape[1]) for side in (-_REACH, _REACH))
    for row, column, step in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        np.add.at(steps, (row, column), step)
    np.cumsum(steps, axis=0, out=steps)
    np.cumsum(steps, axis=1, out=steps)
    return int((steps[:-1, :-1] > 0).sum())
