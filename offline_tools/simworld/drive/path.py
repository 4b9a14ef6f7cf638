# SPDX-License-Identifier: Apache-2.0
"""The path: a route's line, moved to the side where one goes, with its corners rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.simworld.drive.route import Leg
from offline_tools.simworld.drive.spline import UniformSpline, smoothed
from offline_tools.simworld.drive.streets import Ground

#: Where two lines beside a street meet farther out than this many times their distance, the corner is cut off.
_MITRE = 2.0
#: A segment longer than this many times its distance is never left out.
_FOLDED = 3.0


@dataclass(frozen=True, eq=False)
class Path:
    """A smooth curve by its length: `spline(s)` is (x, y) in metres, s from 0 to `length`."""

    spline: UniformSpline
    length: float
    curvature: FloatArray  # (M,) 1 / m at 0, step, 2 step, ...; > 0 to the left
    grounds: list[tuple[float, Ground]]  # from this s on, this ground
    nodes: list[tuple[float, int]]  # s and node of every junction passed

    def direction(self, s: FloatArray) -> FloatArray:
        """Yaw at s, radians, without jumps where s grows in small steps."""
        dx, dy = self.spline(s, 1).T
        return np.unwrap(np.arctan2(dy, dx))


def path_of(legs: list[Leg], corner: float) -> Path:
    """The path along the legs, its corners rounded on the scale of `corner` metres; without derivative jumps."""
    line, ends = _beside(legs)
    step = corner / 10
    along = _along(line)
    places = np.arange(0.0, along[-1], step)
    rough = np.stack([np.interp(places, along, column) for column in line.T], 1)
    round_ = smoothed(rough, corner / step)
    travelled = _along(round_)  # corners are cut, so that this grows more slowly than the places
    even = np.arange(0.0, travelled[-1], step)
    points = np.stack([np.interp(even, travelled, column) for column in round_.T], 1)
    spline = UniformSpline(smoothed(points, 2.0), 0.0, step)
    where = np.interp(np.interp(ends, np.arange(len(along)), along), places, travelled)
    return Path(
        spline=spline,
        length=float(even[-1]),
        curvature=_curvature(spline, even),
        grounds=[(float(s), leg.ground) for s, leg in zip(where[:-1], legs, strict=True)],
        nodes=[(float(s), leg.passage.end) for s, leg in zip(where[1:-1], legs, strict=False)],
    )


@dataclass(frozen=True)
class _Beside:
    """The lines beside the segments of a route: where each begins and ends, its direction and its length."""

    begins: FloatArray
    ends: FloatArray
    normals: FloatArray
    offsets: FloatArray
    directions: FloatArray
    lengths: FloatArray

    @classmethod
    def of(cls, points: FloatArray, offsets: FloatArray) -> _Beside:
        """Of the segments between points (n, 2), with offsets (n - 1,) to their left."""
        steps = np.diff(points, axis=0)
        lengths = np.hypot(*steps.T)
        directions = steps / lengths[:, None]
        normals = np.stack([-directions[:, 1], directions[:, 0]], 1)
        aside = normals * offsets[:, None]
        return cls(points[:-1] + aside, points[1:] + aside, normals, offsets, directions, lengths)

    def corner(self, i: int, j: int) -> list[FloatArray]:
        """How line i goes over into line j: where they meet, or the end of one and the beginning of the other."""
        end, begin = self.ends[i], self.begins[j]
        turn = self.normals[i, 0] * self.normals[j, 1] - self.normals[i, 1] * self.normals[j, 0]
        changes_side = self.offsets[i] * self.offsets[j] < 0
        if abs(turn) > 0.05 and not changes_side:
            sides = np.array([self.normals[i] @ end, self.normals[j] @ begin])
            meeting = np.linalg.solve(self.normals[[i, j]], sides)
            if np.hypot(*(meeting - (end + begin) / 2)) <= _MITRE * max(abs(self.offsets[[i, j]]).max(), 0.5):
                return [meeting]
        return [(end + begin) / 2] if np.hypot(*(begin - end)) < 0.02 else [end, begin]

    def folds(self, i: int, start: FloatArray, end: FloatArray) -> bool:
        """Whether line i would run backwards: on the inside of a bend there is no room for a short segment."""
        short = self.lengths[i] < _FOLDED * max(abs(self.offsets[i]), 1.0)
        return bool(short and (end - start) @ self.directions[i] < 0)


def _beside(legs: list[Leg]) -> tuple[FloatArray, FloatArray]:
    """The moved line, and the (fractional) index in it where each leg starts, and the last ends."""
    points, offsets, starts = _joined(legs)
    lines = _Beside.of(points, offsets)
    # The segments kept so far, each with the corner before it. A new one may leave no room for the last.
    kept: list[tuple[int, list[FloatArray]]] = [(0, [lines.begins[0]])]
    for j in range(1, len(offsets)):
        corner = lines.corner(kept[-1][0], j)
        while len(kept) > 1 and lines.folds(kept[-1][0], kept[-1][1][-1], corner[0]):
            kept.pop()
            corner = lines.corner(kept[-1][0], j)
        kept.append((j, corner))
    line = [point for _, corner in kept for point in corner] + [lines.ends[-1]]
    owners = [segment for segment, corner in kept for _ in corner] + [len(offsets)]
    return np.array(line), np.interp(starts, owners, np.arange(len(line)))


def _joined(legs: list[Leg]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """All points once, the offset of each segment, and the index of each leg's start and of the end."""
    points, offsets, starts = [legs[0].points[:1]], [], [0.0]
    for leg in legs:
        steps = np.hypot(*np.diff(np.concatenate([points[-1][-1:], leg.points[1:]]), axis=0).T)
        fresh = leg.points[1:][steps > 1e-3]
        points.append(fresh)
        offsets.append(np.full(len(fresh), leg.offset))
        starts.append(starts[-1] + len(fresh))
    return np.concatenate(points), np.concatenate(offsets), np.array(starts)


def _curvature(spline: UniformSpline, s: FloatArray) -> FloatArray:
    (dx, dy), (ddx, ddy) = spline(s, 1).T, spline(s, 2).T
    return np.asarray((dx * ddy - dy * ddx) / np.maximum(np.hypot(dx, dy), 1e-3) ** 3)


def _along(points: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
