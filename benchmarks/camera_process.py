# SPDX-License-Identifier: Apache-2.0
"""A camera and an IMU on ROS topics, and an ear for the mapper's diagnostics; a process of its own for live.py.

python -m benchmarks.camera_process raw 1280 720 30 10: transport, pixels, images per second, seconds. Prints a line of
JSON: how many images went out, and the last diagnostics of the mapper.
"""

import json
import sys
import time

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu

from mia_ros import Camera, Gravity, ImuSample
from mia_ros.nodes.convert import (
    RosMessages,
    camera_info_message,
    compressed_image_message,
    image_message,
    imu_message,
    stamp_message,
)
from mia_ros.street import draw_street

FRAME = "camera_optical_frame"
#: IMU axes to the camera's, as a quaternion: they are the same here. A camera that stands still feels -y.
_FORCE = np.array([0.0, -9.81, 0.0])
_WARM_UP, _IMU_RATE = 3.0, 200.0


def main(transport: str, width: str, height: str, rate: str, seconds: str) -> None:
    """Publish from the moment on that somebody listens."""
    rclpy.init(args=[])
    node = rclpy.create_node("camera")
    messages, statuses = RosMessages(), {}

    def diagnosed(message: DiagnosticArray) -> None:
        for each in message.status:
            statuses[each.name.partition(": ")[2]] = {value.key: value.value for value in each.values}

    node.create_subscription(DiagnosticArray, "/diagnostics", diagnosed, 10)
    kind, topic = (Image, "image") if transport == "raw" else (CompressedImage, "image/compressed")
    images = node.create_publisher(kind, topic, qos_profile_sensor_data)
    infos = node.create_publisher(CameraInfo, "camera_info", qos_profile_sensor_data)
    imu = node.create_publisher(Imu, "imu", qos_profile_sensor_data)
    camera = Camera(int(width), int(height), 0.6 * int(width), 0.6 * int(width), int(width) / 2, int(height) / 2)
    frames = _frames(camera, messages, transport)
    while not (images.get_subscription_count() and imu.get_subscription_count()):
        rclpy.spin_once(node, timeout_sec=0.05)
    info = camera_info_message(messages, camera, 0, FRAME)
    sent, start = 0, time.monotonic()
    next_image, next_imu = start + 0.5, start
    while (now := time.monotonic()) < start + _WARM_UP + float(seconds):
        if now >= next_imu:
            stamp = node.get_clock().now().nanoseconds
            imu.publish(imu_message(messages, ImuSample(stamp, np.zeros(3), _FORCE), FRAME))
            next_imu += 1 / _IMU_RATE
        if now >= next_image:
            stamp = stamp_message(messages, node.get_clock().now().nanoseconds)
            frame = frames[sent % len(frames)]
            info.header.stamp = frame.header.stamp = stamp
            infos.publish(info)
            images.publish(frame)
            next_image += 1 / float(rate)
            sent += 1
        rclpy.spin_once(node, timeout_sec=0)
        time.sleep(max(0.0, min(next_image, next_imu) - time.monotonic()))
    deadline = time.monotonic() + 3.0
    statuses.clear()
    while time.monotonic() < deadline:  # what is under way, and the reports about it
        rclpy.spin_once(node, timeout_sec=0.1)
    print(json.dumps({"sent": sent, "statuses": statuses}), flush=True)
    rclpy.shutdown()


def _frames(camera: Camera, messages: RosMessages, transport: str) -> list[Image] | list[CompressedImage]:
    """Some that differ from each other."""
    street = draw_street(camera, Gravity.from_roll_pitch(0.0, 0.05))
    random = np.random.default_rng(0)
    found = []
    for _ in range(6):
        noise = random.integers(0, 8, street.shape, np.uint8)
        picture = np.minimum(street, 247) + noise
        make = image_message if transport == "raw" else compressed_image_message
        found.append(make(messages, picture, 0, FRAME))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
