# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Gravity, GravityFilter
from mia_ros.triples import turn
from offline_tools.simworld.drive import VEHICLES, DrivePlan, Mount, plan_drive

DOWNWARDS = np.array([0.0, 0.0, -9.80665])
#: An IMU off the axes, turned, and high up: what is wrong with levers or axes shows.
ODD = Mount(x=-0.3, y=0.2, z=0.8, roll=2.0, pitch=-0.4, yaw=1.1)


def integrated(drive):
    """Attitude and position of the IMU at the end, from the true start and its readings alone."""
    imu, motion, mount = drive.imu, drive.motion, drive.plan.imu
    times = (imu.stamps - drive.epoch) * 1e-9
    rotation = motion.rotation(times[:1])[0] @ mount.rotation
    near = motion.position_of(times[0] + np.array([-1e-4, 1e-4]), mount.position)
    place, velocity = near.mean(0), (near[1] - near[0]) / 2e-4
    for k in range(len(times) - 1):
        step = times[k + 1] - times[k]
        turned = rotation @ np.reshape(turn((imu.rate[k] + imu.rate[k + 1]) / 2 * step), (3, 3))
        before, after = rotation @ imu.force[k] + DOWNWARDS, turned @ imu.force[k + 1] + DOWNWARDS
        place = place + velocity * step + (2 * before + after) * step**2 / 6
        velocity = velocity + (before + after) / 2 * step
        rotation = turned
    return rotation, place, times[-1:]


@pytest.mark.parametrize("kind", VEHICLES)
def test_an_ideal_imu_leads_to_the_true_attitude_and_place_after_30_s(town, kind):
    drive = plan_drive(town, DrivePlan(kind=kind, seconds=30, seed=3, imu=ODD, imu_grade="ideal"))
    rotation, place, end = integrated(drive)
    true = drive.motion.rotation(end)[0] @ ODD.rotation
    angle = math.acos(min(1.0, (np.trace(rotation.T @ true) - 1) / 2))
    assert math.degrees(angle) < 0.05
    assert np.linalg.norm(place - drive.motion.position_of(end, ODD.position)[0]) < 0.1


def test_at_rest_it_feels_gravity_upwards(town):
    drive = plan_drive(town, DrivePlan(seconds=5, seed=3, imu=Mount(), imu_grade="ideal"))
    resting = drive.imu.force[:60]
    assert np.linalg.norm(resting, axis=1) == pytest.approx(9.80665, abs=0.05)
    assert (resting[:, 2] > 9.7).all()


def test_speeding_up_is_felt_ahead_and_a_left_bend_to_the_left(town):
    drive = plan_drive(town, DrivePlan(seconds=60, seed=3, imu=Mount(), imu_grade="ideal"))
    times = (drive.imu.stamps - drive.epoch) * 1e-9
    velocity, gravity = drive.motion.velocity(times), drive.motion.rotation(times)[:, 2] * 9.80665
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    felt = drive.imu.force - gravity
    slow = np.ones(100) / 100
    ahead, across = (np.convolve(felt[:, axis], slow, "same") for axis in (0, 1))
    assert np.corrcoef(ahead, np.convolve(np.gradient(speed, times), slow, "same"))[0, 1] > 0.9
    assert np.corrcoef(across, np.convolve(speed * drive.imu.rate[:, 2], slow, "same"))[0, 1] > 0.9


def test_noise_and_bias_are_as_the_grade_states_them(town):
    drive = plan_drive(town, DrivePlan(seconds=120, seed=3, imu_grade="industrial", imu_hz=100))
    errors = drive.imu.rate - drive.imu.true_rate
    # White noise of density n, sampled at f, has a standard deviation of n sqrt(f); differences of two, sqrt(2) more.
    assert np.diff(errors, axis=0).std() == pytest.approx(1.6968e-4 * math.sqrt(2 * 100), rel=0.05)
    assert 0 < np.abs(errors.mean(0)).max() < 0.02


@pytest.mark.parametrize(
    ("kind", "mount", "limit_deg"),
    [
        ("wheelchair", Mount(x=0.3, z=1.1), 2.0),
        ("wheelchair", Mount(x=0.3, z=1.1, pitch=0.5, roll=-0.2, yaw=0.3), 2.0),
        ("sidewalk_robot", Mount(z=0.7, roll=math.pi / 2), 2.5),
        ("pedestrian", Mount(z=1.5, pitch=0.3), 4.0),
    ],
)
def test_the_gravity_filter_finds_gravity_in_the_camera(town, kind, mount, limit_deg):
    drive = plan_drive(town, DrivePlan(kind=kind, seconds=20, seed=1, camera=mount))
    gravity = GravityFilter(drive.imu_to_camera)
    samples = iter(drive.imu.samples())
    errors = []
    for k, stamp in enumerate(drive.stamps.tolist()):
        while gravity.newest is None or gravity.newest < stamp:
            gravity.add(next(samples))
        errors.append(math.degrees(gravity.at(stamp).gravity.angle_to(drive.gravity(k))))
    assert np.percentile(errors, 95) < limit_deg
    assert np.median(errors) < limit_deg / 2


def test_a_level_camera_that_looks_ahead_sees_gravity_at_the_bottom_and_its_mounting_tilts_it(town):
    level = plan_drive(town, DrivePlan(seconds=5, seed=3, camera=Mount(z=1.0)))
    assert level.gravity(0).angle_to(Gravity(0.0, 1.0, 0.0)) < math.radians(6)
    down = plan_drive(town, DrivePlan(seconds=5, seed=3, camera=Mount(z=1.0, pitch=0.3)))
    assert down.gravity(0).pitch - level.gravity(0).pitch == pytest.approx(0.3, abs=1e-3)
