# SPDX-License-Identifier: Apache-2.0
"""Trajectory: where the camera was and where it looked, at any time of a recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.errors import ReplayError
from offline_tools.simworld.frame import LocalFrame

if TYPE_CHECKING:
    from mia_ros.replay import Note

#: Neighbours that are farther apart in time, s, say nothing of what was between them, unless nothing moved, m.
_LARGEST_GAP, _STILL = 1.5, 0.1
#: Beyond either end, and beside a gap, the nearest pose holds for so long, s.
_HOLD = 0.3


class GroundPose(NamedTuple):
    """In the plane, metres; yaw of the camera's horizontal viewing direction, radians, anticlockwise from +x."""

    x: float
    y: float
    yaw: float


class Shift(NamedTuple):
    """What is done to a pose at a stamp: turned (rad, anticlockwise) about a pivot, then moved (m)."""

    stamp: int
    pivot: tuple[float, float]
    east: float
    north: float
    turn: float


@dataclass(frozen=True)
class Correction:
    """Small moves of a path at some stamps, rising. Between two of them poses go evenly from one to the other; before
    the first and after the last, these hold."""

    shifts: tuple[Shift, ...] = ()

    def moved(self, stamps: IntArray, poses: FloatArray) -> FloatArray:
        """(N, 3) poses at (N,) stamps, after it."""
        if not self.shifts:
            return poses
        at = np.array([shift.stamp for shift in self.shifts], np.float64)
        place = np.interp(stamps, at, np.arange(len(at)))
        before = place.astype(np.int64)
        share = (place - before)[:, None]
        earlier, later = self._by(before, poses), self._by(np.minimum(before + 1, len(at) - 1), poses)
        return np.asarray((1 - share) * earlier + share * later)

    def _by(self, which: IntArray, poses: FloatArray) -> FloatArray:
        """(N, 3) poses, each moved by the shift of that number."""
        pivots = np.array([shift.pivot for shift in self.shifts])[which]
        moves = np.array([shift[2:] for shift in self.shifts])[which]
        place = turned(poses[:, :2] - pivots, moves[:, 2]) + pivots + moves[:, :2]
        return np.column_stack([place, poses[:, 2] + moves[:, 2]])


@dataclass(frozen=True, eq=False)
class FixErrors:
    """Satellite fixes against a path: stamps (N,) ns, away (N, 2) metres east and north of the antenna there."""

    stamps: IntArray
    away: FloatArray


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The camera's way: stamps (N,) ns, rising; poses (N, 3) x, y, yaw without jumps, NaN where it is not known.

    source: what it was made of, for people. origin: latitude and longitude of (0, 0) if x is east and y is north; None:
    the axes of the odometry. fixes: what satellites said beside it. yaw_sigma: rad, of a turn of the whole path.
    """

    source: str
    origin: tuple[float, float] | None
    stamps: IntArray
    poses: FloatArray
    notes: list[Note] = field(default_factory=list)
    fixes: FixErrors | None = None
    yaw_sigma: float = 0.0

    def at(self, stamp: int) -> GroundPose | None:
        """Of the camera; None where it is not known."""
        index = int(np.searchsorted(self.stamps, stamp, side="right"))
        if 0 < index < len(self.stamps) and self._joined(index):
            return _pose(self._between(index, stamp))
        around = [k for k in (index - 1, index) if 0 <= k < len(self.stamps)]
        nearest = min(around, key=lambda k: abs(int(self.stamps[k]) - stamp), default=None)
        if nearest is None or abs(int(self.stamps[nearest]) - stamp) > _HOLD * 1e9:
            return None
        return _pose(self.poses[nearest])

    def globe(self, pose: GroundPose) -> tuple[float, float, float]:
        """Latitude, longitude, and heading clockwise from north, all in degrees."""
        lat, lon = self.frame.to_globe(pose.x, pose.y)
        return float(lat), float(lon), (90.0 - math.degrees(pose.yaw)) % 360.0

    @property
    def frame(self) -> LocalFrame:
        """The plane that x and y are in; only with an origin."""
        if self.origin is None:
            raise ReplayError(
                f"trajectory: made of {self.source}, so nothing says where on the globe it is; it needs GPS"
            )
        return LocalFrame(*self.origin)

    @property
    def metres(self) -> float:
        """How long the way is."""
        return float(np.hypot(*np.diff(self.poses[:, :2], axis=0).T).sum())

    def between(self, first: int, last: int) -> Trajectory:
        """The part of it with first <= stamp <= last, ns."""
        inside = (self.stamps >= first) & (self.stamps <= last)
        fixes = self.fixes
        if fixes is not None:
            there = (fixes.stamps >= first) & (fixes.stamps <= last)
            fixes = FixErrors(fixes.stamps[there], fixes.away[there])
        return replace(self, stamps=self.stamps[inside], poses=self.poses[inside], fixes=fixes)

    def moved(self, correction: Correction) -> Trajectory:
        """The same way, corrected."""
        return replace(self, poses=correction.moved(self.stamps, self.poses))

    def _joined(self, index: int) -> bool:
        """Whether something is known between a pose and the one before it."""
        near = int(self.stamps[index]) - int(self.stamps[index - 1]) <= _LARGEST_GAP * 1e9
        return near or bool(np.abs(self.poses[index, :2] - self.poses[index - 1, :2]).max() < _STILL)

    def _between(self, index: int, stamp: int) -> FloatArray:
        first, last = int(self.stamps[index - 1]), int(self.stamps[index])
        share = (stamp - first) / (last - first)
        return np.asarray(self.poses[index - 1] + (self.poses[index] - self.poses[index - 1]) * share)


def turned(vectors: FloatArray, angles: FloatArray | float) -> FloatArray:
    """(N, 2) vectors turned anticlockwise by (N,) angles, or all by one."""
    c, s = np.cos(angles), np.sin(angles)
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], -1)


def angles_between(first: FloatArray, second: FloatArray | float) -> FloatArray:
    """first - second, in [-pi, pi)."""
    return np.asarray((first - second + np.pi) % (2 * np.pi) - np.pi)


def mean_angle(angles: FloatArray, weights: Sequence[float] | FloatArray) -> float:
    """Of directions on the circle."""
    return float(np.angle(np.sum(np.asarray(weights) * np.exp(1j * angles))))


def _pose(values: FloatArray) -> GroundPose | None:
    if not np.isfinite(values).all():
        return None
    x, y, yaw = values.tolist()
    return GroundPose(x, y, yaw)
