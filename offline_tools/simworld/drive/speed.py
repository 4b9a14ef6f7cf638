# SPDX-License-Identifier: Apache-2.0
"""How fast along the path: slower in bends, with stops, within what the vehicle can do."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.simworld.drive.path import Path
from offline_tools.simworld.drive.spline import smoothed
from offline_tools.simworld.drive.vehicles import Vehicle

#: Standing before it sets off, s: estimators settle, as they do on a robot that was just switched on.
REST = 1.0
#: How gently the speed changes: the scale on which it is smoothed, s.
_SMOOTHING = 0.25
_CROSSING_SHARE = 0.85  # of the cruising speed, on a crossing
_BEFORE = 1.5  # metres from a crossing, or a junction, where one waits


def travelled(
    path: Path, vehicle: Vehicle, cruise: float, times: FloatArray, junctions: FloatArray, random: np.random.Generator
) -> FloatArray:
    """(T,) metres along the path at evenly spaced `times` (s); `junctions`: where on it other streets meet it."""
    step = path.spline.step
    limit = _limits(path, vehicle, cruise, random)
    stops = _stops(path, vehicle, junctions, random)
    for place, _ in stops:
        limit[min(int(place / step), len(limit) - 1)] = 0.0
    limit[0] = limit[-1] = 0.0
    speed = _reachable(limit, step, vehicle.acceleration, vehicle.braking)
    clock = _clock(speed, step, stops)
    at = np.interp(times, clock, step * np.arange(len(speed)))
    dt = float(times[1] - times[0])
    rates = np.diff(at, prepend=at[:1]) / dt
    smooth = np.maximum(smoothed(rates[:, None], _SMOOTHING / dt)[:, 0], 0.0)
    return np.minimum(np.cumsum(smooth) * dt, path.length)


def _limits(path: Path, vehicle: Vehicle, cruise: float, random: np.random.Generator) -> FloatArray:
    """The highest speed at every step of the path."""
    s = path.spline.step * np.arange(len(path.curvature))
    wave = np.sin(2 * np.pi * s / random.uniform(25, 60) / cruise + random.uniform(0, 2 * np.pi))
    limit = cruise * (1 + 0.1 * wave)
    bend = np.maximum(np.abs(path.curvature), 1e-6)
    limit = np.minimum(limit, np.minimum(np.sqrt(vehicle.lateral / bend), vehicle.turning / bend))
    for (start, ground), (stop, _) in zip(path.grounds, [*path.grounds[1:], (path.length, "path")], strict=True):
        if ground == "crossing":
            limit[(s >= start) & (s < stop)] *= _CROSSING_SHARE
    return np.asarray(limit)


def _stops(
    path: Path, vehicle: Vehicle, junctions: FloatArray, random: np.random.Generator
) -> list[tuple[float, float]]:
    """Where it waits, and for how long: before some crossings, or some junctions."""
    places = junctions if vehicle.on_roads else [s for s, ground in path.grounds if ground == "crossing"]
    share = 0.3 if vehicle.on_roads else 0.4
    stops = []
    for place in places:
        waits, seconds = random.random() < share, float(random.uniform(1.0, 4.0))
        where = place - _BEFORE - vehicle.length / 2
        if waits and where > 1.0:
            stops.append((where, seconds))
    return stops


def _reachable(limit: FloatArray, step: float, acceleration: float, braking: float) -> FloatArray:
    """The speed that keeps the limits with bounded acceleration and braking."""
    squares = (limit**2).tolist()
    for i in range(1, len(squares)):
        squares[i] = min(squares[i], squares[i - 1] + 2 * acceleration * step)
    for i in range(len(squares) - 2, -1, -1):
        squares[i] = min(squares[i], squares[i + 1] + 2 * braking * step)
    return np.sqrt(np.array(squares))


def _clock(speed: FloatArray, step: float, stops: list[tuple[float, float]]) -> FloatArray:
    """The time at every step of the path."""
    mean = np.maximum((speed[:-1] + speed[1:]) / 2, 0.02)
    clock = REST + np.concatenate([[0.0], np.cumsum(step / mean)])
    for place, seconds in stops:
        clock[min(int(place / step), len(speed) - 1) + 1 :] += seconds
    return clock
