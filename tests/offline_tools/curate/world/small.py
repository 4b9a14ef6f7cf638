# SPDX-License-Identifier: Apache-2.0
"""A world of two photos, for tests of a client: no simulator, no street map."""

from __future__ import annotations

import cv2
import numpy as np
import shapely

from tests.offline_tools.curate.world.world import World

_LON, _LAT = 12.001, 47.929


def small_world(photo: bytes | None = None) -> World:
    """Photos 1001 and 1002 of a sequence in tile 14/8738/5700; the second has no picture."""
    picture = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    return World(
        name="Hamlet",
        polygon=shapely.box(_LON - 0.002, _LAT - 0.002, _LON + 0.002, _LAT + 0.002),
        images={str(1001 + k): _image(1001 + k, _LON + k * 1e-4) for k in range(2)},
        photos={"1001": jpeg if photo is None else photo},
    )


def _image(id_: int, lon: float) -> dict:
    return {
        "id": str(id_),
        "sequence": "way",
        "captured_at": 1_622_541_600_000 + id_,
        "compass_angle": 90.5,
        "geometry": {"type": "Point", "coordinates": [lon, _LAT]},
        "creator": {"username": "nobody", "id": "5"},
        "is_pano": False,
    }
