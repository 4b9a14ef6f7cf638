# SPDX-License-Identifier: Apache-2.0
"""Which way is up for an IMU, from its gyroscope and accelerometer alone: a Kalman filter of six states.

The states are the specific force that a resting sensor would feel ("up", m/s^2, sensor axes) and the gyroscope's bias.
Both enter linearly, so the filter needs no starting attitude and works in any mounting. A library would bring an
attitude, but not its uncertainty, nor states that can be stored and run again when a sample comes late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.orientation import OrientationTrust

STANDARD_GRAVITY = 9.80665

#: Readings outside this range (m/s^2) say nothing about up: shocks, free fall, gravity removed, wrong units.
USABLE_FORCE = (0.5 * STANDARD_GRAVITY, 2.0 * STANDARD_GRAVITY)
_EYE: FloatArray = np.eye(3)


class ImuSample(NamedTuple):
    """One reading in the IMU's axes: stamp in ns, rad/s, m/s^2 (gravity included, up at rest), orientation.

    angular_velocity is None where there is no gyroscope. orientation: quaternion x, y, z, w of the IMU in a z-up
    world, None where there is none (orientation.given_orientation decides).
    """

    stamp: int
    angular_velocity: FloatArray | None
    linear_acceleration: FloatArray
    orientation: tuple[float, float, float, float] | None = None


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


@dataclass(frozen=True, eq=False)
class TiltState:
    """What the filter knows after a sample; immutable, so that it can be kept and continued from."""

    sample: ImuSample
    up: FloatArray
    bias: FloatArray
    covariance: FloatArray
    shake: float
    mean: FloatArray
    spread: FloatArray
    moved_at: int
    resting: bool
    trust: OrientationTrust
    #: False until the accelerometer has shown something that can be gravity.
    known: bool

    @property
    def down(self) -> FloatArray:
        """Unit vector of gravity's direction in the IMU's axes."""
        return -self.up / _length(self.up)

    @property
    def sigma(self) -> float:
        """One standard deviation of the direction, radians, of the worse of its two axes; pi if nothing is known."""
        if not self.known:
            return math.pi
        norm = _length(self.up)
        across = _EYE - np.outer(self.up, self.up) / norm**2
        return min(math.pi, math.sqrt(np.linalg.eigvalsh(across @ self.covariance[:3, :3] @ across)[-1]) / norm)

    @property
    def rate(self) -> FloatArray:
        """Angular velocity without the bias, (3,) rad/s; zero where there is no gyroscope."""
        measured = self.sample.angular_velocity
        return np.zeros(3) if measured is None else measured - self.bias


def start(sample: ImuSample, noise: TiltNoise, before: TiltState | None = None) -> TiltState:
    """The state after a first sample; `before` lends its bias, which belongs to the sensor."""
    known = _usable(sample.linear_acceleration)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = np.eye(3) * 4.0  # 2 m/s^2: an ordinary step while walking
    covariance[3:, 3:] = np.eye(3) * noise.bias**2 if before is None else before.covariance[3:, 3:]
    state = TiltState(
        sample=sample,
        up=np.array(sample.linear_acceleration) if known else np.array([0.0, 0.0, STANDARD_GRAVITY]),
        bias=np.zeros(3) if before is None else before.bias,
        covariance=covariance,
        shake=abs(float(np.linalg.norm(sample.linear_acceleration)) - STANDARD_GRAVITY),
        mean=_reading(sample),
        spread=np.zeros(6),
        moved_at=sample.stamp,
        resting=False,
        trust=OrientationTrust(),
        known=known,
    )
    return replace(state, trust=state.trust.after(sample.orientation, state.down, state.sigma, np.zeros(3), 0.0))


def advance(state: TiltState, sample: ImuSample, noise: TiltNoise) -> TiltState:
    """The state after the next sample in time."""
    dt = (sample.stamp - state.sample.stamp) * 1e-9
    if not state.known and _usable(sample.linear_acceleration):
        return start(sample, noise, state)
    habits = _watched(state, sample, noise, dt)
    deviation = abs(_length(sample.linear_acceleration) - STANDARD_GRAVITY)
    shake = max(deviation, state.shake * math.exp(-dt / noise.shaking_memory))
    belief = _predicted(state, sample, noise, dt)
    if state.known and _usable(sample.linear_acceleration):
        belief = _felt(belief, sample, noise.rest_ride if habits.resting else noise.ride, shake, noise, dt)
    if habits.resting and sample.angular_velocity is not None:
        belief = _rested(belief, habits.mean, noise, dt)
    mean, spread, moved_at, resting = habits
    after = TiltState(sample, *belief, shake, mean, spread, moved_at, resting, OrientationTrust(), state.known)
    if sample.orientation is None:
        return after
    return replace(after, trust=state.trust.after(sample.orientation, after.down, after.sigma, after.rate, dt))


class _Belief(NamedTuple):
    """The Kalman filter's part of a state."""

    up: FloatArray
    bias: FloatArray
    covariance: FloatArray


class _Habits(NamedTuple):
    """How the readings have been lately."""

    mean: FloatArray
    spread: FloatArray
    moved_at: int
    resting: bool


def _predicted(state: TiltState, sample: ImuSample, noise: TiltNoise, dt: float) -> _Belief:
    """Turn `up` by the gyroscope; what the gyroscope may have missed widens the covariance."""
    measured = sample.angular_velocity
    rate = np.zeros(3) if measured is None else (state.rate + measured - state.bias) / 2
    rotation = rotation_vector_matrix(-rate * dt)
    up = rotation @ state.up
    transition = np.eye(6)
    transition[:3, :3] = rotation
    transition[:3, 3:] = _cross_matrix(state.up) * -dt
    variance = (noise.gyro**2 + noise.gyro_scale**2 * float(rate @ rate)) * dt
    unseen = dt if measured is None else max(0.0, dt - noise.gap)
    variance += (noise.unseen_rate * unseen) ** 2
    covariance = transition @ state.covariance @ transition.T
    lever = _cross_matrix(up)
    covariance[:3, :3] += variance * lever @ lever.T
    covariance[3:, 3:] += noise.bias_walk**2 * dt * _EYE
    return _Belief(up, state.bias, covariance)


def _felt(belief: _Belief, sample: ImuSample, ride: float, shake: float, noise: TiltNoise, dt: float) -> _Belief:
    """Correct `up` by the accelerometer, the less the more it shakes. The rate of samples does not matter."""
    variance = (ride**2 + (noise.shaking * shake) ** 2) * max(noise.persistence / max(dt, 1e-4), 1.0)
    return _corrected(belief, slice(0, 3), sample.linear_acceleration - belief.up, variance * _EYE)


def _watched(state: TiltState, sample: ImuSample, noise: TiltNoise, dt: float) -> _Habits:
    """The running mean and spread of the readings, and since when the sensor has been at rest."""
    keep = math.exp(-2 * dt / noise.rest_time)
    reading = _reading(sample)
    mean = keep * state.mean + (1 - keep) * reading
    spread = keep * state.spread + (1 - keep) * (reading - mean) ** 2
    spreads = spread.tolist()
    moving = (
        max(spreads[:3]) > noise.rest_gyro**2
        or max(spreads[3:]) > noise.rest_force**2
        or _length(mean[:3]) > noise.rest_rate
    )
    moved_at = sample.stamp if moving else state.moved_at
    return _Habits(mean, spread, moved_at, (sample.stamp - moved_at) * 1e-9 >= noise.rest_time)


def _rested(belief: _Belief, mean: FloatArray, noise: TiltNoise, dt: float) -> _Belief:
    """What the gyroscope shows at rest is its bias, except about the vertical: there a smooth turn looks the same."""
    down = belief.up / _length(belief.up)
    variance = noise.rest_creep**2 * noise.rest_time / max(dt, 1e-4) * _EYE
    variance += noise.unseen_rate**2 * np.outer(down, down) * noise.rest_time / max(dt, 1e-4)
    return _corrected(belief, slice(3, 6), mean[:3] - belief.bias, variance)


def _corrected(belief: _Belief, seen: slice, difference: FloatArray, variance: FloatArray) -> _Belief:
    """The Kalman update for three states that are measured directly."""
    up, bias, before = belief
    gain = before[:, seen] @ np.linalg.inv(before[seen, seen] + variance)
    step = gain @ difference
    covariance = before - gain @ before[seen]
    return _Belief(up + step[:3], bias + step[3:], (covariance + covariance.T) / 2)


def _usable(force: FloatArray) -> bool:
    return USABLE_FORCE[0] < _length(force) < USABLE_FORCE[1]


def _length(vector: FloatArray) -> float:
    """NumPy's norm gives other threads a turn each time; hundreds of samples a second then wait for them."""
    x, y, z = vector.tolist()
    return math.sqrt(x * x + y * y + z * z)


def _reading(sample: ImuSample) -> FloatArray:
    rate = np.zeros(3) if sample.angular_velocity is None else sample.angular_velocity
    return np.concatenate([rate, sample.linear_acceleration])


def _cross_matrix(v: FloatArray) -> FloatArray:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def rotation_vector_matrix(vector: FloatArray) -> FloatArray:
    """(3, 3) rotation about `vector` by its length in radians (Rodrigues)."""
    angle = _length(vector)
    if angle < 1e-9:
        return np.eye(3) + _cross_matrix(vector)
    x, y, z = (vector / angle).tolist()
    c, s = math.cos(angle), math.sin(angle)
    k = 1 - c
    return np.array(
        [
            [c + k * x * x, k * x * y - s * z, k * x * z + s * y],
            [k * x * y + s * z, c + k * y * y, k * y * z - s * x],
            [k * x * z - s * y, k * y * z + s * x, c + k * z * z],
        ]
    )
