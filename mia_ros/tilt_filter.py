# SPDX-License-Identifier: Apache-2.0
"""Which way is up for an IMU, from its gyroscope and accelerometer alone: a Kalman filter of six states.

The states are the specific force that a resting sensor would feel ("up", m/s^2, sensor axes) and the gyroscope's bias.
Both enter linearly, so the filter needs no starting attitude and works in any mounting. A library would bring an
attitude, but not its uncertainty, nor states that can be stored and run again when a sample comes late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from mia_ros.arrays import FloatArray
from mia_ros.orientation import OrientationTrust
from mia_ros.triples import (
    NOTHING,
    ZERO,
    Matrix,
    Vector,
    added,
    applied,
    cross_product,
    diagonal,
    dot,
    inverse,
    length,
    minus,
    outer,
    plus,
    product,
    scaled,
    symmetric,
    transposed,
    turn,
)

STANDARD_GRAVITY = 9.80665

#: Readings outside this range (m/s^2) say nothing about up: shocks, free fall, gravity removed, wrong units.
USABLE_FORCE = (0.5 * STANDARD_GRAVITY, 2.0 * STANDARD_GRAVITY)
_UNTRIED = OrientationTrust()


class ImuSample(NamedTuple):
    """One reading in the IMU's axes: stamp in ns, rad/s, m/s^2 (gravity included, up at rest), orientation.

    angular_velocity is None where there is no gyroscope. orientation: quaternion x, y, z, w of the IMU in a z-up
    world, None where there is none (orientation.given_orientation decides).
    """

    stamp: int
    angular_velocity: FloatArray | None
    linear_acceleration: FloatArray
    orientation: tuple[float, float, float, float] | None = None


class Reading(NamedTuple):
    """A sample that was checked: stamp in ns, rad/s (None: no gyroscope), m/s^2, orientation as in ImuSample."""

    stamp: int
    rate: Vector | None
    force: Vector
    orientation: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class TiltNoise:
    """How much the sensors and the motion are trusted. Tuned on walking, wheeled and shaken recordings."""

    #: Acceleration of a smooth ride, m/s^2, and the time over which such accelerations persist, s.
    ride: float = 0.5
    persistence: float = 0.5
    #: Share of the recent deviation of |a| from gravity that counts as further acceleration, and how long it counts, s.
    shaking: float = 0.5
    shaking_memory: float = 0.5
    #: Gyroscope: noise density (rad/s/sqrt(Hz)), scale error, starting and wandering bias (rad/s, rad/s/sqrt(s)).
    gyro: float = 0.002
    gyro_scale: float = 0.005
    bias: float = 0.02
    bias_walk: float = 1e-4
    #: Rate that is possible unseen: without a gyroscope, and in gaps longer than `gap` s (rad/s).
    unseen_rate: float = 0.5
    gap: float = 0.1
    #: Rest: largest spread (rad/s, m/s^2), largest mean rate (rad/s), for how long (s). The gyroscope then shows its
    #: bias, and the accelerometer gravity alone, but for what slow motion may hide (rad/s, m/s^2).
    rest_gyro: float = 0.02
    rest_force: float = 0.12
    rest_rate: float = 0.15
    rest_time: float = 0.5
    rest_creep: float = 0.003
    rest_ride: float = 0.15


class Covariance(NamedTuple):
    """Of the six states, by blocks; both: rows of up, columns of bias."""

    up: Matrix
    both: Matrix
    bias: Matrix


class Belief(NamedTuple):
    """The Kalman filter's part of a state."""

    up: Vector
    bias: Vector
    covariance: Covariance


class Habits(NamedTuple):
    """How the readings have been lately: mean and spread of rates and forces, since when it rests, and whether."""

    rate: Vector
    force: Vector
    rate_spread: Vector
    force_spread: Vector
    moved_at: int
    resting: bool


class TiltState(NamedTuple):
    """What the filter knows after a reading; immutable, so that it can be kept and continued from."""

    reading: Reading
    belief: Belief
    shake: float
    habits: Habits
    trust: OrientationTrust
    #: False until the accelerometer has shown something that can be gravity.
    known: bool

    @property
    def down(self) -> Vector:
        """Unit vector of gravity's direction in the IMU's axes."""
        return scaled(self.belief.up, -1 / length(self.belief.up))

    @property
    def sigma(self) -> float:
        """One standard deviation of the direction, radians, of the worse of its two axes; pi if nothing is known."""
        if not self.known:
            return math.pi
        down = self.down
        across = added(diagonal(1.0), outer(down, -1.0))
        a, b, c, _, e, f, _, _, i = product(product(across, self.covariance.up), across)
        # Of its three eigenvalues one is zero; the other two have this half sum and this product.
        half, both = (a + e + i) / 2, a * e - b * b + a * i - c * c + e * i - f * f
        worst = half + math.sqrt(max(half * half - both, 0.0))
        return min(math.pi, math.sqrt(max(worst, 0.0)) / length(self.belief.up))

    @property
    def covariance(self) -> Covariance:
        """Of the belief."""
        return self.belief.covariance

    @property
    def rate(self) -> Vector:
        """Angular velocity without the bias, rad/s; zero where there is no gyroscope."""
        measured = self.reading.rate
        return ZERO if measured is None else minus(measured, self.belief.bias)


def start(reading: Reading, noise: TiltNoise, before: TiltState | None = None) -> TiltState:
    """The state after a first reading; `before` lends its bias, which belongs to the sensor."""
    known = _usable(reading.force)
    covariance = Covariance(
        up=diagonal(4.0),  # 2 m/s^2: an ordinary step while walking
        both=NOTHING,
        bias=diagonal(noise.bias**2) if before is None else before.covariance.bias,
    )
    up = reading.force if known else (0.0, 0.0, STANDARD_GRAVITY)
    belief = Belief(up, ZERO if before is None else before.belief.bias, covariance)
    shake = abs(length(reading.force) - STANDARD_GRAVITY)
    habits = Habits(reading.rate or ZERO, reading.force, ZERO, ZERO, reading.stamp, False)
    state = TiltState(reading, belief, shake, habits, _UNTRIED, known)
    return state._replace(trust=_UNTRIED.after(reading.orientation, state.down, state.sigma, ZERO, 0.0))


def advance(state: TiltState, reading: Reading, noise: TiltNoise) -> TiltState:
    """The state after the next reading in time."""
    dt = (reading.stamp - state.reading.stamp) * 1e-9
    usable = _usable(reading.force)
    if not state.known and usable:
        return start(reading, noise, state)
    habits = _watched(state.habits, reading, noise, dt)
    deviation = abs(length(reading.force) - STANDARD_GRAVITY)
    shake = max(deviation, state.shake * math.exp(-dt / noise.shaking_memory))
    belief = _predicted(state, reading, noise, dt)
    if state.known and usable:
        belief = _felt(belief, reading.force, noise.rest_ride if habits.resting else noise.ride, shake, noise, dt)
    if habits.resting and reading.rate is not None:
        belief = _rested(belief, habits.rate, noise, dt)
    after = TiltState(reading, belief, shake, habits, _UNTRIED, state.known)
    if reading.orientation is None:
        return after
    return after._replace(trust=state.trust.after(reading.orientation, after.down, after.sigma, after.rate, dt))


def _predicted(state: TiltState, reading: Reading, noise: TiltNoise, dt: float) -> Belief:
    """Turn `up` by the gyroscope; what the gyroscope may have missed widens the covariance."""
    before, bias, covariance = state.belief
    measured = reading.rate
    rate = ZERO if measured is None else scaled(plus(state.rate, minus(measured, bias)), 0.5)
    rotation = turn(scaled(rate, -dt))
    up = applied(rotation, before)
    # An error of the bias turns `up` too, by its cross product with it.
    turned = product(rotation, covariance.both)
    both = added(turned, cross_product(before, covariance.bias), -dt)
    of_up = product(product(rotation, covariance.up), transposed(rotation))
    of_up = added(of_up, transposed(cross_product(before, transposed(turned))), -dt)
    of_up = added(of_up, cross_product(before, transposed(both)), -dt)
    variance = (noise.gyro**2 + noise.gyro_scale**2 * dot(rate, rate)) * dt
    unseen = dt if measured is None else max(0.0, dt - noise.gap)
    variance += (noise.unseen_rate * unseen) ** 2
    of_up = added(added(of_up, diagonal(variance * dot(up, up))), outer(up, -variance))
    of_bias = added(covariance.bias, diagonal(noise.bias_walk**2 * dt))
    return Belief(up, bias, Covariance(symmetric(of_up), both, of_bias))


def _felt(belief: Belief, force: Vector, ride: float, shake: float, noise: TiltNoise, dt: float) -> Belief:
    """Correct `up` by the accelerometer, the less the more it shakes. The rate of samples does not matter."""
    up, bias, covariance = belief
    variance = (ride**2 + (noise.shaking * shake) ** 2) * max(noise.persistence / max(dt, 1e-4), 1.0)
    up, bias, of_up, both, of_bias = _corrected(
        up, bias, covariance.up, transposed(covariance.both), covariance.bias, force, diagonal(variance)
    )
    return Belief(up, bias, Covariance(of_up, transposed(both), of_bias))


def _rested(belief: Belief, mean: Vector, noise: TiltNoise, dt: float) -> Belief:
    """What the gyroscope shows at rest is its bias, except about the vertical: there a smooth turn looks the same."""
    up, bias, covariance = belief
    times = noise.rest_time / max(dt, 1e-4)
    about_vertical = outer(up, noise.unseen_rate**2 * times / dot(up, up))
    variance = added(diagonal(noise.rest_creep**2 * times), about_vertical)
    bias, up, of_bias, both, of_up = _corrected(
        bias, up, covariance.bias, covariance.both, covariance.up, mean, variance
    )
    return Belief(up, bias, Covariance(of_up, both, of_bias))


def _corrected(
    seen: Vector, other: Vector, of_seen: Matrix, both: Matrix, of_other: Matrix, measured: Vector, variance: Matrix
) -> tuple[Vector, Vector, Matrix, Matrix, Matrix]:
    """The Kalman update for three states that are measured directly, and three that go with them.

    both: covariance of the others (rows) with the seen (columns).
    """
    weight = inverse(added(of_seen, variance))
    gain, other_gain = product(of_seen, weight), product(both, weight)
    difference = minus(measured, seen)
    return (
        plus(seen, applied(gain, difference)),
        plus(other, applied(other_gain, difference)),
        symmetric(added(of_seen, product(gain, of_seen), -1.0)),
        added(both, product(other_gain, of_seen), -1.0),
        symmetric(added(of_other, product(other_gain, transposed(both)), -1.0)),
    )


def _watched(before: Habits, reading: Reading, noise: TiltNoise, dt: float) -> Habits:
    """The running mean and spread of the readings, and since when the sensor has been at rest."""
    keep = math.exp(-2 * dt / noise.rest_time)
    rate, rate_spread = _running(before.rate, before.rate_spread, reading.rate or ZERO, keep)
    force, force_spread = _running(before.force, before.force_spread, reading.force, keep)
    moving = (
        max(rate_spread) > noise.rest_gyro**2
        or max(force_spread) > noise.rest_force**2
        or length(rate) > noise.rest_rate
    )
    moved_at = reading.stamp if moving else before.moved_at
    resting = (reading.stamp - moved_at) * 1e-9 >= noise.rest_time
    return Habits(rate, force, rate_spread, force_spread, moved_at, resting)


def _running(mean: Vector, spread: Vector, value: Vector, keep: float) -> tuple[Vector, Vector]:
    """Mean and spread with one more value."""
    new = 1 - keep
    mean = plus(scaled(mean, keep), scaled(value, new))
    x, y, z = minus(value, mean)
    return mean, plus(scaled(spread, keep), (new * x * x, new * y * y, new * z * z))


def _usable(force: Vector) -> bool:
    return USABLE_FORCE[0] < length(force) < USABLE_FORCE[1]
