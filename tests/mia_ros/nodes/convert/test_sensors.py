# SPDX-License-Identifier: Apache-2.0
from types import SimpleNamespace

import numpy as np
import pytest

from mia_ros import Camera, ImuSample
from mia_ros.errors import CameraError, MessageError
from mia_ros.lens import Lens
from mia_ros.nodes.convert import camera_info_message, fix_message, imu_message, read_camera, read_imu

CAMERAS = [
    Camera(640, 480, 400.0, 410.0, 320.5, 239.0),
    Camera(640, 480, 400.0, 410.0, 320.5, 239.0, Lens("plumb_bob", (-0.3, 0.1, 0.001, -0.002, 0.0))),
    Camera(800, 600, 300.0, 300.0, 400.0, 300.0, Lens("equidistant", (0.01, 0.0, 0.0, 0.0))),
]


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.lens.model)
def test_a_camera_comes_back_as_it_was_sent(world, camera):
    assert read_camera(world.sent(camera_info_message(world.messages, camera, 5, "camera"))) == camera


def test_rows_and_columns_of_k_are_as_ros_defines_them(world):
    message = camera_info_message(world.messages, CAMERAS[0], 5, "camera")
    assert list(message.k) == [400, 0, 320.5, 0, 410, 239, 0, 0, 1]
    assert list(message.p) == [400, 0, 320.5, 0, 0, 410, 239, 0, 0, 0, 1, 0]


def test_the_region_of_interest_and_the_binning_count(world):
    message = camera_info_message(world.messages, CAMERAS[0], 5, "camera")
    message.roi.x_offset, message.roi.y_offset, message.roi.width, message.roi.height = 100, 50, 400, 300
    message.binning_x = message.binning_y = 2
    camera = read_camera(world.sent(message))
    # 0.5 px more: pixel (0, 0) is the centre of the first pixel, before and after.
    assert (camera.width, camera.height, camera.fx) == (200, 150, 200)
    assert (camera.cx, camera.cy) == ((320.5 - 100 + 0.5) / 2 - 0.5, (239 - 50 + 0.5) / 2 - 0.5)


def test_the_capital_fields_of_ros_1_are_read():
    roi = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    old = SimpleNamespace(
        width=640, height=480, K=[400, 0, 320, 0, 400, 240, 0, 0, 1], D=[], P=[0] * 12, distortion_model="",
        binning_x=0, binning_y=0, roi=roi,
    )  # fmt: skip
    assert read_camera(old) == Camera(640, 480, 400, 400, 320, 240)


def test_a_turned_camera_has_no_camera_info(world):
    with pytest.raises(CameraError, match="rotate: 90"):
        camera_info_message(world.messages, CAMERAS[0].turned(90), 5, "camera")


def test_an_imu_sample_comes_back_as_it_was_sent(world):
    sample = ImuSample(12_000_000_345, np.array([0.1, -0.2, 0.3]), np.array([1.0, 2.0, 9.0]), (0.0, 0.6, 0.0, 0.8))
    message = world.sent(imu_message(world.messages, sample, "imu", rate_sigma=0.01, force_sigma=0.1))
    back = read_imu(message)
    assert (back.stamp, back.orientation) == (sample.stamp, sample.orientation)
    assert (back.angular_velocity == sample.angular_velocity).all()
    assert (back.linear_acceleration == sample.linear_acceleration).all()
    assert list(message.angular_velocity_covariance) == pytest.approx([1e-4, 0, 0, 0, 1e-4, 0, 0, 0, 1e-4])


def test_what_an_imu_does_not_have_is_declared_by_minus_one(world):
    sample = ImuSample(1, None, np.array([0.0, 0.0, 9.8]))
    message = world.sent(imu_message(world.messages, sample, "imu"))
    assert (message.orientation_covariance[0], message.angular_velocity_covariance[0]) == (-1, -1)
    assert (read_imu(message).orientation, read_imu(message).angular_velocity) == (None, None)


def test_an_imu_without_an_accelerometer_is_refused(world):
    message = imu_message(world.messages, ImuSample(1, None, np.zeros(3)), "imu")
    message.linear_acceleration_covariance[0] = -1
    with pytest.raises(MessageError, match="linear_acceleration_covariance: -1"):
        read_imu(message)


def test_a_fix_holds_variances_east_north_and_up(world):
    message = world.sent(fix_message(world.messages, 3, "gps", (53.8, -1.55, 40.0), 1.5))
    assert (message.latitude, message.longitude, message.altitude) == (53.8, -1.55, 40.0)
    assert list(message.position_covariance) == [2.25, 0, 0, 0, 2.25, 0, 0, 0, 9]
