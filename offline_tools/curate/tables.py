# SPDX-License-Identifier: Apache-2.0
"""The tables of curated photos: their columns and types, written whole and the same each time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.dataset.files import write_whole
from offline_tools.errors import DatasetError

Schema: TypeAlias = Mapping[str, Any]

_NUMBERS = pl.List(pl.Float64)

#: Photos as a vector tile tells of them: where they were taken by their own GPS.
POINTS: Schema = {
    "id": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "sequence": pl.String,
    "captured_at": pl.Int64,  # milliseconds since 1970
    "compass_angle": pl.Float64,
    "is_pano": pl.Boolean,
    "tile": pl.String,  # z/x/y
}

#: What is known of a photo; a dot stands for one mapping inside another in the server's answer.
METADATA: Schema = {
    "id": pl.String,
    "height": pl.Int64,
    "width": pl.Int64,
    "captured_at": pl.Int64,
    "compass_angle": pl.Float64,
    "altitude": pl.Float64,
    "sequence": pl.String,
    "thumb_2048_url": pl.String,
    "thumb_original_url": pl.String,
    "is_pano": pl.Boolean,
    "camera_type": pl.String,
    "camera_parameters": _NUMBERS,
    "make": pl.String,
    "model": pl.String,
    "exif_orientation": pl.Float64,
    "quality_score": pl.Float64,
    "computed_altitude": pl.Float64,
    "computed_compass_angle": pl.Float64,
    "computed_rotation": _NUMBERS,
    "geometry.coordinates": _NUMBERS,
    "creator.username": pl.String,
    "creator.id": pl.String,
    "computed_geometry.coordinates": _NUMBERS,
    "sfm_cluster.id": pl.String,
    "sfm_cluster.url": pl.String,
    "geometry.long": pl.Float64,
    "geometry.lat": pl.Float64,
    "computed_geometry.long": pl.Float64,
    "computed_geometry.lat": pl.Float64,
}

#: Pinhole pictures made of photos: one of each, or four of a spherical one. A photo that gave none has a problem.
VIEWS: Schema = {
    "id": pl.String,  # the photo's
    "view_id": pl.String,  # the sample's: the photo's id, with a suffix where it gave several
    "width": pl.Int64,
    "height": pl.Int64,
    "focal": pl.Float64,  # pixels; the principal point is the picture's middle
    "covered": pl.Float64,  # share of the picture that the photo fills
    "rotation": _NUMBERS,  # 9 numbers, row by row: from the photo's optical frame to the view's
    "problem": pl.String,
}


def empty(schema: Schema) -> pl.DataFrame:
    """A table without rows."""
    return pl.DataFrame(schema=dict(schema))


def conform(frame: pl.DataFrame, schema: Schema, where: str) -> pl.DataFrame:
    """With exactly the columns and types of a schema, in its order; columns beyond it are left out."""
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise DatasetError(f"{where}: no column '{missing[0]}'; it has {', '.join(frame.columns)[:200] or 'none'}")
    try:
        return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{where}: {' '.join(str(error).split())[:200]}") from error


def write_table(path: Path, frame: pl.DataFrame) -> None:
    """Whole or not at all; equal tables give equal files."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, statistics=True)
    write_whole(path, buffer.getvalue())


def read_table(path: Path, schema: Schema) -> pl.DataFrame:
    """A table that was written with such columns."""
    with reading(str(path)):
        found = pl.read_parquet(path)
    return conform(found, schema, str(path))
