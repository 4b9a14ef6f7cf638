# SPDX-License-Identifier: Apache-2.0
"""What two records of one turning, the picture's and the gyroscope's, say about each other: delay, gain and axes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray

#: Delays that are tried: so far to both sides, in these steps, s.
REACH, STEP = 1.0, 0.02
#: Length of the blocks that are drawn again for intervals, s, and how often.
_BLOCK, _DRAWS = 2.0, 200
#: Fewest frames, fewest blocks for an interval, and most frames that are looked at.
_FEWEST, _FEWEST_BLOCKS, _MOST = 40, 3, 12_000
#: Of the residual: what errs more counts less.
_TOLERANCE = 3.0
#: Correlation from which the axes are taken to be right, and the one that mixed-up axes must reach.
_ALIKE, _CLEARLY = 0.6, 0.85
#: Share of the frames that a delay must leave, and the turning (rad/s) below which an axis says nothing.
_LEFT, _LEAST_RATE = 0.6, 0.01


@dataclass(frozen=True, eq=False)
class Turning:
    """Of N frames: the picture's turn (N, 3) from time before (N,) to after (N,), s; NaN where it is not known.

    gyro_times (M,), gyro (M, 3): the angles that the gyroscope had added up at its own times.
    """

    before: FloatArray
    after: FloatArray
    turn: FloatArray
    gyro_times: FloatArray
    gyro: FloatArray

    def thinned(self) -> Turning:
        """Of a long recording, blocks spread over all of it."""
        if len(self.before) <= _MOST:
            return self
        blocks = ((self.before - self.before[0]) // _BLOCK).astype(np.int64)
        kept = blocks % math.ceil(len(self.before) / _MOST) == 0
        return replace(self, before=self.before[kept], after=self.after[kept], turn=self.turn[kept])


class Estimate(NamedTuple):
    """A number and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """delay: s that the IMU's stamps are late against the picture's. gain: picture over gyroscope, 1 if all is right.

    correlation: of the two at that delay, 0 to 1; by_axis: of each axis of the camera alone, NaN where it hardly turns.
    axes: radians between the axis that the picture turns about and the one that the gyroscope says; 0 where they agree
    as they are. rate: deviation of the turning, rad/s. frames: that counted. at_the_edge: the delay is as large as was
    tried.
    """

    delay: Estimate
    gain: Estimate
    correlation: float
    by_axis: tuple[float, float, float]
    axes: float
    rate: float
    frames: int
    at_the_edge: bool


def compare(turning: Turning, centre: float = 0.0) -> Comparison | None:
    """Over delays around `centre`, s; None where there is too little to compare."""
    delays = np.asarray(centre + np.arange(-round(REACH / STEP), round(REACH / STEP) + 1) * STEP, np.float64)
    turning = turning.thinned()
    angles = np.stack([_between(turning, delay) for delay in delays])  # (D, N, 3)
    known = np.isfinite(turning.turn).all(1) & np.isfinite(angles).all(2).any(0)
    if np.count_nonzero(known) < _FEWEST:
        return None
    turning = replace(turning, before=turning.before[known], after=turning.after[known], turn=turning.turn[known])
    angles = angles[:, known]
    as_they_are = _compared(turning, delays, turning.turn, angles, 0.0)
    if as_they_are.correlation > _ALIKE:
        return as_they_are
    # Other axes fit noise better than the right ones do, so only a clear case counts.
    ours, theirs = _axes(turning.turn, angles)
    apart = math.acos(max(-1.0, min(1.0, float(ours @ theirs))))
    mixed = _compared(turning, delays, (turning.turn @ ours)[:, None], (angles @ theirs)[..., None], apart)
    return mixed if mixed.correlation > _CLEARLY else as_they_are


def _compared(turning: Turning, delays: FloatArray, turn: FloatArray, angles: FloatArray, apart: float) -> Comparison:
    """turn (N, A) with angles (D, N, A), all axes together."""
    p = (turn - np.median(turn, 0)).T.reshape(-1)
    q = np.swapaxes(angles - np.nanmedian(angles, (0, 1)), 1, 2).reshape(len(delays), -1)
    blocks = np.tile(((turning.before - turning.before[0]) // _BLOCK).astype(np.int64), turn.shape[1])
    moments = _Moments.of(p, q, _weights(p, q, blocks), blocks)
    correlation = moments.correlation()
    best = int(np.argmax(correlation))
    steps = np.median(turning.after - turning.before)
    return Comparison(
        delay=_delay(moments, delays),
        gain=_gain(moments, best),
        correlation=float(correlation[best]),
        by_axis=_by_axis(turning.turn, angles, float(steps)) if turn.shape[1] == 3 else (math.nan,) * 3,
        axes=apart,
        rate=float(np.nanstd(angles[best], 0).max() / steps),
        frames=len(turn),
        at_the_edge=best in (0, len(delays) - 1),
    )


def _by_axis(turn: FloatArray, angles: FloatArray, step: float) -> tuple[float, float, float]:
    """Correlations where all three are clearest, whatever their signs."""
    one_block = np.zeros(len(turn), np.int64)
    found = np.stack(
        [_Moments.of(turn[:, k], angles[..., k], np.ones(len(turn)), one_block).correlation() for k in range(3)], 1
    )
    best = int(np.argmax(np.abs(np.where(found > -1, found, 0)).sum(1)))
    turns = np.nanstd(angles[best], 0) > _LEAST_RATE * step
    x, y, z = np.where(turns, found[best], np.nan).tolist()
    return x, y, z


def _between(turning: Turning, delay: float) -> FloatArray:
    """(N, 3) angles of the gyroscope from frame to frame, its times taken to be late by `delay`."""
    first, last = (_at(turning, times + delay) for times in (turning.before, turning.after))
    return last - first


def _at(turning: Turning, times: FloatArray) -> FloatArray:
    """Cubic interpolation of the added angles; NaN outside."""
    t, y = turning.gyro_times, turning.gyro
    if len(t) < 4:
        return np.full((len(times), 3), np.nan)
    slopes = np.gradient(y, t, axis=0)
    k = np.clip(np.searchsorted(t, times, side="right") - 1, 0, len(t) - 2)
    step = t[k + 1] - t[k]
    s = ((times - t[k]) / step)[:, None]
    width = step[:, None]
    value = (
        (1 + 2 * s) * (1 - s) ** 2 * y[k]
        + s * (1 - s) ** 2 * width * slopes[k]
        + s**2 * (3 - 2 * s) * y[k + 1]
        + s**2 * (s - 1) * width * slopes[k + 1]
    )
    value[(times < t[0]) | (times > t[-1])] = np.nan
    return np.asarray(value)


def _axes(turn: FloatArray, angles: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The pair of axes along which the two agree best at any delay: unit vectors (3,)."""
    p = _clipped(turn - np.median(turn, 0))
    q = _clipped(np.nan_to_num(angles - np.nanmedian(angles, 1, keepdims=True)))
    u, s, vt = np.linalg.svd(np.einsum("na,dnb->dab", p, q))
    norms = np.sqrt(np.einsum("dna,dna->d", q, q))
    best = int(np.argmax(s[:, 0] / np.maximum(norms, 1e-12)))
    return u[best, :, 0], vt[best, 0]


def _clipped(values: FloatArray) -> FloatArray:
    """A few frames whose flow went wrong do not choose the axes."""
    limit = np.maximum(np.percentile(np.abs(values), 98, axis=-2, keepdims=True), 1e-6)
    return np.asarray(np.clip(values, -limit, limit))


def _weights(p: FloatArray, q: FloatArray, blocks: IntArray) -> FloatArray:
    """(N,) less for frames that disagree at the delay that fits best."""
    weights = np.ones(len(p))
    for _ in range(4):
        moments = _Moments.of(p, q, weights, blocks)
        best = int(np.argmax(moments.correlation()))
        residual = p - q[best] * moments.slopes_of_all()[best]
        residual -= np.nanmedian(residual)
        scale = _TOLERANCE * max(1.48 * float(np.nanmedian(np.abs(residual))), 1e-6)
        weights = np.asarray(np.minimum(1.0, scale / np.maximum(np.abs(np.nan_to_num(residual)), 1e-12)))
    return weights


class _Moments(NamedTuple):
    """Weighted sums of p and of q at D delays, in B blocks: (B, D) each."""

    w: FloatArray
    p: FloatArray
    q: FloatArray
    pp: FloatArray
    qq: FloatArray
    pq: FloatArray

    @classmethod
    def of(cls, p: FloatArray, q: FloatArray, weights: FloatArray, blocks: IntArray) -> _Moments:
        """Of p (N,) and q (D, N); what is NaN in q does not count at that delay."""
        order = np.argsort(blocks, kind="stable")
        p, q, weights, blocks = p[order], q[:, order], weights[order], blocks[order]
        starts = np.flatnonzero(np.diff(blocks, prepend=blocks[0] - 1))
        w = np.where(np.isfinite(q), weights, 0.0)
        q = np.nan_to_num(q)
        return cls(*(np.add.reduceat(each * w, starts, axis=1).T for each in (1.0 + 0 * q, p, q, p * p, q * q, p * q)))

    def drawn(self) -> _Moments | None:
        """Of data in which whole blocks were drawn again, (draws, D); None where there are too few blocks."""
        count = len(self.w)
        if count < _FEWEST_BLOCKS:
            return None
        times = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=_DRAWS).astype(np.float64)
        return _Moments(*(times @ each for each in self))

    def correlation(self) -> FloatArray:
        """(D,) over all blocks."""
        return _Moments(*(each.sum(0, keepdims=True) for each in self)).correlations()[0]

    def slopes_of_all(self) -> FloatArray:
        """(D,) over all blocks: p over q."""
        return _Moments(*(each.sum(0, keepdims=True) for each in self)).slopes()[0]

    def correlations(self) -> FloatArray:
        """(B, D); -1 for a delay at which too little is left."""
        shared, of_p, of_q = self._spread()
        found = shared / np.maximum(np.sqrt(np.maximum(of_p * of_q, 0)), 1e-15)
        enough = self.w > _LEFT * self.w.max(1, keepdims=True)
        return np.asarray(np.where(enough, found, -1.0))

    def slopes(self) -> FloatArray:
        """(B, D): p over q."""
        shared, _, of_q = self._spread()
        return np.asarray(shared / np.maximum(of_q, 1e-15))

    def _spread(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        w = np.maximum(self.w, 1e-15)
        return self.pq - self.p * self.q / w, self.pp - self.p**2 / w, self.qq - self.q**2 / w


def _delay(moments: _Moments, delays: FloatArray) -> Estimate:
    """The delay of the highest correlation."""
    drawn = moments.drawn()
    value = _peak(delays, moments.correlation())
    return _estimate(value, None if drawn is None else [_peak(delays, row) for row in drawn.correlations()], REACH)


def _gain(moments: _Moments, best: int) -> Estimate:
    drawn = moments.drawn()
    return _estimate(
        float(moments.slopes_of_all()[best]), None if drawn is None else drawn.slopes()[:, best].tolist(), math.inf
    )


def _estimate(value: float, drawn: list[float] | None, unknown: float) -> Estimate:
    if drawn is None:
        return Estimate(value, value - unknown, value + unknown)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def _peak(delays: FloatArray, values: FloatArray) -> float:
    """Where a parabola through the highest value and its neighbours is highest."""
    best = int(np.argmax(values))
    if not 0 < best < len(values) - 1:
        return float(delays[best])
    left, middle, right = values[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(delays[best] + (0.5 * (left - right) / bend * STEP if bend < 0 else 0.0))
