# SPDX-License-Identifier: Apache-2.0
"""The way that satellite fixes alone tell: smooth, as something moves that has a mass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.replay.trajectory.banded import solve_chain

#: Density of the acceleration's noise, m/s^2 per root Hz: people and slow vehicles.
_ACCELERATION = 0.5
#: No white noise is smaller than this, m; and than this share of a stated sigma.
_LEAST, _SHARE = 0.05, 0.1
_ROUNDS, _HUBER = 4, 3.0
#: Nodes of the way, s apart.
_STEP = 0.1
#: A gap of the fixes, s, over which nothing is said.
_GAP = 3.0


class SmoothTrack(NamedTuple):
    """stamps (N,) ns; place, velocity (N, 2) m, m/s."""

    stamps: IntArray
    place: FloatArray
    velocity: FloatArray


def smooth_track(stamps: IntArray, place: FloatArray, stated: FloatArray) -> SmoothTrack:
    """Of fixes (M,) ns, (M, 2) m, with their stated sigma (M,) m; two at least."""
    sigma = np.maximum(white_noise(place), np.maximum(_LEAST, _SHARE * stated))
    nodes, at = np.unique(np.concatenate([stamps, _grid(stamps)]), return_inverse=True)
    at = at[: len(stamps)]
    seconds = np.diff(nodes) * 1e-9
    diagonal, below = _inertia(seconds)
    weight = np.ones(len(stamps))
    for _ in range(_ROUNDS):
        state = _solved(diagonal, below, at, place, weight / sigma**2)
        away = np.hypot(*(place - state[at, 0]).T) / sigma
        weight = np.minimum(1.0, _HUBER / np.maximum(away, 1e-9))
    known = _near(nodes, stamps)
    return SmoothTrack(nodes[known], state[known, 0], state[known, 1])


def white_noise(place: FloatArray) -> float:
    """One standard deviation of one axis, m, from how fixes leave the line through their neighbours."""
    if len(place) < 3:
        return 0.0
    second = place[2:] - 2 * place[1:-1] + place[:-2]
    return float(1.4826 * np.median(np.abs(second)) / np.sqrt(6))


def _grid(stamps: IntArray) -> IntArray:
    return np.arange(int(stamps[0]), int(stamps[-1]), round(_STEP * 1e9), dtype=np.int64)


def _near(nodes: IntArray, stamps: IntArray) -> IntArray:
    """Nodes that do not lie in a gap of the fixes."""
    index = np.searchsorted(stamps, nodes).clip(1, len(stamps) - 1)
    inside = np.diff(stamps)[index - 1] <= _GAP * 1e9
    return np.flatnonzero(inside | np.isin(nodes, stamps))


def _inertia(seconds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Blocks of what ties (place, velocity) to the next: white noise of acceleration, integrated."""
    dt = np.maximum(seconds, 1e-4)
    inverse = np.empty((len(dt), 2, 2))
    inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1] = 12 / dt**3, -6 / dt**2, 4 / dt
    inverse[:, 1, 0] = inverse[:, 0, 1]
    inverse /= _ACCELERATION**2
    forward = np.tile(np.eye(2), (len(dt), 1, 1))
    forward[:, 0, 1] = dt
    diagonal = np.zeros((len(dt) + 1, 2, 2))
    diagonal[1:] += inverse
    diagonal[:-1] += np.swapaxes(forward, 1, 2) @ inverse @ forward
    return diagonal, -inverse @ forward


def _solved(diagonal: FloatArray, below: FloatArray, at: IntArray, place: FloatArray, weight: FloatArray) -> FloatArray:
    """(N, 2, 2): place and velocity of both axes."""
    held, right = diagonal.copy(), np.zeros((len(diagonal), 2, 2))
    held[at, 0, 0] += weight
    right[at, 0] += place * weight[:, None]
    held[:, 1, 1] += 1e-6  # two fixes at one place leave the speed open
    return solve_chain(held, below, right)
