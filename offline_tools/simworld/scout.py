# SPDX-License-Identifier: Apache-2.0
"""The scout: finds shots around a place that make sense, with their true maps."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.errors import SimulationError
from offline_tools.osm.frame import SIZE
from offline_tools.simworld.shots import Shot, drawn_shot
from offline_tools.simworld.spots import District
from offline_tools.simworld.truth import Drawing, training_cells

_TRIES = 40
_BUILDING = CHANNEL_INDEX["building"]
#: Pixels of a mask around the ego in which no building may stand: half a metre each way.
_CLEAR = slice(SIZE // 2 - 1, SIZE // 2 + 1)


class Scout:
    """Finds shots in a district, not farther than its reach from a place."""

    def __init__(self, drawing: Drawing, district: District, centre: FloatArray, reach: float = 140.0) -> None:
        self._drawing = drawing
        self._district = district
        self._centre = centre
        self._reach = reach

    def shot(self, random: np.random.Generator, camera: Camera | None = None) -> tuple[Shot, UInt8Array]:
        """A shot from outside of buildings with something mapped ahead, and its mask (224, 224, 9)."""
        for _ in range(_TRIES):
            spot = self._district.spot(random)
            shot = drawn_shot(spot, self._district.frame, random, camera)
            if np.hypot(spot.x - self._centre[0], spot.y - self._centre[1]) > self._reach:
                continue
            mask = self._drawing.mask((shot.lat, shot.lon, shot.heading_deg))
            if not mask[_CLEAR, _CLEAR, _BUILDING].any() and training_cells(mask).any():
                return shot, mask
        lat, lon = self._district.frame.to_globe(*self._centre)
        raise SimulationError(f"around latitude {lat:.5f}, longitude {lon:.5f}: no free place for a picture")
