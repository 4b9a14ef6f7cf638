# SPDX-License-Identifier: Apache-2.0
"""The gravity filter on real and recorded sensors, sample by sample as a live node would feed it."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from mia_ros.gravity import Gravity, rotation_from_quaternion
from mia_ros.gravity_filter import GravityFilter
from mia_ros.orientation import given_orientation
from mia_ros.tilt_filter import ImuSample

START = 1574120714  # of the sidewalk recording, s: its bag time minus this is t_s of the truth
SETTLED = 2.0


def messages(bag: Path, kinds: tuple[str, ...]) -> Iterator[Any]:
    with AnyReader([bag]) as reader:
        wanted = [connection for connection in reader.connections if connection.msgtype in kinds]
        for connection, _, raw in reader.messages(wanted):
            yield reader.deserialize(raw, connection.msgtype)


def stamp_of(message: Any) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def imu_samples(bag: Path, with_orientation: bool) -> Iterator[ImuSample]:
    for message in messages(bag, ("sensor_msgs/msg/Imu",)):
        yield imu_sample(message, with_orientation)


def imu_sample(message: Any, with_orientation: bool) -> ImuSample:
    quaternion, rate, force = message.orientation, message.angular_velocity, message.linear_acceleration
    orientation = given_orientation(
        (quaternion.x, quaternion.y, quaternion.z, quaternion.w), message.orientation_covariance.tolist()
    )
    return ImuSample(
        stamp_of(message),
        np.array([rate.x, rate.y, rate.z]),
        np.array([force.x, force.y, force.z]),
        orientation if with_orientation else None,
    )


def walk_truth(shared: Path) -> list[dict[str, float]]:
    """Rows of the camera maker's attitude, one per video frame."""
    text = (shared / "data/photos/gopro_max_sidewalk/frame_orientation.csv").read_text()
    return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(text.splitlines())]


def rmse_deg(angles: list[float]) -> float:
    return math.degrees(np.sqrt(np.mean(np.square(angles))))


@pytest.mark.parametrize("with_orientation", [True, False])
def test_gravity_in_the_image_of_a_walk(shared: Path, with_orientation: bool) -> None:
    """IMU and /tf alone against the camera maker's gravity in the image: at most 1 deg RMSE after the first 2 s."""
    bag = shared / "data" / "bags" / "gopro_sidewalk_mcap"
    truth = {row["t_s"]: Gravity.from_vector([row[f"grav_img_{axis}"] for axis in "xyz"]) for row in walk_truth(shared)}
    filter_, errors = GravityFilter(), []
    for message in messages(bag, ("sensor_msgs/msg/Imu", "tf2_msgs/msg/TFMessage")):
        if message.__msgtype__ == "sensor_msgs/msg/Imu":
            filter_.add(imu_sample(message, with_orientation))
            continue
        for transform in message.transforms:
            assert transform.header.frame_id == "gopro_imu"
            assert transform.child_frame_id == "camera_optical_frame"
            stamp, q = stamp_of(transform), transform.transform.rotation
            time = stamp * 1e-9 - START
            nearest = min(truth, key=lambda known, time=time: abs(known - time))
            if time < min(truth) + SETTLED or abs(nearest - time) > 2e-3:
                continue
            camera_to_imu = rotation_from_quaternion(q.x, q.y, q.z, q.w)
            estimate = filter_.at(stamp, camera_to_imu.T)
            errors.append(estimate.gravity.angle_to(truth[nearest]))
    assert len(errors) > 200
    assert rmse_deg(errors) < 1.0


def test_roll_and_pitch_of_the_body_of_a_walk(shared: Path) -> None:
    """The IMU alone, its orientation ignored. Axes forward, left, up: pitching down is positive, right side down is."""
    filter_, times, pitch, roll = GravityFilter(np.eye(3)), [], [], []
    for sample in imu_samples(shared / "data/bags/gopro_sidewalk_mcap", with_orientation=False):
        filter_.add(sample)
        forward, left, up = filter_.at(sample.stamp).gravity.vector
        times.append(sample.stamp * 1e-9 - START)
        pitch.append(math.degrees(math.asin(forward)))
        roll.append(math.degrees(math.atan2(-left, -up)))
    rows = walk_truth(shared)
    late = [row for row in rows if row["t_s"] > rows[0]["t_s"] + SETTLED]
    at = [row["t_s"] for row in late]
    for name, values in (("body_pitch_down_deg", pitch), ("body_roll_deg", roll)):
        truth = np.array([row[name] for row in late])
        assert np.abs(truth).max() > 3, "a sign error could hide in a level recording"
        error = np.interp(at, times, values) - truth
        assert np.sqrt((error**2).mean()) < 1.0, name


def test_a_simulated_robot_s_orientation_agrees_with_its_accelerometer(shared: Path) -> None:
    """A wheeled robot that brakes and turns; its simulator's orientation is the truth, and kept from the filter."""
    bag = shared / "data/bags/jackal_25s_ros2_db3"
    filter_, errors, first = GravityFilter(np.eye(3)), [], None
    for sample in imu_samples(bag, with_orientation=True):
        filter_.add(sample._replace(orientation=None))
        first = first if first is not None else sample.stamp
        assert sample.orientation is not None
        truth = Gravity.from_quaternion(*sample.orientation)
        if sample.stamp > first + SETTLED * 1e9:
            errors.append(filter_.at(sample.stamp).gravity.angle_to(truth))
    assert rmse_deg(errors) < 1.0


@pytest.mark.parametrize("name", ["ardrone_imu.bag", "sparkfun_razor.bag"])
def test_orientations_that_contradict_gravity_are_caught(shared: Path, name: str) -> None:
    """One log tilts its orientation 11 deg at rest, the other leaves an identity quaternion in a sensor on its side."""
    filter_, sources, at_rest = GravityFilter(np.eye(3)), [], []
    for sample in imu_samples(shared / "data/imu/imu_tools" / name, with_orientation=True):
        filter_.add(sample)
        sources.append(filter_.at(sample.stamp).source)
        at_rest.append(sample)
    assert sources[150] == "accelerometer"
    force = np.mean([sample.linear_acceleration for sample in at_rest[-40:]], 0)
    if name.startswith("sparkfun"):  # it lies still at the end: the accelerometer is the truth
        assert filter_.at(at_rest[-1].stamp).gravity.angle_to(Gravity.from_vector(-force)) < math.radians(2)
