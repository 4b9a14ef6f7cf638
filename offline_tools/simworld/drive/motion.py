# SPDX-License-Identifier: Apache-2.0
"""Motion: position and attitude of the body as functions of time, with the derivatives that an IMU feels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.simworld.drive.mounting import euler_rotations
from offline_tools.simworld.drive.spline import UniformSpline


@dataclass(frozen=True, eq=False)
class Motion:
    """Of base_link in the world (x east, y north, z up; metres): a spline over x, y, z, roll, pitch, yaw.

    All below comes from the one spline, analytically, so that angular rate and acceleration agree with the poses.
    """

    spline: UniformSpline

    def position(self, times: FloatArray) -> FloatArray:
        """(T,) seconds -> (T, 3)."""
        return self.spline(times)[:, :3]

    def velocity(self, times: FloatArray) -> FloatArray:
        """(T, 3) in the world."""
        return self.spline(times, 1)[:, :3]

    def rotation(self, times: FloatArray) -> FloatArray:
        """(T, 3, 3): takes vectors of base_link to the world."""
        return euler_rotations(self.spline(times)[:, 3:])

    def yaw(self, times: FloatArray) -> FloatArray:
        """(T,) radians, counter-clockwise from east, without jumps."""
        return self.spline(times)[:, 5]

    def angular_velocity(self, times: FloatArray) -> FloatArray:
        """(T, 3) of the body against the world, in base_link."""
        angles, rates = self.spline(times)[:, 3:], self.spline(times, 1)[:, 3:]
        return _body_rates(angles, rates)

    def angular_acceleration(self, times: FloatArray) -> FloatArray:
        """(T, 3): how the angular velocity in base_link changes."""
        angles, rates = self.spline(times)[:, 3:], self.spline(times, 1)[:, 3:]
        return _body_rates(angles, self.spline(times, 2)[:, 3:]) + _turning_axes(angles, rates)

    def position_of(self, times: FloatArray, point: FloatArray) -> FloatArray:
        """(T, 3): where a point (3,) of base_link is in the world."""
        return self.position(times) + self.rotation(times) @ point

    def acceleration_of(self, times: FloatArray, point: FloatArray) -> FloatArray:
        """(T, 3) in the world of a point (3,) of base_link."""
        turn, change = self.angular_velocity(times), self.angular_acceleration(times)
        swing = np.cross(change, point) + np.cross(turn, np.cross(turn, point))
        return self.spline(times, 2)[:, :3] + np.einsum("nij,nj->ni", self.rotation(times), swing)


def _body_rates(angles: FloatArray, rates: FloatArray) -> FloatArray:
    """Rates of roll, pitch, yaw -> angular velocity in the body's axes."""
    (cr, cp, _), (sr, sp, _) = np.cos(angles.T), np.sin(angles.T)
    roll, pitch, yaw = rates.T
    return np.stack([roll - yaw * sp, pitch * cr + yaw * cp * sr, -pitch * sr + yaw * cp * cr], 1)


def _turning_axes(angles: FloatArray, rates: FloatArray) -> FloatArray:
    """What the angular velocity changes by because the axes of the angles turn: d/dt of the factors above."""
    (cr, cp, _), (sr, sp, _) = np.cos(angles.T), np.sin(angles.T)
    roll, pitch, yaw = rates.T
    return np.stack(
        [
            -yaw * cp * pitch,
            -pitch * sr * roll + yaw * (cp * cr * roll - sp * sr * pitch),
            -pitch * cr * roll - yaw * (sp * cr * pitch + cp * sr * roll),
        ],
        1,
    )
