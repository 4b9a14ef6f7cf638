# SPDX-License-Identifier: Apache-2.0
"""What wheels and satellites say of the motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.simworld.drive.motion import Motion
from offline_tools.simworld.frame import LocalFrame

#: Wheel odometry: one sigma of the error of scale, of the yaw's scale, of the yaw rate (rad/s), and noise of the speed.
_SCALE, _YAW_SCALE, _YAW_DRIFT, _SPEED_NOISE = 0.01, 0.015, 0.002, 0.01
#: A satellite fix errs for a while in the same direction: time constant, s; and the share of the error that is white.
_MEMORY, _WHITE = 30.0, 0.2


@dataclass(frozen=True, eq=False)
class Odometry:
    """Dead reckoning in the plane from the start, x forward there: stamps (N,) ns, position (N, 2) m, yaw, speeds."""

    stamps: IntArray
    position: FloatArray
    yaw: FloatArray
    speed: FloatArray
    yaw_rate: FloatArray


@dataclass(frozen=True, eq=False)
class Fixes:
    """Satellite fixes: stamps (N,) ns, degrees, metres; sigma: of the error in the plane, metres."""

    stamps: IntArray
    lat: FloatArray
    lon: FloatArray
    height: FloatArray
    sigma: float


def odometry(motion: Motion, times: FloatArray, stamps: IntArray, random: np.random.Generator) -> Odometry:
    """What the wheels measure at `times` (s), summed up."""
    yaw = motion.yaw(times)
    velocity = motion.velocity(times)
    speed = velocity[:, 0] * np.cos(yaw) + velocity[:, 1] * np.sin(yaw)
    moving = np.abs(speed) > 0.01
    speed = speed * (1 + random.normal(0, _SCALE)) + random.normal(0, _SPEED_NOISE, len(times)) * moving
    rate = np.gradient(yaw, times) * (1 + random.normal(0, _YAW_SCALE)) + random.normal(0, _YAW_DRIFT) * moving
    dt = np.diff(times, prepend=times[:1])
    heading = np.cumsum(rate * dt)
    middle = heading - rate * dt / 2
    steps = (speed * dt)[:, None] * np.stack([np.cos(middle), np.sin(middle)], 1)
    return Odometry(stamps, np.cumsum(steps, 0), heading, speed, rate)


def fixes(
    motion: Motion, times: FloatArray, stamps: IntArray, sigma: float, frame: LocalFrame, random: np.random.Generator
) -> Fixes:
    """Where satellites say base_link is; `sigma` metres in the plane, twice that in height."""
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    keep = np.exp(-step / _MEMORY)
    wander = np.empty((len(times), 3))
    wander[0] = random.normal(size=3)
    shocks = random.normal(size=(len(times), 3)) * np.sqrt(1 - keep**2)
    for k in range(1, len(times)):
        wander[k] = keep * wander[k - 1] + shocks[k]
    white = random.normal(size=(len(times), 3))
    error = sigma * (np.sqrt(1 - _WHITE**2) * wander + _WHITE * white) * (1.0, 1.0, 2.0)
    x, y, z = (motion.position(times) + error).T
    lat, lon = frame.to_globe(x, y)
    return Fixes(stamps, lat, lon, z, sigma)
