# SPDX-License-Identifier: Apache-2.0
"""Gravity at an image's stamp, from IMU samples that come as they come."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mia_ros.arrays import Array
from mia_ros.errors import GravityError, GravityUnavailable
from mia_ros.gravity import Gravity, check_rotation
from mia_ros.orientation import given_orientation
from mia_ros.tilt_filter import (
    STANDARD_GRAVITY,
    ImuSample,
    Reading,
    TiltNoise,
    TiltState,
    advance,
    start,
)
from mia_ros.triples import Vector, applied, length, plus, scaled, turn, vector

#: Standard deviation taken for an IMU's own, believed orientation, radians.
ORIENTATION_SIGMA = math.radians(0.5)
#: Samples in a row that must agree on another time before the clock is taken to have jumped.
_CLOCK_VOTES = 3


@dataclass(frozen=True)
class GravityEstimate:
    """Gravity in the camera optical frame at a stamp (ns), its standard deviation (radians) and where it is from."""

    gravity: Gravity
    sigma: float
    source: Literal["orientation", "accelerometer"]
    stamp: int


class GravityFilter:
    """Feed it IMU samples with `add`, ask it with `at`.

    `imu_to_camera`: (3, 3) rotation that takes vectors from the IMU's axes to the camera optical frame, for any
    mounting; it can also be given to `at`, where it changes over time. Samples may come late (up to `history` s),
    twice, or with gaps; when the clock jumps, the filter starts anew. The answer does not depend on the order in
    which the same samples came, as long as none comes later than `history`. `counts` says what became of them:
    used, late, repeated, refused, restarts.
    """

    def __init__(
        self,
        imu_to_camera: Array | None = None,
        *,
        max_extrapolation: float = 0.1,
        history: float = 2.0,
        noise: TiltNoise | None = None,
    ) -> None:
        self.imu_to_camera = None if imu_to_camera is None else check_rotation(imu_to_camera)
        self.max_extrapolation = max_extrapolation
        self.counts: Counter[str] = Counter()
        self._history = round(history * 1e9)
        self._noise = noise or TiltNoise()
        self._states: list[TiltState] = []
        self._stamps: list[int] = []
        self._strays: list[Reading] = []

    def add(self, sample: ImuSample) -> None:
        """Take one sample in; never raises for what a sensor may send, but counts it."""
        checked = _checked(sample)
        if checked is None:
            self.counts["refused"] += 1
        elif self._stamps and not self._near(checked.stamp):
            self._consider_jump(checked)
        else:
            self.counts["late"] += len(self._strays)
            self._strays.clear()
            self._insert(checked)

    def at(self, stamp: int, imu_to_camera: Array | None = None) -> GravityEstimate:
        """Gravity at `stamp` (ns): interpolated, or extrapolated by at most `max_extrapolation` seconds.

        Raises GravityUnavailable where there is no sample that near.
        """
        rotation = self.imu_to_camera if imu_to_camera is None else check_rotation(imu_to_camera)
        if rotation is None:
            raise GravityError("imu_to_camera: not given, neither to GravityFilter nor to at()")
        before, after = self._around(stamp)
        believed = all(state.trust.believed for state in (before, after) if state is not None)
        if before is not None and after is not None:
            down, sigma = self._between(before, after, stamp, believed)
        else:
            down, sigma = self._carried(before or after, stamp, believed)
        source: Literal["orientation", "accelerometer"] = "orientation" if believed else "accelerometer"
        return GravityEstimate(Gravity.from_vector(rotation @ np.array(down)), sigma, source, stamp)

    @property
    def newest(self) -> int | None:
        """Stamp of the newest sample, ns."""
        return self._stamps[-1] if self._stamps else None

    def problem(self) -> str | None:
        """What is wrong with the accelerometer, if something is: one line for diagnostics."""
        if not self._states or self._states[-1].known:
            return None
        norm = np.mean([length(state.reading.force) for state in self._states])
        return (
            f"linear_acceleration: its length is {norm:.2f} m/s^2 on average, want about {STANDARD_GRAVITY:.1f} at "
            f"rest; is gravity removed from it, or is it in units of g?"
        )

    def _near(self, stamp: int) -> bool:
        return self._stamps[-1] - self._history <= stamp <= self._stamps[-1] + self._history

    def _consider_jump(self, sample: Reading) -> None:
        """One stray stamp is an error of the sender; several that follow each other are a new time."""
        if self._strays and abs(sample.stamp - self._strays[-1].stamp) > self._history:
            self.counts["late"] += len(self._strays)
            self._strays.clear()
        self._strays.append(sample)
        if len(self._strays) < _CLOCK_VOTES:
            return
        self.counts["restarts"] += 1
        last, strays = self._states[-1], sorted(self._strays, key=lambda stray: stray.stamp)
        self._strays, self._states, self._stamps = [], [], []
        for stray in strays:
            self._insert(stray, last)

    def _insert(self, sample: Reading, sensor: TiltState | None = None) -> None:
        """Put the sample where it belongs in time and run the filter again from there."""
        index = bisect_left(self._stamps, sample.stamp)
        if index < len(self._stamps) and self._stamps[index] == sample.stamp:
            self.counts["repeated"] += 1
            return
        self.counts["used"] += 1
        samples = [sample, *(state.reading for state in self._states[index:])]
        del self._states[index:], self._stamps[index:]
        for each in samples:
            self._states.append(
                advance(self._states[-1], each, self._noise) if self._states else start(each, self._noise, sensor)
            )
            self._stamps.append(each.stamp)
        self._forget()

    def _forget(self) -> None:
        """Keep one state older than the history: whatever may still come late continues from it."""
        old = bisect_left(self._stamps, self._stamps[-1] - self._history) - 1
        if old > 0:
            del self._states[:old], self._stamps[:old]

    def _around(self, stamp: int) -> tuple[TiltState | None, TiltState | None]:
        """The states just before (or at) and after the stamp, if one of them is near enough."""
        if not self._states:
            raise GravityUnavailable("no IMU sample yet; is the imu topic right?")
        index = bisect_right(self._stamps, stamp)
        before = self._states[index - 1] if index else None
        after = self._states[index] if index < len(self._states) else None
        gaps = [abs(state.reading.stamp - stamp) * 1e-9 for state in (before, after) if state is not None]
        if min(gaps) > self.max_extrapolation:
            where = "newer" if after is None else "older" if before is None else "in a gap of the samples"
            raise GravityUnavailable(
                f"the image's stamp is {min(gaps):.3f} s from the nearest IMU sample ({where}), more than "
                f"{self.max_extrapolation} s; do camera and IMU share a clock, and is the IMU publishing?"
            )
        return before, after

    def _between(self, before: TiltState, after: TiltState, stamp: int, believed: bool) -> tuple[Vector, float]:
        """Down (IMU axes, any length) and sigma, interpolated; a long gap hides what happened in it."""
        (first, sigma_first), (second, sigma_second) = self._answer(before, believed), self._answer(after, believed)
        span = after.reading.stamp - before.reading.stamp
        share = (stamp - before.reading.stamp) / span
        unseen = max(0.0, span * 1e-9 - self._noise.gap) * min(share, 1 - share)
        sigma = math.hypot(max(sigma_first, sigma_second), self._noise.unseen_rate * unseen)
        return plus(scaled(first, 1 - share), scaled(second, share)), sigma

    def _carried(self, state: TiltState | None, stamp: int, believed: bool) -> tuple[Vector, float]:
        """Turned on (or back) by the last angular velocity; how that changes is not known."""
        assert state is not None
        down, sigma = self._answer(state, believed)
        dt = (stamp - state.reading.stamp) * 1e-9
        turned = applied(turn(scaled(state.rate, -dt)), down)
        return turned, math.hypot(sigma, (0.2 + length(state.rate)) * dt)

    def _answer(self, state: TiltState, believed: bool) -> tuple[Vector, float]:
        if believed and state.trust.down is not None:
            return state.trust.down, ORIENTATION_SIGMA
        if not state.known:
            raise GravityUnavailable(self.problem() or "linear_acceleration: no sample shows gravity yet")
        return state.down, state.sigma


def _checked(sample: ImuSample) -> Reading | None:
    """What the filter takes of it, or None where it cannot be used."""
    force = _triple(sample.linear_acceleration)
    rate = None if sample.angular_velocity is None else _triple(sample.angular_velocity)
    if force is None or (rate is None and sample.angular_velocity is not None):
        return None
    orientation = None if sample.orientation is None else given_orientation(sample.orientation, (1.0,))
    return Reading(int(sample.stamp), rate, force, orientation)


def _triple(values: Array) -> Vector | None:
    """Three finite numbers, or None. NumPy takes five times as long to look at them."""
    array = np.asarray(values, np.float64)
    if array.shape != (3,):
        return None
    found = vector(array.tolist())
    return found if all(map(math.isfinite, found)) else None
