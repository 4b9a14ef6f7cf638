# SPDX-License-Identifier: Apache-2.0
"""Key frames of each sequence: the first photo, then one whenever the path since the last one is long enough.

What is held of a row is six numbers, 48 bytes, whatever the table has: 100 million rows take 5 GB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.curate.filters import Columns, Table, open_table
from offline_tools.curate.filters.columns import reading, refuse_empty
from offline_tools.curate.keyframes.walk import CUT_SHORT, TOO_FAR, in_order, walk
from offline_tools.errors import DatasetError

SPACING_M = 4.0
#: A sequence with a photo that is farther from the origin is left out as a whole.
REACH_M = 50_000.0

Origin = tuple[float, float]


@dataclass(frozen=True)
class Selection:
    """Rows of the table that are key frames, in order of sequence and time, and what was left out.

    rows: (n,) int64, counted from 0; without_sequence: rows that belong to none; too_far: sequences that are left out
    for a photo far from the origin or without position; cut_short: sequences of which nothing is kept behind a photo
    without altitude.
    """

    rows: IntArray
    sequences: int
    without_sequence: int
    too_far: int
    cut_short: int


def keyframes(table: Table, origin: Origin | None = None, *, spacing_m: float = SPACING_M) -> list[str]:
    """Ids of the key frames, in order of sequence and time; origin: (longitude, latitude), else the table's centre."""
    selection = select(table, origin, spacing_m=spacing_m)
    frame, columns = open_table(table)
    with reading(columns.where):
        ids = frame.select(columns.key("id").alias("id")).collect(engine="streaming")["id"]
    return ids.gather(selection.rows).to_list()


def select(
    table: Table, origin: Origin | None = None, *, spacing_m: float = SPACING_M, reach_m: float = REACH_M
) -> Selection:
    """The same as rows, with what was left out. None kept at all is a mistake, and said."""
    if not (math.isfinite(spacing_m) and spacing_m > 0):
        raise DatasetError(f"key frames: a spacing of {spacing_m} m: want more than 0")
    frame, columns = open_table(table)
    names = _sequences(frame, columns)
    codes, times, places = _numbers(frame, columns, names)
    refuse_empty(len(codes), columns.where)
    centre = _centre(places, columns.where) if origin is None else _checked(origin)
    order, starts = in_order(codes, len(names), times)
    kept, fates = walk(order, starts, places, np.array(centre), spacing_m, reach_m)
    if not kept.any():
        raise DatasetError(_why_none(len(names), centre, reach_m, columns.where))
    return Selection(
        rows=order[kept],
        sequences=len(names),
        without_sequence=len(codes) - len(order),
        too_far=int((fates == TOO_FAR).sum()),
        cut_short=int((fates == CUT_SHORT).sum()),
    )


def _sequences(frame: pl.LazyFrame, columns: Columns) -> pl.Series:
    """Names of the sequences, sorted."""
    with reading(columns.where):
        names = frame.select(columns.key("sequence").alias("name")).unique().collect(engine="streaming")["name"]
    return names.drop_nulls().sort()


def _numbers(frame: pl.LazyFrame, columns: Columns, names: pl.Series) -> tuple[IntArray, FloatArray, FloatArray]:
    """Of each row its sequence's number (-1: none), time, and place as (3, rows) with NaN where it is unknown."""
    code = columns.key("sequence").cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1)
    wanted = {
        "time": columns.number("captured_at").fill_null(math.inf),
        "lon": columns.number("computed_geometry.long").fill_null(math.nan),
        "lat": columns.number("computed_geometry.lat").fill_null(math.nan),
        "altitude": columns.number("computed_altitude").fill_null(math.nan),
    }
    with reading(columns.where):
        found = frame.select(code.alias("code"), **wanted).collect(engine="streaming")
    places = np.stack([found[name].to_numpy() for name in ("lon", "lat", "altitude")])
    # Writable or not is part of the type that the walk is compiled for.
    return found["code"].to_numpy(writable=True), found["time"].to_numpy(writable=True), places


def _centre(places: FloatArray, where: str) -> Origin:
    """Of the box around all positions, over the antimeridian where that is the shorter way."""
    known = ~np.isnan(places[:2]).any(axis=0)
    if not known.any():
        raise DatasetError(f"{where}: no row has a position in computed_geometry.long and .lat")
    lon, lat = places[0, known], places[1, known]
    if np.ptp(lon) > 180:
        lon = lon % 360
    middle = (lon.min() + lon.max()) / 2
    return float((middle + 180) % 360 - 180), float((lat.min() + lat.max()) / 2)


def _checked(origin: Origin) -> Origin:
    lon, lat = origin
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise DatasetError(f"key frames: origin ({lon}, {lat}): want longitude and latitude, in this order, degrees")
    return float(lon), float(lat)


def _why_none(sequences: int, origin: Origin, reach_m: float, where: str) -> str:
    if sequences == 0:
        return f"{where}: no row has a sequence, and key frames are chosen along sequences"
    return (
        f"{where}: each of the {sequences} sequences has a photo without a position or more than {reach_m / 1000:g} km "
        f"from the origin, longitude {origin[0]:g}, latitude {origin[1]:g}; is the origin right?"
    )
