# SPDX-License-Identifier: Apache-2.0
"""Photos that the tests take themselves: rows of metadata, their files, and the tables that the stages leave."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars as pl

from offline_tools.curate.tables import METADATA, write_table

#: Within the map of tests.offline_tools.rendering.places.
LAT, LON = 48.005, 2.005


def rotation(heading: float, pitch: float = 0.0, roll: float = 0.0) -> list[float]:
    """World -> camera as angle and axis; degrees: clockwise from north, down, the right side up."""
    h, p, r = (math.radians(angle) for angle in (heading, pitch, roll))
    ahead = np.array([math.sin(h) * math.cos(p), math.cos(h) * math.cos(p), -math.sin(p)])
    level_right = np.array([math.cos(h), -math.sin(h), 0])
    level_down = np.cross(ahead, level_right)
    right = math.cos(r) * level_right - math.sin(r) * level_down
    to_camera = np.stack([right, np.cross(ahead, right), ahead])
    return [float(value) for value in cv2.Rodrigues(to_camera)[0].ravel()]


def photo(id_: str = "1", heading: float = 30.0, **changes: Any) -> dict[str, Any]:
    """A row of METADATA of a photo that everything can be made of."""
    row = {
        **dict.fromkeys(METADATA),
        "id": id_,
        "width": 320,
        "height": 240,
        "captured_at": 1_600_000_000_000 + int(id_) * 1000 if id_.isdecimal() else 0,
        "compass_angle": heading,
        "sequence": "drive",
        "thumb_2048_url": f"https://photos.example/{id_}.jpg",
        "camera_type": "perspective",
        "camera_parameters": [0.8, 0.0, 0.0],
        "make": "apple",
        "model": "iphone11",
        "exif_orientation": 1.0,
        "computed_altitude": 2.0,
        "computed_compass_angle": heading,
        "computed_rotation": rotation(heading),
        "computed_geometry.coordinates": [LON, LAT],
        "computed_geometry.long": LON,
        "computed_geometry.lat": LAT,
        "geometry.coordinates": [LON, LAT],
        "geometry.long": LON,
        "geometry.lat": LAT,
        "creator.username": "anna",
        "creator.id": "11",
        "sfm_cluster.id": "77",
    }
    return {**row, **changes}


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(METADATA))


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, table(*rows))
    return path


def write_photo(folder: Path, id_: str, width: int = 320, height: int = 240) -> Path:
    """A picture with a ramp from left to right and from top to bottom."""
    folder.mkdir(parents=True, exist_ok=True)
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width)[None]
    image[..., 1] = np.linspace(0, 255, height)[:, None]
    path = folder / f"{id_}.jpg"
    assert cv2.imwrite(str(path), image)
    return path
