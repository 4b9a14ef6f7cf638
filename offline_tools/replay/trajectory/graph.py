# SPDX-License-Identifier: Apache-2.0
"""Dead reckoning held to satellite fixes: the way that agrees best with both, each weighted by its noise.

Unknown at every reading of the odometry: x, y, yaw, the odometry's error of scale, and of its yaw rate. Both errors
wander slowly. What is left of the odometry's noise is white, and grows with the way. Gauss-Newton on the chain; a fix
that lies far off counts less (Huber), for satellites are seen by way of walls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.replay.trajectory.banded import solve_chain
from offline_tools.replay.trajectory.path import angles_between, turned

#: Noise of odometry: metres per root metre, per root radian, and at rest per root second.
_WAY, _SLIP, _REST = 0.004, 0.005, 0.001
#: Radians per root second, and per root radian.
_YAW, _TURN = 0.002, 0.015
#: Of the scale and of the yaw rate (rad/s): at first, and what they change by per root second.
_SCALE, _SCALE_WALK, _RATE, _RATE_WALK = 0.02, 0.001, 0.004, 0.0001
#: Of the start, where fixes are none: nearly unknown.
_ANYWHERE = 1e4
#: A step at more than this, m/s or rad/s, is a jump of the odometry.
_FASTEST, _QUICKEST = 60.0, 6.0
#: Slower, m/s: it stands, and the error of the yaw rate does not count.
_STANDS = 0.02
#: Residuals beyond so many sigma, and beyond so many metres, count less and less.
_HUBER, _HUBER_LEAST = 3.0, 0.1
_ROUNDS, _DONE = 25, 1e-4


@dataclass(frozen=True, eq=False)
class Steps:
    """Of an odometry with N poses, N - 1: moved (.., 2) in the body's axes, turned, seconds; and where it jumped."""

    moved: FloatArray
    turned: FloatArray
    seconds: FloatArray
    jumps: IntArray

    @classmethod
    def of(cls, stamps: IntArray, poses: FloatArray) -> Steps:
        """From stamps (N,) and poses (N, 3)."""
        seconds = np.diff(stamps) * 1e-9
        moved = turned(np.diff(poses[:, :2], axis=0), -poses[:-1, 2])
        turn = angles_between(poses[1:, 2], poses[:-1, 2])
        fast = (np.hypot(*moved.T) > _FASTEST * seconds) | (np.abs(turn) > _QUICKEST * seconds)
        return cls(moved, turn, seconds, np.flatnonzero(fast))


class Anchors(NamedTuple):
    """Fixes on the chain: each between nodes `node` and node + 1, at a share of the way; place (M, 2) m.

    sigma: (M,) that they are weighted by. scatter: (M,) that a good one lies within. lever: (M, 2) the antenna's
    place in the body's axes.
    """

    node: IntArray
    share: FloatArray
    place: FloatArray
    sigma: FloatArray
    scatter: FloatArray
    lever: FloatArray


class Solved(NamedTuple):
    """poses (N, 3); yaw_sigma: rad, in the middle; away (M, 2): fixes minus the antenna's place."""

    poses: FloatArray
    yaw_sigma: float
    away: FloatArray


def hold(steps: Steps, anchors: Anchors, first: FloatArray) -> Solved:
    """The best way; `first` (N, 3) is where to begin, of which the yaw must be about right."""
    state = np.concatenate([first, np.zeros((len(first), 2))], 1)
    for _ in range(_ROUNDS):
        diagonal, below, right = _equations(state, steps, anchors)
        change = solve_chain(diagonal, below, right[..., None])[..., 0]
        state += change
        if np.abs(change[:, :3]).max() < _DONE:
            break
    diagonal, below, _ = _equations(state, steps, anchors)
    return Solved(state[:, :3], _yaw_sigma(diagonal, below), _away(state, anchors))


def _yaw_sigma(diagonal: FloatArray, below: FloatArray) -> float:
    middle = len(diagonal) // 2
    unit = np.zeros((len(diagonal), 5, 1))
    unit[middle, 2] = 1.0
    return math.sqrt(float(solve_chain(diagonal, below, unit)[middle, 2, 0]))


def _equations(state: FloatArray, steps: Steps, anchors: Anchors) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The normal equations' blocks, and minus the gradient."""
    count = len(state)
    diagonal, below, right = np.zeros((count, 5, 5)), np.zeros((count - 1, 5, 5)), np.zeros((count, 5))
    every = np.arange(count - 1)
    _add((diagonal, below, right), every, *_step_terms(state, steps))
    _add((diagonal, below, right), anchors.node, *_anchor_terms(state, anchors))
    weak = np.array([_ANYWHERE, _ANYWHERE, _ANYWHERE, _SCALE, _RATE]) ** -2.0
    diagonal[0] += np.diag(weak)
    right[0, 3:] -= (weak * state[0])[3:]
    return diagonal, below, right


def _add(
    equations: tuple[FloatArray, FloatArray, FloatArray],
    node: IntArray,
    residual: FloatArray,
    here: FloatArray,
    there: FloatArray,
    weight: FloatArray,
) -> None:
    """Residuals (M, r) between node and node + 1, their derivatives (M, r, 5) by both, and weights (M, r)."""
    diagonal, below, right = equations
    for jacobian, at in ((here, node), (there, node + 1)):
        weighted = jacobian * weight[..., None]
        np.add.at(diagonal, at, np.einsum("mri,mrj->mij", weighted, jacobian))
        np.add.at(right, at, -np.einsum("mri,mr->mi", weighted, residual))
    np.add.at(below, node, np.einsum("mri,mrj->mij", there * weight[..., None], here))


def _step_terms(state: FloatArray, steps: Steps) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    here, there = state[:-1], state[1:]
    moves = np.hypot(*steps.moved.T) > _STANDS * steps.seconds
    seen = turned(there[:, :2] - here[:, :2], -here[:, 2])
    stretch = np.exp(here[:, 3])[:, None]
    residual = np.empty((len(here), 5))
    residual[:, :2] = seen - stretch * steps.moved
    residual[:, 2] = angles_between(there[:, 2], here[:, 2] + steps.turned - here[:, 4] * steps.seconds * moves)
    residual[:, 3:] = there[:, 3:] - here[:, 3:]
    by_here, by_there = np.zeros((2, len(here), 5, 5))
    c, s = np.cos(here[:, 2]), np.sin(here[:, 2])
    by_there[:, 0, 0], by_there[:, 0, 1], by_there[:, 1, 0], by_there[:, 1, 1] = c, s, -s, c
    by_here[:, :2, :2] = -by_there[:, :2, :2]
    by_here[:, 0, 2], by_here[:, 1, 2] = seen[:, 1], -seen[:, 0]
    by_here[:, :2, 3] = -stretch * steps.moved
    for column in (2, 3, 4):
        by_here[:, column, column], by_there[:, column, column] = -1.0, 1.0
    by_here[:, 2, 4] = steps.seconds * moves
    return residual, by_here, by_there, 1 / _step_variance(steps)


def _step_variance(steps: Steps) -> FloatArray:
    """(N - 1, 5) of x and y in the body's axes, yaw, scale, yaw rate."""
    way, seconds = np.hypot(*steps.moved.T), steps.seconds
    variance = np.empty((len(way), 5))
    variance[:, :2] = (_WAY**2 * way + _SLIP**2 * np.abs(steps.turned) + _REST**2 * seconds)[:, None]
    variance[:, 2] = _YAW**2 * seconds + _TURN**2 * np.abs(steps.turned)
    variance[:, 3], variance[:, 4] = _SCALE_WALK**2 * seconds, _RATE_WALK**2 * seconds
    variance[steps.jumps, :3] = _ANYWHERE
    return variance


def _anchor_terms(state: FloatArray, anchors: Anchors) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    residual = -_away(state, anchors)
    arm = turned(anchors.lever, state[anchors.node, 2])
    by_here, by_there = np.zeros((2, len(residual), 2, 5))
    for axis in (0, 1):
        by_here[:, axis, axis], by_there[:, axis, axis] = 1 - anchors.share, anchors.share
    by_here[:, 0, 2], by_here[:, 1, 2] = -arm[:, 1], arm[:, 0]
    far = np.hypot(*residual.T)
    bound = np.maximum(_HUBER * anchors.scatter, _HUBER_LEAST)
    weight = np.minimum(1.0, bound / np.maximum(far, 1e-9)) / anchors.sigma**2
    return residual, by_here, by_there, np.repeat(weight[:, None], 2, 1)


def _away(state: FloatArray, anchors: Anchors) -> FloatArray:
    """(M, 2) fixes minus the antenna's place on the way."""
    share = anchors.share[:, None]
    body = (1 - share) * state[anchors.node, :2] + share * state[anchors.node + 1, :2]
    return np.asarray(anchors.place - body - turned(anchors.lever, state[anchors.node, 2]))
