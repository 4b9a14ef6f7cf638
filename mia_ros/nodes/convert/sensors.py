# SPDX-License-Identifier: Apache-2.0
"""CameraInfo <-> Camera, Imu <-> ImuSample, and the messages of a simulated robot's other sensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.camera import Camera, Roi
from mia_ros.errors import CameraError, MessageError
from mia_ros.nodes.convert.factory import Messages
from mia_ros.nodes.convert.stamps import header, read_stamp
from mia_ros.orientation import given_orientation
from mia_ros.tilt_filter import ImuSample

#: The first element of a covariance that says "there is no such reading" (sensor_msgs/Imu).
ABSENT = -1.0


def read_camera(message: Any, *, rectified: bool = False, rotate: int = 0) -> Camera:
    """The Camera of a CameraInfo; `rectified` and `rotate` as in Camera.from_camera_info."""
    roi = message.roi
    return Camera.from_camera_info(
        int(message.width),
        int(message.height),
        _matrix(message, "k"),
        _matrix(message, "d"),
        message.distortion_model,
        P=_matrix(message, "p"),
        binning_x=int(message.binning_x),
        binning_y=int(message.binning_y),
        roi=Roi(int(roi.x_offset), int(roi.y_offset), int(roi.width), int(roi.height)),
        rectified=rectified,
        rotate=rotate,
    )


def camera_info_message(messages: Messages, camera: Camera, stamp: int, frame_id: str) -> Any:
    """sensor_msgs/CameraInfo of the frames as they arrive."""
    if camera.rotate:
        raise CameraError(f"rotate: {camera.rotate}; a camera_info describes the frame before it is turned")
    fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
    # Drivers say of a lens without distortion that it is plumb_bob with zeros; not all readers know another way.
    ideal = camera.lens.model == "none"
    return messages.make(
        "sensor_msgs/msg/CameraInfo",
        header=header(messages, stamp, frame_id),
        height=camera.height,
        width=camera.width,
        distortion_model="plumb_bob" if ideal else camera.lens.model,
        d=messages.sequence(np.zeros(5) if ideal else np.array(camera.lens.coefficients, np.float64)),
        k=np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1], np.float64),
        r=np.eye(3).reshape(-1),
        p=np.array([fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0], np.float64),
        binning_x=0,
        binning_y=0,
        roi=messages.make(
            "sensor_msgs/msg/RegionOfInterest", x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
        ),
    )


def read_imu(message: Any) -> ImuSample:
    """The reading of an Imu; None for the angular velocity or the orientation that the message declares absent."""
    if _absent(message.linear_acceleration_covariance):
        raise MessageError("linear_acceleration_covariance: -1, no accelerometer; gravity needs one")
    rate = None if _absent(message.angular_velocity_covariance) else _vector(message.angular_velocity)
    q = message.orientation
    orientation = given_orientation((q.x, q.y, q.z, q.w), message.orientation_covariance)
    return ImuSample(read_stamp(message), rate, _vector(message.linear_acceleration), orientation)


def imu_message(
    messages: Messages, sample: ImuSample, frame_id: str, *, rate_sigma: float = 0.0, force_sigma: float = 0.0
) -> Any:
    """sensor_msgs/Imu; one standard deviation of the readings in rad/s and m/s^2, 0 for not known."""
    x, y, z, w = sample.orientation or (0.0, 0.0, 0.0, 1.0)
    rate = sample.angular_velocity
    return messages.make(
        "sensor_msgs/msg/Imu",
        header=header(messages, sample.stamp, frame_id),
        orientation=messages.make("geometry_msgs/msg/Quaternion", x=float(x), y=float(y), z=float(z), w=float(w)),
        orientation_covariance=_covariance(0.0, absent=sample.orientation is None),
        angular_velocity=vector_message(messages, np.zeros(3) if rate is None else rate),
        angular_velocity_covariance=_covariance(rate_sigma, absent=rate is None),
        linear_acceleration=vector_message(messages, sample.linear_acceleration),
        linear_acceleration_covariance=_covariance(force_sigma),
    )


def fix_message(
    messages: Messages, stamp: int, frame_id: str, position: tuple[float, float, float], sigma: float
) -> Any:
    """sensor_msgs/NavSatFix: latitude, longitude (degrees), height (m), and one standard deviation of each, m."""
    lat, lon, height = position
    return messages.make(
        "sensor_msgs/msg/NavSatFix",
        header=header(messages, stamp, frame_id),
        status=messages.make("sensor_msgs/msg/NavSatStatus", status=0, service=1),
        latitude=float(lat),
        longitude=float(lon),
        altitude=float(height),
        position_covariance=np.diag([sigma**2, sigma**2, (2 * sigma) ** 2]).reshape(-1),
        position_covariance_type=2,  # the diagonal is known
    )


def vector_message(messages: Messages, values: Sequence[float] | FloatArray) -> Any:
    """geometry_msgs/Vector3."""
    x, y, z = (float(value) for value in values)
    return messages.make("geometry_msgs/msg/Vector3", x=x, y=y, z=z)


def _matrix(message: Any, name: str) -> FloatArray:
    """ROS 2 writes these fields small, ROS 1 large."""
    values = getattr(message, name) if hasattr(message, name) else getattr(message, name.upper())
    return np.asarray(values, np.float64)


def _vector(message: Any) -> FloatArray:
    return np.array([message.x, message.y, message.z], np.float64)


def _absent(covariance: Sequence[float]) -> bool:
    return len(covariance) > 0 and covariance[0] == ABSENT


def _covariance(sigma: float, *, absent: bool = False) -> FloatArray:
    values = np.eye(3).reshape(-1) * sigma**2
    if absent:
        values[0] = ABSENT
    return values
