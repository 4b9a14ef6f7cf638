# SPDX-License-Identifier: Apache-2.0
"""Where a sensor sits on the body. base_link is on the ground under the body: x forward, y left, z up (REP 103)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray

#: The optical axes (x right, y down, z forward) of a camera that looks ahead, as columns in x forward, y left, z up.
CAMERA_AXES = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True)
class Mount:
    """Position in base_link, metres, and attitude, radians: pitch > 0 looks down, yaw > 0 to the left, roll > 0 lifts
    the left side. All 0: forward, level."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0

    @property
    def position(self) -> FloatArray:
        """(3,) metres."""
        return np.array([self.x, self.y, self.z])

    @property
    def rotation(self) -> FloatArray:
        """(3, 3): takes vectors of the sensor's body axes (x forward, y left, z up) to base_link."""
        return euler_rotations(np.array([[self.roll, self.pitch, self.yaw]]))[0]

    @property
    def optical(self) -> FloatArray:
        """(3, 3): takes vectors of a camera's optical frame to base_link."""
        return np.asarray(self.rotation @ CAMERA_AXES)


def euler_rotations(angles: FloatArray) -> FloatArray:
    """(N, 3) roll, pitch, yaw -> (N, 3, 3) about z, then y, then x, each about the turned axis: body to world."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(angles.T), np.sin(angles.T)
    rotations = np.empty((len(angles), 3, 3))
    rotations[:, 0] = np.stack([cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr], 1)
    rotations[:, 1] = np.stack([sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr], 1)
    rotations[:, 2] = np.stack([-sp, cp * sr, cp * cr], 1)
    return rotations


def drawn_camera(height: tuple[float, float], forward: tuple[float, float], random: np.random.Generator) -> Mount:
    """A camera somewhere on the body, tilted as people mount them: mostly a little downwards, seldom quite straight."""
    return Mount(
        x=round(float(random.uniform(*forward)), 3),
        y=round(float(random.normal(0, 0.05)), 3),
        z=round(float(random.uniform(*height)), 3),
        roll=math.radians(round(float(random.normal(0, 1.0)), 2)),
        pitch=math.radians(round(float(random.normal(5.0, 5.0)), 2)),
        yaw=math.radians(round(float(random.normal(0, 2.0)), 2)),
    )
