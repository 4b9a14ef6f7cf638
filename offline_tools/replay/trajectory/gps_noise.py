# SPDX-License-Identifier: Apache-2.0
"""How far satellite fixes can be trusted, and how an odometry must be turned to lie on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.replay.trajectory.path import turned

#: A satellite fix errs in the same direction for so long, s.
MEMORY = 30.0
#: No fix is better than this, m; and none weighs more than one of this sigma, m.
_BEST, _BEST_WEIGHED = 0.002, 0.03
#: Windows in which odometry is taken as rigid: so many fixes for their scatter, so many seconds for the direction.
_SHORT, _LONG, _LONG_STEP = 6, 60.0, 15.0
_FEWEST = 5


class Track(NamedTuple):
    """Fixes as the odometry saw them: stamps (M,), place (M, 2) by satellite, reckoned (M, 2) by the odometry."""

    stamps: IntArray
    place: FloatArray
    reckoned: FloatArray


class Turn(NamedTuple):
    """What takes the odometry's axes to the satellites'; extent: m, how far the way reaches about its middle."""

    angle: float
    extent: float
    scatter: float  # m, one axis, of fixes about the turned odometry


def scatter(track: Track, stated: FloatArray) -> FloatArray:
    """(M,) one standard deviation of a fix, m: as stated, or larger where fixes contradict the odometry more."""
    white = [
        turn.scatter
        for first in range(0, len(track.stamps), _SHORT)
        if (turn := rigid_turn(_part(track, slice(first, first + _SHORT)))) is not None
    ]
    found = float(np.median(white)) if white else 0.0
    return np.maximum(np.maximum(stated, found), _BEST)


def weighting_sigma(sigma: FloatArray, stamps: IntArray) -> FloatArray:
    """(M,) for a least-squares sum: errors that last MEMORY seconds let that many fixes count as one."""
    seconds = max(float(stamps[-1] - stamps[0]) * 1e-9, 1e-9) if len(stamps) > 1 else 1.0
    rate = max(len(stamps) - 1, 1) / seconds
    return np.maximum(sigma * np.sqrt(max(MEMORY * rate, 1.0)), _BEST_WEIGHED)


def turns_along(track: Track, sigma: float) -> tuple[IntArray, FloatArray]:
    """Stamps and angles (without jumps) of the turn that takes odometry to the satellites, as it changes on the way.

    Where a minute's way is too short against `sigma` (m) to say, there is none; of the whole way, there is one.
    """
    found = []
    for window in _windows(track.stamps, _LONG, _LONG_STEP):
        part = _part(track, window)
        turn = rigid_turn(part)
        if turn is not None and turn.extent > max(2.0, 3 * sigma):
            found.append((int(part.stamps.mean()), turn.angle))
    if not found:
        whole = rigid_turn(track)
        found = [(int(track.stamps.mean()), whole.angle if whole is not None else 0.0)]
    stamps, angles = zip(*found, strict=True)
    return np.array(stamps, np.int64), np.unwrap(np.array(angles))


def rigid_turn(track: Track) -> Turn | None:
    """The turn that lays the reckoned way best on the fixes; None for too few of them."""
    count = len(track.stamps)
    if count < _FEWEST:
        return None
    seen, reckoned = track.place - track.place.mean(0), track.reckoned - track.reckoned.mean(0)
    products = _complex(seen) * _complex(reckoned).conj()
    angle = float(np.angle(products.sum()))
    left = seen - turned(reckoned, angle)
    extent = float(np.sqrt((reckoned**2).sum(1).mean()))
    return Turn(angle, extent, float(np.sqrt((left**2).sum() / (2 * count - 3))))


def _windows(stamps: IntArray, length: float, step: float) -> list[slice]:
    """Stretches of time, ns stamps; the last one ends with the last stamp."""
    first, last = int(stamps[0]), int(stamps[-1])
    latest = max(last - round(length * 1e9), first)
    starts = np.append(np.arange(first, latest, round(step * 1e9)), latest)
    ends = np.searchsorted(stamps, starts + round(length * 1e9), side="right")
    return [slice(int(a), int(b)) for a, b in zip(np.searchsorted(stamps, starts), ends, strict=True)]


def _part(track: Track, window: slice) -> Track:
    return Track(track.stamps[window], track.place[window], track.reckoned[window])


def _complex(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors[:, 0] + 1j * vectors[:, 1])
