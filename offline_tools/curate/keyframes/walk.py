# SPDX-License-Identifier: Apache-2.0
"""The walk along each sequence, compiled: rows in order of sequence and time, positions in metres, what is kept."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from mia_ros.arrays import BoolArray, FloatArray, IntArray

#: What became of a sequence.
WHOLE, TOO_FAR, CUT_SHORT = 0, 1, 2

_AXIS_M = 6_378_137.0  # WGS84
_FLATTENING = 1 / 298.257223563
_ECCENTRICITY2 = _FLATTENING * (2 - _FLATTENING)


@njit(cache=True)
def in_order(codes: IntArray, count: int, times: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows sorted by code and time, ties in the order of the table, and where each code starts among them.

    A code below 0 is left out. times: without NaN.
    """
    starts = np.zeros(count + 1, np.int64)
    for code in codes:
        if code >= 0:
            starts[code + 1] += 1
    starts = np.cumsum(starts)
    order = np.empty(starts[count], np.int64)
    free = starts[:-1].copy()
    for row in range(len(codes)):
        code = codes[row]
        if code >= 0:
            order[free[code]] = row
            free[code] += 1
    for code in range(count):
        rows = order[starts[code] : starts[code + 1]]
        for place in range(1, len(rows)):
            if times[rows[place]] < times[rows[place - 1]]:
                rows[:] = rows[np.argsort(times[rows], kind="mergesort")]
                break
    return order, starts


@njit(cache=True)
def walk(
    order: IntArray, starts: IntArray, places: FloatArray, origin: FloatArray, spacing_m: float, reach_m: float
) -> tuple[BoolArray, IntArray]:
    """Which places of `order` are kept, and what became of each sequence.

    places: (3, rows) longitude, latitude, degrees, and altitude, metres; origin: longitude, latitude, degrees.
    """
    kept = np.zeros(len(order), np.bool_)
    fates = np.zeros(len(starts) - 1, np.int64)
    base = _from_earths_centre(origin[0], origin[1], 0.0)
    for code in range(len(starts) - 1):
        first, end = starts[code], starts[code + 1]
        before, path = (0.0, 0.0, 0.0), 0.0
        for place in range(first, end):
            lon, lat, altitude = places[:, order[place]]
            known = not math.isnan(altitude)
            here = _east_north_up(lon, lat, altitude if known else 0.0, origin, base)
            if not _length(here) <= reach_m:  # nor if it is unknown
                fates[code] = TOO_FAR
                kept[first:end] = False
                break
            if place > first:
                path += _length((here[0] - before[0], here[1] - before[1], here[2] - before[2]))
            if not known:
                fates[code] = CUT_SHORT
                path = math.nan
            if place == first or path >= spacing_m:
                kept[place] = True
                path = 0.0 if known else math.nan
            before = here
    return kept, fates


@njit(cache=True)
def _length(step: tuple[float, float, float]) -> float:
    return math.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])


@njit(cache=True)
def _east_north_up(
    lon: float, lat: float, altitude: float, origin: FloatArray, base: tuple[float, float, float]
) -> tuple[float, float, float]:
    point = _from_earths_centre(lon, lat, altitude)
    x, y, z = point[0] - base[0], point[1] - base[1], point[2] - base[2]
    meridian, parallel = math.radians(origin[0]), math.radians(origin[1])
    outwards = math.cos(meridian) * x + math.sin(meridian) * y
    east = math.cos(meridian) * y - math.sin(meridian) * x
    north = math.cos(parallel) * z - math.sin(parallel) * outwards
    return east, north, math.cos(parallel) * outwards + math.sin(parallel) * z


@njit(cache=True)
def _from_earths_centre(lon: float, lat: float, altitude: float) -> tuple[float, float, float]:
    meridian, parallel = math.radians(lon), math.radians(lat)
    bend = _AXIS_M / math.sqrt(1 - _ECCENTRICITY2 * math.sin(parallel) ** 2)
    out = (bend + altitude) * math.cos(parallel)
    height = (bend * (1 - _ECCENTRICITY2) + altitude) * math.sin(parallel)
    return out * math.cos(meridian), out * math.sin(meridian), height
