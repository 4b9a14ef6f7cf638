# SPDX-License-Identifier: Apache-2.0
"""Stretches of a path, and some of the maps that were made on each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import Array, Float32Array, FloatArray, IntArray
from mia_ros.semantic_map import SemanticMap
from offline_tools.replay.trajectory import GroundPose, Trajectory

#: A stretch lasts and reaches no farther.
SECONDS, METRES = 60.0, 100.0
#: Within it, a path bends too; a piece lasts and reaches no farther.
PART_SECONDS, PART_METRES = 12.0, 20.0
#: Maps of a stretch that are looked at.
MOST_FRAMES = 60
#: Probabilities are taken as no surer than this: maps are wrong now and then, however sure.
_SUREST = 0.97


class _Kept(NamedTuple):
    """A map: observed cells (M,) by flat index, and the classes' log odds (M, 6) there."""

    stamp: int
    pose: GroundPose
    cells: Array
    odds: Array


@dataclass(eq=False)
class Stretch:
    """start <= stamp < stop (ns); first and last: stamps of its maps, of which every so many are kept."""

    start: int
    stop: int
    frames: int = 0
    first: int = 0
    last: int = 0
    _kept: list[_Kept] = field(default_factory=list)
    _every: int = 1

    def add(self, pose: GroundPose, found: SemanticMap) -> None:
        """One map more; every second is dropped when they become too many."""
        if self.frames % self._every == 0:
            cells = np.flatnonzero(found.observed).astype(np.int32)
            self._kept.append(_Kept(found.stamp, pose, cells, _log_odds(found, cells)))
        self.first = self.first if self.frames else found.stamp
        self.last = found.stamp
        self.frames += 1
        if len(self._kept) > MOST_FRAMES:
            del self._kept[1::2]
            self._every *= 2

    @property
    def poses(self) -> FloatArray:
        """(F, 3) of the maps that are kept."""
        return np.array([kept.pose for kept in self._kept], np.float64).reshape(-1, 3)

    @property
    def stamps(self) -> IntArray:
        """(F,) of the maps that are kept, ns."""
        return np.array([kept.stamp for kept in self._kept], np.int64)

    def parts(self) -> list[Stretch]:
        """Short pieces one after the other, of as many maps each: within them, a path is as good as rigid."""
        stamps, poses = self.stamps, self.poses
        seconds = float(stamps[-1] - stamps[0]) * 1e-9
        metres = float(np.hypot(*np.diff(poses[:, :2], axis=0).T).sum())
        count = max(1, min(math.ceil(max(seconds / PART_SECONDS, metres / PART_METRES)), len(self._kept) // 4))
        cuts = [round(k * len(self._kept) / count) for k in range(count + 1)]
        pieces = [self._kept[a:b] for a, b in itertools.pairwise(cuts)]
        return [Stretch(each[0].stamp, each[-1].stamp + 1, len(each), _kept=each) for each in pieces]

    def cells(self, most: int) -> tuple[Array, Array, Float32Array]:
        """Of at most about `most` observed cells, evenly taken: frame (M,), flat index (M,), log odds (M, 6)."""
        total = sum(len(kept.cells) for kept in self._kept)
        step = max(1, -(-total // most))
        frames, indices, odds = [], [], []
        for k, kept in enumerate(self._kept):
            some = slice((k * 7) % step, None, step)
            indices.append(kept.cells[some])
            odds.append(kept.odds[some])
            frames.append(np.full(len(indices[-1]), k, np.int64))
        return np.concatenate(frames), np.concatenate(indices), np.concatenate(odds).astype(np.float32)


def stretches_of(trajectory: Trajectory) -> list[tuple[int, int]]:
    """(start, stop) of stretches of nearly equal length, which cover the path and all stamps beside it."""
    stamps = trajectory.stamps
    if len(stamps) < 2:
        return [(0, 2**62)]
    seconds = np.diff(stamps) * 1e-9
    metres = np.hypot(*np.diff(trajectory.poses[:, :2], axis=0).T)
    measure = np.concatenate([[0.0], np.cumsum(np.maximum(seconds / SECONDS, metres / METRES))])
    count = max(1, int(np.ceil(measure[-1] - 1e-6)))
    cuts = np.interp(np.arange(1, count) * measure[-1] / count, measure, stamps.astype(np.float64))
    ends = [0, *(round(cut) for cut in cuts.tolist()), 2**62]
    return list(itertools.pairwise(ends))


def gathered(maps: Iterable[SemanticMap], trajectory: Trajectory, ends: list[tuple[int, int]]) -> Iterator[Stretch]:
    """Each stretch once all of its maps have gone by; those without maps are left out."""
    waiting = iter(ends)
    stretch = Stretch(*next(waiting))
    for found in maps:
        pose = trajectory.at(found.stamp)
        if pose is None or not found.observed.any():
            continue
        while found.stamp >= stretch.stop:
            if stretch.frames:
                yield stretch
            stretch = Stretch(*next(waiting))
        stretch.add(pose, found)
    if stretch.frames:
        yield stretch


def _log_odds(found: SemanticMap, cells: Array) -> Array:
    """(M, 6) float16."""
    p = found.probabilities.reshape(len(found.probabilities), -1)[:, cells].clip(1 - _SUREST, _SUREST)
    return np.ascontiguousarray(np.log(p / (1 - p)).T).astype(np.float16)
