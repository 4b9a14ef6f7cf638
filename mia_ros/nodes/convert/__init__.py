# SPDX-License-Identifier: Apache-2.0
"""All code between ROS messages and arrays, for live topics and for bags alike.

Reading goes by the names of fields alone, so that messages of rclpy, of rosbags, and those of ROS 1 bags will do.
Writing takes a `Messages`, which makes them: `RosMessages` here for rclpy, `mia_ros.bag.BagMessages` for bags. Nothing
of ROS is imported before a RosMessages makes its first message. What contradicts itself raises a MessageError, or the
error of what it describes, that names the field.
"""

from mia_ros.nodes.convert.diagnostics import diagnostics_message
from mia_ros.nodes.convert.factory import Messages, RosMessages
from mia_ros.nodes.convert.images import compressed_image_message, image_message, read_image
from mia_ros.nodes.convert.maps import (
    MapOrigin,
    OccupancyMap,
    occupancy_message,
    read_occupancy,
    read_semantic_map,
    semantic_map_message,
)
from mia_ros.nodes.convert.poses import (
    bev_pose,
    odometry_message,
    pose_message,
    quaternion_of,
    read_pose,
    read_transforms,
    transforms_message,
)
from mia_ros.nodes.convert.sensors import camera_info_message, fix_message, imu_message, read_camera, read_imu
from mia_ros.nodes.convert.stamps import header, read_stamp, stamp_message

__all__ = [
    "MapOrigin",
    "Messages",
    "OccupancyMap",
    "RosMessages",
    "bev_pose",
    "camera_info_message",
    "compressed_image_message",
    "diagnostics_message",
    "fix_message",
    "header",
    "image_message",
    "imu_message",
    "occupancy_message",
    "odometry_message",
    "pose_message",
    "quaternion_of",
    "read_camera",
    "read_image",
    "read_imu",
    "read_occupancy",
    "read_pose",
    "read_semantic_map",
    "read_stamp",
    "read_transforms",
    "semantic_map_message",
    "stamp_message",
    "transforms_message",
]
