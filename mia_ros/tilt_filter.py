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
        return -self.up / float(np.linalg.norm(self.up))

    @property
    def sigma(self) -> float:
        """One standard deviation of the direction, radians, of the worse of its two axes; pi if nothing is known."""
        if not self.known:
            return math.pi
        norm = float(np.linalg.norm(self.up))
        across = np.eye(3) - np.outer(self.up, self.up) / norm**2
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
    turned = _predicted(state, sample, noise, dt)
    turned = _watched(turned, noise, dt)
    turned = _felt(turned, noise, dt)
    if turned.resting and sample.angular_velocity is not None:
        turned = _rested(turned, noise, dt)
    trust = state.trust.after(sample.orientation, turned.down, turned.sigma, turned.rate, dt)
    return replace(turned, trust=trust)


def _predicted(state: TiltState, sample: ImuSample, noise: TiltNoise, dt: float) -> TiltState:
    """Turn `up` by the gyroscope; what the gyroscope may have missed widens the covariance."""
    new = replace(state, sample=sample)
    rate = (state.rate + new.rate) / 2 if sample.angular_velocity is not None else np.zeros(3)
    rotation = rotation_vector_matrix(-rate * dt)
    up = rotation @ state.up
    transition = np.eye(6)
    transition[:3, :3] = rotation
    transition[:3, 3:] = -_cross_matrix(state.up) * dt
    variance = (noise.gyro**2 + noise.gyro_scale**2 * float(rate @ rate)) * dt
    unseen = dt if sample.angular_velocity is None else max(0.0, dt - noise.gap)
    variance += (noise.unseen_rate * unseen) ** 2
    covariance = transition @ state.covariance @ transition.T
    lever = _cross_matrix(up)
    covariance[:3, :3] += variance * lever @ lever.T
    covariance[3:, 3:] += np.eye(3) * noise.bias_walk**2 * dt
    return replace(new, up=up, covariance=covariance)


def _felt(state: TiltState, noise: TiltNoise, dt: float) -> TiltState:
    """Correct `up` by the accelerometer, the less the more it shakes. The rate of samples does not matter."""
    force = state.sample.linear_acceleration
    deviation = abs(_length(force) - STANDARD_GRAVITY)
    shake = max(deviation, state.shake * math.exp(-dt / noise.shaking_memory))
    state = replace(state, shake=shake)
    if not _usable(force) or not state.known:
        return state
    ride = noise.rest_ride if state.resting else noise.ride
    variance = (ride**2 + (noise.shaking * shake) ** 2) * max(noise.persistence / max(dt, 1e-4), 1.0)
    return _corrected(state, slice(0, 3), force - state.up, variance * np.eye(3))


def _watched(state: TiltState, noise: TiltNoise, dt: float) -> TiltState:
    """Keep the running mean and spread of the readings, and since when the sensor has been at rest."""
    keep = math.exp(-2 * dt / noise.rest_time)
    reading = _reading(state.sample)
    mean = keep * state.mean + (1 - keep) * reading
    spread = keep * state.spread + (1 - keep) * (reading - mean) ** 2
    moving = (
        spread[:3].max() > noise.rest_gyro**2
        or spread[3:].max() > noise.rest_force**2
        or _length(mean[:3]) > noise.rest_rate
    )
    moved_at = state.sample.stamp if moving else state.moved_at
    resting = (state.sample.stamp - moved_at) * 1e-9 >= noise.rest_time
    return replace(state, mean=mean, spread=spread, moved_at=moved_at, resting=resting)


def _rested(state: TiltState, noise: TiltNoise, dt: float) -> TiltState:
    """What the gyroscope shows at rest is its bias, except about the vertical: there a smooth turn looks the same."""
    variance = noise.rest_creep**2 * noise.rest_time / max(dt, 1e-4) * np.eye(3)
    variance += noise.unseen_rate**2 * np.outer(state.down, state.down) * noise.rest_time / max(dt, 1e-4)
    return _corrected(state, slice(3, 6), state.mean[:3] - state.bias, variance)


def _corrected(state: TiltState, seen: slice, difference: FloatArray, variance: FloatArray) -> TiltState:
    """The Kalman update for three states that are measured directly."""
    gain = state.covariance[:, seen] @ np.linalg.inv(state.covariance[seen, seen] + variance)
    step = gain @ difference
    covariance = state.covariance - gain @ state.covariance[seen]
    covariance = (covariance + covariance.T) / 2
    return replace(state, up=state.up + step[:3], bias=state.bias + step[3:], covariance=covariance)


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
