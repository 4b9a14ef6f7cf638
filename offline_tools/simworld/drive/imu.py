# SPDX-License-Identifier: Apache-2.0
"""The IMU: what it would feel of a motion, and what its sensors make of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.tilt_filter import STANDARD_GRAVITY, ImuSample
from offline_tools.simworld.drive.motion import Motion
from offline_tools.simworld.drive.mounting import Mount


@dataclass(frozen=True)
class ImuGrade:
    """Noise densities (rad/s/sqrt(Hz), m/s^2/sqrt(Hz)), bias at the start (one sigma) and its walk (per sqrt(s))."""

    gyro_noise: float
    accel_noise: float
    gyro_bias: float
    accel_bias: float
    gyro_walk: float
    accel_walk: float


GRADES = {
    "ideal": ImuGrade(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    # Bosch BMI160, as phones have it: noise and walk as published with the TUM VI data set, of that chip. Biases: a
    # tenth of the data sheet's offsets of 3 deg/s and 40 mg, because a phone calibrates itself.
    "phone": ImuGrade(1.6e-4, 2.8e-3, 0.005, 0.04, 2.2e-5, 8.6e-4),
    # Analog Devices ADIS16448: noise and walk as in the EuRoC MAV data set's sensor.yaml. Biases: half and a
    # quarter of the data sheet's initial errors of 0.5 deg/s and 20 mg, because robots zero them.
    "industrial": ImuGrade(1.6968e-4, 2.0e-3, 0.004, 0.05, 1.9393e-5, 3.0e-3),
}


@dataclass(frozen=True, eq=False)
class ImuReadings:
    """Stamps (N,) ns, angular rate (N, 3) rad/s and specific force (N, 3) m/s^2 in the IMU's axes; up at rest."""

    stamps: IntArray
    rate: FloatArray
    force: FloatArray
    true_rate: FloatArray
    true_force: FloatArray

    def samples(self) -> list[ImuSample]:
        """One by one, as drivers deliver them: without an orientation."""
        return [ImuSample(int(t), w, f) for t, w, f in zip(self.stamps, self.rate, self.force, strict=True)]


def imu_readings(
    motion: Motion, times: FloatArray, stamps: IntArray, mount: Mount, grade: ImuGrade, random: np.random.Generator
) -> ImuReadings:
    """What an IMU on the body reads at `times` (s)."""
    to_imu = mount.rotation
    rate = motion.angular_velocity(times) @ to_imu
    felt = motion.acceleration_of(times, mount.position)
    felt[:, 2] += STANDARD_GRAVITY
    force = np.einsum("nji,nj->ni", motion.rotation(times), felt) @ to_imu
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    noisy_rate = rate + _errors(len(times), step, (grade.gyro_noise, grade.gyro_bias, grade.gyro_walk), random)
    noisy_force = force + _errors(len(times), step, (grade.accel_noise, grade.accel_bias, grade.accel_walk), random)
    return ImuReadings(stamps, noisy_rate, noisy_force, rate, force)


def _errors(count: int, step: float, grade: tuple[float, float, float], random: np.random.Generator) -> FloatArray:
    """(count, 3): white noise, a bias, and its random walk."""
    noise, bias, walk = grade
    white = random.normal(size=(count, 3)) * noise / np.sqrt(step)
    wander = np.cumsum(random.normal(size=(count, 3)), 0) * walk * np.sqrt(step)
    return np.asarray(white + wander + random.normal(size=3) * bias)
