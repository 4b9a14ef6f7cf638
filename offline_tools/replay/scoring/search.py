# SPDX-License-Identifier: Apache-2.0
"""The best move of one stretch: everywhere in the window coarsely, then ever finer about the best few, then its parts.

The goal is the likelihood of what is drawn under the maps' probabilities.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.grid import NETWORK_GRID
from offline_tools.errors import CoverageError
from offline_tools.osm import MapStore
from offline_tools.replay.scoring.ground import Cells, Ground, drawn_pose, gains
from offline_tools.replay.scoring.stretches import Stretch
from offline_tools.replay.scoring.window import SearchWindow
from offline_tools.replay.trajectory import Correction, Shift
from offline_tools.replay.trajectory.graph import Anchors, Steps, hold
from offline_tools.simworld.frame import LocalFrame

#: Cells that are looked at everywhere, and about the best.
_COARSE_CELLS, _FINE_CELLS = 12_000, 60_000
#: Places from which the top is sought, and of these, those that are looked at closely; steps: metres, radians.
_PLACES, _CLOSE = 6, 2
_LARGE = ((0.5, 0.013),)
_SMALL = ((0.25, 0.0065), (0.12, 0.0033), (0.06, 0.0016))
#: Neighbouring cells and frames say the same: a whole stretch is worth so many cells that say different things.
_WORTH = 500.0
#: Rounds in which the parts of a stretch are moved, each about where the last one left it; how far they usually and
#: at most are, and how well a part fits where it fits best: metres.
_ROUNDS = 6
_BEND = np.array([0.7, 0.7, math.radians(1.5)])
_NEAR = SearchWindow(2.0, 6.0)
_FIT = 0.1
#: A class whose probabilities hardly differ, standard deviation, says nothing of the place.
_LEAST_SPREAD = 0.05

Strides = tuple[tuple[float, float], ...]

_NEIGHBOURS = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=3)))


class Found(NamedTuple):
    """shifts: in the order of time. gain: nats per cell of the whole stretch, moved as one, over where it was."""

    shifts: tuple[Shift, ...]
    gain: float
    at_the_edge: bool


class _Goal:
    """How good a move of a stretch is, nats: (east, north, turn about the pivot), about what is usual (3,) +- (3,).

    What is usual counts only where the maps say nothing. worth: of all cells together.
    """

    def __init__(
        self, stretch: Stretch, poses: FloatArray, ground: Ground, frame: LocalFrame, worth: float = _WORTH
    ) -> None:
        self._poses = np.array([drawn_pose(frame, pose) for pose in poses])
        self._ground = ground
        self._pivot = pivot_of(poses)
        self._worth = worth
        self._coarse = _cells(stretch, _COARSE_CELLS)
        self._fine = _cells(stretch, _FINE_CELLS)
        self.middle, self.spread = np.zeros(3), np.ones(3)

    def __call__(self, candidates: FloatArray, fine: bool) -> FloatArray:
        usual = (((candidates - self.middle) / self.spread) ** 2).sum(1) / 2
        return self.gains(candidates, fine) * self._worth - usual

    def gains(self, candidates: FloatArray, fine: bool = True) -> FloatArray:
        """Nats per cell."""
        cells = self._fine if fine else self._coarse
        return gains(self._ground, cells, self._poses, self._pivot, candidates)


def search(stretch: Stretch, store: MapStore, frame: LocalFrame, window: SearchWindow) -> Found | None:
    """None where the street map has nothing."""
    poses = stretch.poses
    x, y = pivot_of(poses).tolist()
    try:
        ground = Ground.around(store, frame, (x, y), _reach(poses, window))
    except CoverageError:
        return None
    goal = _Goal(stretch, poses, ground, frame)
    goal.spread = np.maximum([window.metres / 2, window.metres / 2, window.turn / 2], 1e-6)
    best = _highest(goal, window)
    before, after = goal.gains(np.stack([np.zeros(3), best]))
    bent = _moved(poses, best)
    for _ in range(_ROUNDS if len(stretch.parts()) > 1 else 0):
        bent = _bent(stretch, bent, ground, frame)
    shifts = tuple(_shift(*each) for each in zip(stretch.stamps.tolist(), poses, bent, strict=True))
    return Found(shifts, float(after - before), window.at_the_edge(*best.tolist()))


def pivot_of(poses: FloatArray) -> FloatArray:
    """(2,): the middle of what (N, 3) poses reach."""
    return np.asarray((poses[:, :2].min(0) + poses[:, :2].max(0)) / 2)


def _bent(stretch: Stretch, poses: FloatArray, ground: Ground, frame: LocalFrame) -> FloatArray:
    """Poses that go through where the parts fit best, bent as an odometry bends."""
    parts, fitted, first = stretch.parts(), [], 0
    for part in parts:
        some = poses[first : first + part.frames]
        goal = _Goal(part, some, ground, frame, _WORTH / len(parts))
        goal.spread = _BEND
        fitted.append(_moved(some, _climbed(goal, np.zeros(3), _NEAR, _LARGE + _SMALL)[0]))
        first += part.frames
    count = len(poses)
    place, node = np.concatenate(fitted), np.minimum(np.arange(count), count - 2)
    sigma = np.full(count, _FIT * math.sqrt(count / len(parts)))
    anchors = Anchors(node, (np.arange(count) - node).astype(float), place[:, :2], sigma, sigma, np.zeros((count, 2)))
    return hold(Steps.of(stretch.stamps, poses), anchors, place).poses


def _moved(poses: FloatArray, move: FloatArray) -> FloatArray:
    """(N, 3) poses turned about their pivot and moved."""
    east, north, turn = move.tolist()
    x, y = pivot_of(poses).tolist()
    return Correction((Shift(0, (x, y), east, north, turn),)).moved(np.zeros(len(poses), np.int64), poses)


def _shift(stamp: int, before: FloatArray, after: FloatArray) -> Shift:
    x, y, _ = before.tolist()
    return Shift(stamp, (x, y), *(after - before).tolist())


def _highest(goal: _Goal, window: SearchWindow) -> FloatArray:
    """The best move in the window."""
    hills = [_climbed(goal, start, window, _LARGE, fine=False) for start in _starts(goal, window)]
    hills.sort(key=lambda hill: -hill[1])
    tops = [_climbed(goal, start, window, _SMALL) for start, _ in hills[:_CLOSE]]
    return max(tops, key=lambda top: top[1])[0]


def _starts(goal: _Goal, window: SearchWindow) -> list[FloatArray]:
    """The best places of a coarse look, none of them beside another."""
    candidates = window.candidates()
    values = goal(candidates, fine=False)
    chosen: list[FloatArray] = []
    for index in np.argsort(-values):
        place = candidates[index]
        if all(np.abs(place[:2] - other[:2]).max() > 1.5 or abs(place[2] - other[2]) > 0.04 for other in chosen):
            chosen.append(place)
        if len(chosen) == _PLACES:
            break
    return chosen


def _climbed(
    goal: _Goal, start: FloatArray, window: SearchWindow, strides: Strides, fine: bool = True
) -> tuple[FloatArray, float]:
    """The top of the hill that a place is on, and how high it is."""
    best, value = start, -math.inf
    for metres, turn in strides:
        for _ in range(20):
            around = window.holds(best + _NEIGHBOURS * (metres, metres, turn))
            values = goal(around, fine)
            top = int(values.argmax())
            if values[top] <= value:
                break
            best, value = around[top], float(values[top])
    return best, value


def _reach(poses: FloatArray, window: SearchWindow) -> float:
    """Metres from the pivot of all that a map may show."""
    far = math.hypot(NETWORK_GRID.depth, NETWORK_GRID.left)
    return (
        float(np.hypot(*(poses[:, :2] - pivot_of(poses)).T).max()) + far + math.sqrt(2) * window.metres + _NEAR.metres
    )


def _cells(stretch: Stretch, most: int) -> Cells:
    """What a class's being there adds to the likelihood: its log odds."""
    frame, index, odds = stretch.cells(most)
    right, ahead = NETWORK_GRID.centres()
    spread = (1 / (1 + np.exp(-odds))).std(0)
    return Cells(
        frame,
        ahead.ravel()[index].astype(np.float32),
        right.ravel()[index].astype(np.float32),
        np.ascontiguousarray(odds * (spread > _LEAST_SPREAD)),
    )
