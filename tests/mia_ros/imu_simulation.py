# SPDX-License-Identifier: Apache-2.0
"""A moving IMU with known attitude: smooth random motion, rigid-body kinematics, a sensor with noise and bias."""

from dataclasses import dataclass, replace

import numpy as np

from mia_ros.tilt_filter import ImuSample

GRAVITY = 9.80665


@dataclass(frozen=True)
class Ride:
    """Stamps (ns) with what the sensor reads and its down, (N, 3) each in its axes; world_to_imu (N, 3, 3)."""

    stamps: np.ndarray
    rate: np.ndarray
    force: np.ndarray
    down: np.ndarray
    world_to_imu: np.ndarray

    def samples(self) -> list[ImuSample]:
        return [ImuSample(int(t), w, a) for t, w, a in zip(self.stamps, self.rate, self.force, strict=True)]

    def mounted(self, rotation: np.ndarray) -> "Ride":
        """The same ride felt by a sensor in another attitude; `rotation` takes vectors of these axes to its own."""
        turned = {name: getattr(self, name) @ rotation.T for name in ("rate", "force", "down")}
        return replace(self, world_to_imu=rotation @ self.world_to_imu, **turned)


def ride(
    seed: int,
    seconds: float = 20,
    rest: float = 2.0,
    tilt: float = 0.07,
    turn: float = 0.4,
    acceleration: float = 0.5,
    shaking: float = 0.3,
    bias: float = 0.01,
    rate_hz: float = 200,
) -> Ride:
    """`rest` seconds at rest, then rolling and pitching (rms rad), turning (rms rad/s), accelerating (rms m/s^2)."""
    random = np.random.default_rng(seed)
    n = int(seconds * rate_hz)
    time = np.arange(n) / rate_hz
    moving = np.clip(time - rest, 0, 1)
    roll, pitch = (tilt * _smooth(random, time, 0.7) * moving for _ in range(2))
    yaw = np.cumsum(turn * _smooth(random, time, 0.3) * moving) / rate_hz
    world_to_imu = np.stack([_attitude(*angles).T for angles in zip(roll, pitch, yaw, strict=True)])
    push = np.stack(
        [acceleration * _smooth(random, time, 0.5), 0.5 * acceleration * _smooth(random, time, 0.5), 0 * time], 1
    )
    push += np.stack([shaking * _smooth(random, time, 20) for _ in range(3)], 1)
    up = world_to_imu[:, :, 2]
    force = GRAVITY * up + push * moving[:, None] + random.normal(0, 0.03, (n, 3))
    direction = random.normal(size=3)
    rate = _body_rates(world_to_imu, rate_hz) + bias * direction / np.linalg.norm(direction)
    rate += random.normal(0, 0.002, (n, 3))
    return Ride((1e18 + time * 1e9).astype(np.int64), rate, force, -up, world_to_imu)


def _smooth(random: np.random.Generator, time: np.ndarray, highest_hz: float) -> np.ndarray:
    """Band-limited noise of rms 1."""
    steps = np.arange(1, max(2, int(highest_hz * time[-1])))
    phase, weight = random.uniform(0, 2 * np.pi, len(steps)), random.normal(size=len(steps))
    wave = (weight[:, None] * np.cos(2 * np.pi * steps[:, None] * time / time[-1] + phase[:, None])).sum(0)
    return wave / wave.std()


def _attitude(roll: float, pitch: float, yaw: float) -> np.ndarray:
    cr, sr, cp, sp, cy, sy = (f(a) for a in (roll, pitch, yaw) for f in (np.cos, np.sin))
    rz = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    ry = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    rx = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    return rz @ ry @ rx


def _body_rates(world_to_imu: np.ndarray, rate_hz: float) -> np.ndarray:
    """Angular velocity in the sensor's axes, by central differences of the attitude."""
    change = np.einsum("nij,nkj->nik", world_to_imu[:-2], world_to_imu[2:])
    skew = (change - change.transpose(0, 2, 1)) / 4 * rate_hz
    rates = np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], 1)
    return np.concatenate([rates[:1], rates, rates[-1:]])
