# SPDX-License-Identifier: Apache-2.0
"""Gravity: which way is down, seen by the camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import Array, FloatArray
from mia_ros.errors import GravityError


@dataclass(frozen=True)
class Gravity:
    """Unit vector of gravity's direction (down) in the camera optical frame: x right, y down, z forward.

    A level camera sees (0, 1, 0). `pitch` > 0 looks down; `roll` > 0: the camera's right side is up. Radians.
    Make one with from_vector, from_roll_pitch or from_quaternion.
    """

    x: float
    y: float
    z: float

    def __post_init__(self) -> None:
        norm = math.sqrt(self.x**2 + self.y**2 + self.z**2)
        if not abs(norm - 1) < 1e-6:
            raise GravityError(f"gravity: ({self.x}, {self.y}, {self.z}) is not of length 1; use Gravity.from_vector")

    @classmethod
    def from_vector(cls, vector: Sequence[float] | Array) -> Gravity:
        """From a vector that points down in the camera optical frame, of any length but 0."""
        values = np.asarray(vector, np.float64)
        if values.shape != (3,):
            raise GravityError(f"gravity vector: shape {values.shape}, want 3 numbers x, y, z")
        if not np.isfinite(values).all():
            raise GravityError(f"gravity vector: {values.tolist()} is not finite")
        largest = float(np.abs(values).max())
        if largest == 0:
            raise GravityError("gravity vector: its length is 0, so it points nowhere; is the IMU publishing?")
        values = values / largest
        x, y, z = (values / np.linalg.norm(values)).tolist()
        return cls(x, y, z)

    @classmethod
    def from_roll_pitch(cls, roll: float, pitch: float) -> Gravity:
        """From the camera's roll and pitch, radians: roll in [-pi, pi], pitch in [-pi/2, pi/2]."""
        for name, angle, limit in (("roll", roll, math.pi), ("pitch", pitch, math.pi / 2)):
            if not abs(angle) <= limit + 1e-9:
                raise GravityError(f"{name}: {angle} is outside [-{limit:.4f}, {limit:.4f}] radians; is it in degrees?")
        return cls(-math.sin(roll) * math.cos(pitch), math.cos(roll) * math.cos(pitch), math.sin(pitch))

    @classmethod
    def from_quaternion(cls, x: float, y: float, z: float, w: float) -> Gravity:
        """From the orientation of the camera optical frame in a world whose z axis points up (ROS: ENU)."""
        return cls.from_vector(down_from_quaternion(x, y, z, w))

    @property
    def vector(self) -> FloatArray:
        """(3,) float64, unit length."""
        return np.array([self.x, self.y, self.z])

    @property
    def roll(self) -> float:
        """Radians; > 0: the camera's right side is up."""
        return math.atan2(-self.x, self.y)

    @property
    def pitch(self) -> float:
        """Radians; > 0: the camera looks down."""
        return math.asin(max(-1.0, min(1.0, self.z)))

    def rotation(self) -> FloatArray:
        """(3, 3): takes a vector of the level camera frame to the camera optical frame, without a turn about down."""
        return _rotation_z(self.roll) @ _rotation_x(self.pitch)

    def seen_from(self, rotation: Array) -> Gravity:
        """The same direction in another frame; `rotation` (3, 3) takes vectors of this frame to that one."""
        return Gravity.from_vector(np.asarray(rotation, np.float64) @ self.vector)

    def turned(self, degrees: int) -> Gravity:
        """As the camera sees it after its image is turned clockwise by 0, 90, 180 or 270 degrees."""
        x, y = self.x, self.y
        for _ in range(degrees // 90 % 4):
            x, y = -y, x
        return Gravity(x, y, self.z)

    def angle_to(self, other: Gravity) -> float:
        """Angle between the two directions, radians."""
        cross = np.cross(self.vector, other.vector)
        return math.atan2(float(np.linalg.norm(cross)), float(self.vector @ other.vector))


#: A camera that stands level.
LEVEL = Gravity(0.0, 1.0, 0.0)


def down_from_quaternion(x: float, y: float, z: float, w: float) -> FloatArray:
    """Down, (3,) unit, in the axes of a body whose orientation in a z-up world is the quaternion."""
    return -rotation_from_quaternion(x, y, z, w)[2]


def rotation_from_quaternion(x: float, y: float, z: float, w: float) -> FloatArray:
    """(3, 3) rotation of a quaternion; with that of a ROS transform, it takes vectors of the child to the parent."""
    x, y, z, w = _unit_quaternion(x, y, z, w)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def check_rotation(rotation: Array) -> FloatArray:
    """(3, 3) float64; refuses what is no rotation."""
    matrix = np.asarray(rotation, np.float64)
    if matrix.shape != (3, 3):
        raise GravityError(f"imu_to_camera: shape {matrix.shape}, want a (3, 3) rotation")
    if not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-4) or np.linalg.det(matrix) < 0:
        raise GravityError(f"imu_to_camera: {matrix.tolist()} is no rotation (orthonormal, determinant +1)")
    return matrix


def _unit_quaternion(x: float, y: float, z: float, w: float) -> tuple[float, float, float, float]:
    norm = math.sqrt(x * x + y * y + z * z + w * w)
    if not math.isfinite(norm) or norm == 0:
        raise GravityError(f"quaternion: ({x}, {y}, {z}, {w}) is no orientation")
    return x / norm, y / norm, z / norm, w / norm


def _rotation_x(angle: float) -> FloatArray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _rotation_z(angle: float) -> FloatArray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
