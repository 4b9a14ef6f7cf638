# SPDX-License-Identifier: Apache-2.0
"""Rotations and positions <-> quaternions, poses, transforms and odometry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mia_ros.arrays import Array, FloatArray
from mia_ros.errors import MessageError
from mia_ros.gravity import Gravity, rotation_from_quaternion
from mia_ros.nodes.convert.factory import Messages
from mia_ros.nodes.convert.sensors import vector_message
from mia_ros.nodes.convert.stamps import header, read_stamp
from mia_ros.transform import Transform

__all__ = [
    "Transform",
    "bev_pose",
    "odometry_message",
    "pose_message",
    "quaternion_of",
    "read_pose",
    "read_transforms",
    "transforms_message",
]

#: Axes of the BEV frame (x forward, y left, z up), as columns in the level camera frame (x right, y down, z forward).
_BEV_IN_LEVEL = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


def quaternion_of(rotation: Array) -> tuple[float, float, float, float]:
    """x, y, z, w of a (3, 3) rotation, w >= 0."""
    m = np.asarray(rotation, np.float64)
    # The largest of the four is found first: dividing by a small one loses digits.
    xx, yy, zz = m.diagonal()
    squares = np.array([xx - yy - zz, yy - xx - zz, zz - xx - yy, xx + yy + zz])
    largest = int(squares.argmax())
    products = np.array(
        [
            [1 + squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], 1 + squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 + squares[2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + squares[3]],
        ]
    )[largest]
    products = products / np.linalg.norm(products)
    x, y, z, w = (products if products[3] >= 0 else -products).tolist()
    return x, y, z, w


def bev_pose(gravity: Gravity, camera_height: float) -> tuple[FloatArray, FloatArray]:
    """Rotation and translation of the BEV frame in the camera optical frame: on the ground under the camera."""
    return np.asarray(gravity.rotation() @ _BEV_IN_LEVEL), gravity.vector * camera_height


def transforms_message(messages: Messages, transforms: list[Transform]) -> Any:
    """tf2_msgs/TFMessage."""
    return messages.make("tf2_msgs/msg/TFMessage", transforms=[_transform(messages, each) for each in transforms])


def read_transforms(message: Any) -> list[Transform]:
    """All of a TFMessage."""
    return [_read_transform(each) for each in message.transforms]


def pose_message(messages: Messages, stamp: int, frame_id: str, rotation: Array, translation: Array) -> Any:
    """geometry_msgs/PoseStamped."""
    return messages.make(
        "geometry_msgs/msg/PoseStamped",
        header=header(messages, stamp, frame_id),
        pose=_pose(messages, rotation, translation),
    )


def read_pose(message: Any) -> tuple[FloatArray, FloatArray]:
    """Rotation (3, 3) and translation (3,) of a PoseStamped, an Odometry or a plain Pose."""
    pose = message
    while hasattr(pose, "pose"):
        pose = pose.pose
    p, q = pose.position, pose.orientation
    return _finite("pose", rotation_from_quaternion(q.x, q.y, q.z, q.w), np.array([p.x, p.y, p.z], np.float64))


def odometry_message(
    messages: Messages, stamp: int, frames: tuple[str, str], position: Array, yaw: float, speed: float, yaw_rate: float
) -> Any:
    """nav_msgs/Odometry of wheels: in the plane; `frames` are the odometry's and the base's."""
    c, s = math.cos(yaw), math.sin(yaw)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    twist = messages.make(
        "geometry_msgs/msg/Twist",
        linear=vector_message(messages, (speed, 0.0, 0.0)),
        angular=vector_message(messages, (0.0, 0.0, yaw_rate)),
    )
    return messages.make(
        "nav_msgs/msg/Odometry",
        header=header(messages, stamp, frames[0]),
        child_frame_id=frames[1],
        pose=messages.make(
            "geometry_msgs/msg/PoseWithCovariance", pose=_pose(messages, rotation, position), covariance=np.zeros(36)
        ),
        twist=messages.make("geometry_msgs/msg/TwistWithCovariance", twist=twist, covariance=np.zeros(36)),
    )


def _transform(messages: Messages, transform: Transform) -> Any:
    return messages.make(
        "geometry_msgs/msg/TransformStamped",
        header=header(messages, transform.stamp, transform.parent),
        child_frame_id=transform.child,
        transform=messages.make(
            "geometry_msgs/msg/Transform",
            translation=vector_message(messages, transform.translation),
            rotation=_quaternion(messages, transform.rotation),
        ),
    )


def _read_transform(message: Any) -> Transform:
    t, q = message.transform.translation, message.transform.rotation
    rotation, translation = _finite(
        f"transform to {message.child_frame_id}",
        rotation_from_quaternion(q.x, q.y, q.z, q.w),
        np.array([t.x, t.y, t.z], np.float64),
    )
    # ROS 1 still wrote frames with a slash in front.
    parent, child = message.header.frame_id.lstrip("/"), message.child_frame_id.lstrip("/")
    return Transform(parent, child, read_stamp(message), rotation, translation)


def _finite(what: str, rotation: FloatArray, translation: FloatArray) -> tuple[FloatArray, FloatArray]:
    if not np.isfinite(translation).all():
        raise MessageError(f"{what}: position {translation.tolist()} is not finite")
    return rotation, translation


def _pose(messages: Messages, rotation: Array, translation: Array) -> Any:
    x, y, z = (float(value) for value in translation)
    return messages.make(
        "geometry_msgs/msg/Pose",
        position=messages.make("geometry_msgs/msg/Point", x=x, y=y, z=z),
        orientation=_quaternion(messages, rotation),
    )


def _quaternion(messages: Messages, rotation: Array) -> Any:
    x, y, z, w = quaternion_of(rotation)
    return messages.make("geometry_msgs/msg/Quaternion", x=x, y=y, z=z, w=w)
