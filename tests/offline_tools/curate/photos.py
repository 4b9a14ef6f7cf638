# SPDX-License-Identifier: Apache-2.0
"""Tables of photos that every filter keeps, to change one thing at a time."""

from __future__ import annotations

from typing import Any

import polars as pl

GOOD: dict[str, Any] = {
    "id": "1",
    "sequence": "a",
    "captured_at": 1_600_000_000_000,
    "thumb_2048_url": "https://photos.example/1.jpg",
    "sfm_cluster.id": "7",
    "model": "iphone11",
    "camera_type": "perspective",
    "exif_orientation": 1.0,
    "quality_score": 0.9,
    "compass_angle": 90.0,
    "computed_compass_angle": 90.0,
    "geometry.long": 2.0,
    "geometry.lat": 48.0,
    "computed_geometry.coordinates": [2.0, 48.0],
    "computed_geometry.long": 2.0,
    "computed_geometry.lat": 48.0,
    "computed_altitude": 1.5,
}


def photos(*changes: dict[str, Any]) -> pl.DataFrame:
    """A photo for each change of the good one, with the ids 0, 1, ..., where the change has none."""
    rows = [{**GOOD, "id": str(number), **change} for number, change in enumerate(changes)]
    return pl.DataFrame(rows, infer_schema_length=None)
