# SPDX-License-Identifier: Apache-2.0
"""Shots: a camera somewhere in a map, held as people and robots hold theirs. Drawn from wide ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.spots import Spot

HEIGHTS = (0.6, 2.2)  # metres
FIELDS = (48.0, 105.0)  # degrees across the longer side
LONGER_SIDE = 512  # pixels, as the published images have
_SHAPES = ((4, 3), (4, 3), (16, 9), (16, 9), (3, 2), (1, 1), (3, 4))
#: One sigma and the largest, degrees. Levelled frames of such cameras still hold enough picture.
_ROLL, _PITCH = (2.5, 10.0), (5.0, 16.0)
_LOOKS_DOWN = 2.5  # degrees, in the mean
#: How far one looks off the way, one sigma in degrees, and how often; else anywhere.
_GAZES = ((10.0, 0.7), (40.0, 0.2))


@dataclass(frozen=True)
class Shot:
    """Degrees; `heading_deg` clockwise from north, of the optical axis on the ground. Radians: roll and pitch, signs
    as in Gravity. `height` is metres above the ground."""

    camera: Camera
    lat: float
    lon: float
    heading_deg: float
    height: float
    roll: float
    pitch: float

    @property
    def gravity(self) -> Gravity:
        """Down, as the camera sees it."""
        return Gravity.from_roll_pitch(self.roll, self.pitch)

    @property
    def rotation(self) -> FloatArray:
        """(3, 3): takes vectors of the optical frame to the world, east, north, up."""
        heading = math.radians(self.heading_deg)
        sin, cos = math.sin(heading), math.cos(heading)
        level = np.array([[cos, 0.0, sin], [-sin, 0.0, cos], [0.0, -1.0, 0.0]])
        return np.asarray(level @ self.gravity.rotation().T)

    def position(self, frame: LocalFrame) -> FloatArray:
        """(3,) metres in a frame."""
        x, y = frame.to_metres(self.lat, self.lon)
        return np.array([float(x), float(y), self.height])


def drawn_shot(spot: Spot, frame: LocalFrame, random: np.random.Generator, camera: Camera | None = None) -> Shot:
    """A camera, this one or any, at a spot, mostly looking along the way."""
    lat, lon = frame.to_globe(spot.x, spot.y)
    heading = 90.0 - math.degrees(spot.direction) + _gaze(random)
    return Shot(
        camera=camera or drawn_camera(random),
        lat=round(float(lat), 8),
        lon=round(float(lon), 8),
        heading_deg=round(heading % 360, 4) % 360,
        height=round(float(random.uniform(*HEIGHTS)), 3),
        roll=math.radians(_bounded(random, 0.0, *_ROLL)),
        pitch=math.radians(_bounded(random, _LOOKS_DOWN, *_PITCH)),
    )


def drawn_camera(random: np.random.Generator) -> Camera:
    """A pinhole."""
    across, down = _SHAPES[int(random.integers(len(_SHAPES)))]
    width, height = (round(LONGER_SIDE * side / max(across, down)) for side in (across, down))
    focal = LONGER_SIDE / 2 / math.tan(math.radians(float(random.uniform(*FIELDS))) / 2)
    off_x, off_y = random.normal(0, 0.006 * LONGER_SIDE, 2)
    return Camera(
        width, height, round(focal, 3), round(focal, 3), width / 2 - 0.5 + float(off_x), height / 2 - 0.5 + float(off_y)
    )


def _gaze(random: np.random.Generator) -> float:
    kind = random.random()
    for sigma, share in _GAZES:
        if kind < share:
            return float(random.normal(0, sigma))
        kind -= share
    return float(random.uniform(-180, 180))


def _bounded(random: np.random.Generator, mean: float, sigma: float, most: float) -> float:
    return round(float(np.clip(random.normal(mean, sigma), -most, most)), 3)
