# SPDX-License-Identifier: Apache-2.0
"""Small bags for tests."""

from pathlib import Path

import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore

from mia_ros import Gravity, GridSpec, ImuSample, SemanticMap
from mia_ros.bag import BagWriter
from mia_ros.nodes.convert import MapOrigin, imu_message, semantic_map_message

STORAGES = ("mcap", "sqlite3")


def imu_at(messages, stamp):
    return imu_message(messages, ImuSample(stamp, np.array([0.1, 0.2, stamp % 7]), np.array([0.0, 0.0, 9.8])), "imu")


def map_at(messages, stamp):
    grid = GridSpec(3, 5, 0.5)
    layers = np.full((6, 3, 5), 0.5, np.float32)
    sent = SemanticMap(layers, np.ones((3, 5), bool), stamp, grid)
    return semantic_map_message(messages, sent, "camera_bev", MapOrigin(Gravity(0.0, 1.0, 0.0)))


def write_bag(path: Path, storage: str = "mcap", count: int = 20) -> Path:
    """`count` IMU messages 10 ns apart from 1,000 ns on, received 3 ns later; two maps."""
    with BagWriter(path, storage, {"made_by": "a test"}) as bag:
        bag.add_topic("/imu/data", "sensor_msgs/msg/Imu")
        bag.add_topic("/map", "mia_ros/msg/BevSemanticMap")
        for k in range(count):
            bag.write("/imu/data", imu_at(bag.messages, 1000 + 10 * k), 1003 + 10 * k)
            if k in {5, 9}:
                bag.write("/map", map_at(bag.messages, 1000 + 10 * k), 1004 + 10 * k)
    return path


def write_ros1_bag(path: Path, count: int = 20) -> Path:
    """The same IMU messages as ROS 1 has them."""
    store = get_typestore(Stores.ROS1_NOETIC)
    kinds = store.types
    with Ros1Writer(path) as bag:
        topic = bag.add_connection("/imu/data", "sensor_msgs/msg/Imu", typestore=store)
        for k in range(count):
            stamp = kinds["builtin_interfaces/msg/Time"](0, 1000 + 10 * k)
            vector, turn = kinds["geometry_msgs/msg/Vector3"], kinds["geometry_msgs/msg/Quaternion"]
            message = kinds["sensor_msgs/msg/Imu"](
                kinds["std_msgs/msg/Header"](k, stamp, "/imu"),
                turn(0.0, 0.0, 0.0, 1.0),
                np.array([-1.0] + [0.0] * 8),
                vector(0.1, 0.2, 0.3),
                np.zeros(9),
                vector(0.0, 0.0, 9.8),
                np.zeros(9),
            )
            bag.write(topic, 1003 + 10 * k, store.serialize_ros1(message, "sensor_msgs/msg/Imu"))
    return path
