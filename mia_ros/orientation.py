# SPDX-License-Identifier: Apache-2.0
"""An IMU's own orientation: whether there is one, and whether it can be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mia_ros.gravity import down_from_quaternion
from mia_ros.triples import Vector, dot, length, vector

#: Believed while it differs from what accelerometer and gyroscope say by less than this (radians) plus 3 sigma.
MAX_DISAGREEMENT = math.radians(4)
#: Time constant of the mean difference, s; and how long it must be good again before it is believed again, s.
_MEMORY = 0.5
_PROBATION = 2.0
#: An orientation that stands still while the gyroscope turns by this much is frozen, radians.
_FROZEN_AFTER = math.radians(3)


def given_orientation(
    quaternion: Sequence[float], covariance: Sequence[float] = ()
) -> tuple[float, float, float, float] | None:
    """Quaternion (x, y, z, w) of a sensor_msgs/Imu, or None where the message says, one way or another, "absent".

    Absent is: covariance[0] = -1 (the definition), NaN, a quaternion that is not of unit length (all zero, usually), or
    the identity without a covariance, which drivers leave in place when they have nothing to say.
    """
    if len(covariance) > 0 and covariance[0] == -1:
        return None
    x, y, z, w = (float(value) for value in quaternion)
    if not abs(math.sqrt(x * x + y * y + z * z + w * w) - 1) < 0.05:
        return None
    if (x, y, z) == (0.0, 0.0, 0.0) and not any(covariance):
        return None
    return x, y, z, w


@dataclass(frozen=True, eq=False)
class OrientationTrust:
    """Compares the orientation with the tilt filter, sample by sample; immutable like the filter's state."""

    down: Vector | None = None
    believed: bool = False
    difference: float | None = None
    doubted_for: float = 0.0
    turned_unnoticed: float = 0.0
    quaternion: tuple[float, float, float, float] | None = None

    def after(
        self,
        quaternion: tuple[float, float, float, float] | None,
        down: Vector,
        sigma: float,
        rate: Vector,
        dt: float,
    ) -> OrientationTrust:
        """The trust after one more sample; `down`, `sigma`, `rate` are the tilt filter's, in the IMU's axes."""
        if quaternion is None:
            return OrientationTrust()
        own_down = vector(down_from_quaternion(*quaternion).tolist())
        unnoticed = self.turned_unnoticed + length(rate) * dt if quaternion == self.quaternion else 0.0
        difference = self._smoothed(_angle(own_down, down), dt)
        good = difference < MAX_DISAGREEMENT + 3 * sigma and unnoticed < _FROZEN_AFTER
        doubted_for = max(0.0, self.doubted_for - dt) if good else _PROBATION
        return OrientationTrust(own_down, good and doubted_for <= 0, difference, doubted_for, unnoticed, quaternion)

    def _smoothed(self, difference: float, dt: float) -> float:
        if self.difference is None:
            return difference
        keep = math.exp(-dt / _MEMORY)
        return keep * self.difference + (1 - keep) * difference


def _angle(a: Vector, b: Vector) -> float:
    return math.acos(max(-1.0, min(1.0, dot(a, b))))
