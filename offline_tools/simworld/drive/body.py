# SPDX-License-Identifier: Apache-2.0
"""How the body tilts and bobs: slopes, an uneven surface, kerbs, acceleration, springs, and steps of those who walk.

The scene is flat. A slope therefore tilts the body and does not lift it, and a kerb is a bump, not a step.
"""

from __future__ import annotations

import math

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.simworld.drive.path import Path
from offline_tools.simworld.drive.vehicles import Vehicle

_WAVES = 16
_SLOPES = (12.0, 60.0)  # wavelengths of the ground, metres
_KERB_LENGTH = 0.35  # scale of a kerb's bump along the path, metres
_KERB_HEIGHT = 0.015


class Unevenness:
    """A random height field z(x, y): a sum of waves, the same at the same place however it is reached."""

    def __init__(self, wavelengths: tuple[float, float], tilt_rms: float, random: np.random.Generator) -> None:
        lengths = np.exp(random.uniform(math.log(wavelengths[0]), math.log(wavelengths[1]), _WAVES))
        angles = random.uniform(0, 2 * np.pi, _WAVES)
        self._waves = 2 * np.pi / lengths * np.stack([np.cos(angles), np.sin(angles)])
        self._phases = random.uniform(0, 2 * np.pi, _WAVES)
        # Each wave tilts alike: rms over two axes of the sum is tilt_rms per axis.
        self._tilt = tilt_rms * 2 / np.sqrt(_WAVES)
        self._directions = np.stack([np.cos(angles), np.sin(angles)])
        self._heights = self._tilt * lengths / (2 * np.pi)

    def gradient(self, points: FloatArray) -> FloatArray:
        """(N, 2) metres -> (N, 2): slope towards x and y."""
        return np.asarray(-np.sin(points @ self._waves + self._phases) * self._tilt @ self._directions.T)

    def height(self, points: FloatArray, rms: float) -> FloatArray:
        """(N, 2) metres -> (N,) metres with the given root mean square."""
        raw = np.cos(points @ self._waves + self._phases) @ self._heights
        return np.asarray(raw * rms / np.sqrt((self._heights**2).sum() / 2))


def attitudes(
    path: Path, at: FloatArray, yaw: FloatArray, dt: float, vehicle: Vehicle, random: np.random.Generator
) -> FloatArray:
    """(T, 4): height (m), roll, pitch and a sway of the yaw (radians) at every `dt` seconds, at `at` m on the path."""
    points = path.spline(at)
    shape = _surface(points, yaw, vehicle, random) + _kerbs(path, at, vehicle, random)
    shape += _inertia(at, yaw, dt, vehicle)
    sprung = _springs(shape, dt, *vehicle.suspension)
    return np.concatenate([sprung, np.zeros((len(at), 1))], 1) + _steps(at, dt, vehicle, random)


def _surface(points: FloatArray, yaw: FloatArray, vehicle: Vehicle, random: np.random.Generator) -> FloatArray:
    """(T, 3): height, roll, pitch that follow the ground."""
    slope = Unevenness(_SLOPES, vehicle.slope_rms, random)
    bumps = Unevenness(vehicle.bumps, vehicle.bump_tilt_rms, random)
    gx, gy = (slope.gradient(points) + bumps.gradient(points)).T
    c, s = np.cos(yaw), np.sin(yaw)
    rise_ahead, rise_left = gx * c + gy * s, -gx * s + gy * c
    return np.stack([bumps.height(points, vehicle.bump_height_rms), rise_left, -rise_ahead], 1)


def _kerbs(path: Path, at: FloatArray, vehicle: Vehicle, random: np.random.Generator) -> FloatArray:
    """(T, 3): a short tilt where the ground changes between walkway and carriageway."""
    shape = np.zeros((len(at), 3))
    high = [ground in {"sidewalk", "path"} for _, ground in path.grounds]
    for k in range(1, len(high)):
        if high[k] == high[k - 1] or vehicle.kerb_tilt == 0:
            continue
        bump = np.exp(-0.5 * ((at - path.grounds[k][0]) / _KERB_LENGTH) ** 2)
        down = -1.0 if high[k] else 1.0
        strength, sideways = random.uniform(0.4, 1.0), random.normal(0, 0.3)
        shape += bump[:, None] * (_KERB_HEIGHT, vehicle.kerb_tilt * sideways, vehicle.kerb_tilt * strength * down)
    return shape


def _inertia(at: FloatArray, yaw: FloatArray, dt: float, vehicle: Vehicle) -> FloatArray:
    """(T, 3): the nose lifts when it speeds up, and the body leans out of a bend."""
    speed = np.gradient(at, dt)
    across = speed * np.gradient(yaw, dt)
    return np.stack([np.zeros(len(at)), vehicle.lean * across, -vehicle.squat * np.gradient(speed, dt)], 1)


def _springs(shape: FloatArray, dt: float, frequency: float, damping: float) -> FloatArray:
    """A damped spring between the ground's shape and the body, on every column."""
    stiffness, friction = (2 * np.pi * frequency) ** 2, 2 * damping * 2 * np.pi * frequency
    place, speed = shape[0].copy(), np.zeros(shape.shape[1])
    sprung = np.empty_like(shape)
    for k, target in enumerate(shape):
        speed = speed + dt * (stiffness * (target - place) - friction * speed)
        place = place + dt * speed
        sprung[k] = place
    return sprung


def _steps(at: FloatArray, dt: float, vehicle: Vehicle, random: np.random.Generator) -> FloatArray:
    """(T, 4): what walking does: up and down with each step, rolling and swaying with every second one."""
    if vehicle.step == 0:
        return np.zeros((len(at), 4))
    phase = 2 * np.pi * at / vehicle.step + random.uniform(0, 2 * np.pi)
    pace = np.minimum(np.gradient(at, dt) / vehicle.cruise, 1.2)
    sway = np.stack(
        [0.018 * np.cos(phase), 0.012 * np.sin(phase / 2), 0.010 * np.sin(phase + 0.7), 0.02 * np.cos(phase / 2)], 1
    )
    return np.asarray(sway * pace[:, None])
