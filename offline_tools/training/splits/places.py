# SPDX-License-Identifier: Apache-2.0
"""Where the samples of a data set lie: blocks of ground, and how far it is from one to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from mia_ros.arrays import Array, BoolArray, FloatArray, IntArray
from offline_tools.dataset import Dataset
from offline_tools.errors import DatasetError

EARTH = 6_371_000.0  # metres, mean radius
_MOST_LATITUDE = 85.0  # where Mercator's projection ends


@dataclass(frozen=True)
class Places:
    """Samples in a row: (location, id), the drive of each as a number, latitude and longitude in degrees or NaN."""

    keys: list[tuple[str, str]]
    drives: IntArray
    lat: FloatArray
    lon: FloatArray

    @property
    def known(self) -> BoolArray:
        """Which have a position."""
        return np.isfinite(self.lat) & np.isfinite(self.lon) & (np.abs(self.lat) <= 90) & (np.abs(self.lon) <= 180)

    def blocks(self, side: float) -> IntArray:
        """(n,) number of the block of ground, about `side` metres square, that each lies in; -1 where not known.

        Blocks lie on one grid for the whole Earth, so that locations that overlap share them.
        """
        known = self.known
        row = np.floor(np.radians(self.lat[known]) * EARTH / side)
        middle = np.cos(np.minimum(np.abs((row + 0.5) * side / EARTH), np.pi / 2))
        column = np.floor(np.radians(self.lon[known]) * EARTH * middle / side)
        numbers = np.full(len(self.keys), -1, np.int64)
        _, numbers[known] = np.unique(np.stack([row, column], 1), axis=0, return_inverse=True)
        return numbers

    def distances(self, of: Array, to: Array) -> FloatArray:
        """Metres from each of the samples `of` to the nearest of the samples `to`, given by number; inf without any."""
        if not len(of) or not len(to):
            return np.full(len(of), np.inf)
        points = self._mercator()
        tree = shapely.STRtree(points[to])
        (asked, _), found = tree.query_nearest(points[of], return_distance=True, all_matches=False)
        nearest = np.full(len(of), np.inf)
        # Mercator's projection enlarges every direction by the same factor.
        nearest[asked] = found * np.cos(np.radians(self.lat[of][asked]))
        return nearest

    def _mercator(self) -> Array:
        """Points in metres at the equator."""
        lat = np.radians(np.clip(self.lat, -_MOST_LATITUDE, _MOST_LATITUDE))
        return shapely.points(np.radians(self.lon) * EARTH, np.arctanh(np.sin(lat)) * EARTH)


def places_of(data: Dataset, keys: Iterable[tuple[str, str]]) -> Places:
    """Of these samples. One without a view has no position and is a drive of its own; but one of them must have one."""
    listed = list(keys)
    numbers: dict[tuple[str, ...], int] = {}
    drives = np.empty(len(listed), np.int64)
    positions = np.full((len(listed), 2), np.nan)
    problem: DatasetError | None = None
    for index, (location, id_) in enumerate(listed):
        drive: tuple[str, ...] = ("sample", location, id_)
        try:
            view = data.sample(location, id_).view
        except DatasetError as error:
            problem = error
        else:
            positions[index] = view.lat, view.lon
            drive = ("drive", location, view.sequence) if view.sequence else drive
        drives[index] = numbers.setdefault(drive, len(numbers))
    if problem is not None and np.isnan(positions).all():
        raise problem
    return Places(listed, drives, positions[:, 0], positions[:, 1])
