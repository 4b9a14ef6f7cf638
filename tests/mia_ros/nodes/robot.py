# SPDX-License-Identifier: Apache-2.0
"""A robot for tests of the mapper node, in a process of its own, on real topics: camera, IMU, tf, and ears.

It publishes what its settings say, 20 images and 100 IMU samples a second, and does what is written to it: a line of
JSON, [name of a method, its arguments], which is answered by a line of JSON. `Mapper` and `Robot` in ros_processes.py
are the other end.
"""

import contextlib
import json
import math
import queue
import sys
import threading
import time
from importlib import import_module

import cv2
import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from nav_msgs.msg import OccupancyGrid
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter as RosParameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu

from mia_ros import Camera, ImuSample
from mia_ros.nodes.convert import (
    RosMessages,
    camera_info_message,
    compressed_image_message,
    image_message,
    imu_message,
    read_occupancy,
    read_semantic_map,
    read_stamp,
    read_transforms,
    stamp_message,
    transforms_message,
)
from mia_ros.transform import Transform

FRAME, IMU_FRAME = "camera_optical_frame", "imu_link"
#: Axes of the camera optical frame in base_link: x right, y down, z forward.
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
HEIGHT = 1.2
#: All that a test may change, with the values of a healthy robot.
HEALTHY = {
    "images": True,
    "imu": True,
    "info": True,
    "tf": True,
    "size": [640, 480],
    "info_size": None,  # None: that of the images
    "encoding": "bgr8",
    "transport": "raw",
    "broken": False,  # the picture's bytes
    "empty": False,  # 0 x 0 pixels
    "picture": "street",  # street, black, white, grey, frozen
    "left": 0,  # brightness that the left half of the street has more
    "image_age": 0.0,
    "imu_age": 0.0,
    "imu_values": "good",  # good, nan, no_accelerometer, zero_quaternion
    "order": "good",  # good, swapped
}


class Robot:
    """Publishes and listens; all in the thread of its executor but `tell`."""

    def __init__(self):
        rclpy.init(args=["robot", "--ros-args", "--log-level", "error"])
        self.node = rclpy.create_node("robot")
        self.messages = RosMessages()
        self.settings = dict(HEALTHY)
        self.random = np.random.default_rng(0)
        self.frozen = self._street(self.settings["size"])
        self.heard = {}
        self.latest = {}
        self.diagnosed = 0
        self.sim = None  # ns of the simulated clock, with `simulate`
        self.held = None
        self.makers = {
            name: self.node.create_publisher(kind, name, qos_profile_sensor_data)
            for name, kind in {
                "image": Image,
                "image/compressed": CompressedImage,
                "camera_info": CameraInfo,
                "imu": Imu,
            }.items()
        }
        self.clock = self.node.create_publisher(Clock, "/clock", 10)
        kind = import_module("tf2_msgs.msg").TFMessage
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.makers["/tf_static"] = self.node.create_publisher(kind, "/tf_static", latched)
        self._mount()
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._diagnosed, 10)
        self.node.create_timer(0.05, self._image)
        self.node.create_timer(0.01, self._imu)
        self.subscriptions = {}

    def set(self, **settings):
        """Be otherwise from now on."""
        assert settings.keys() <= HEALTHY.keys(), settings
        self.settings = {**self.settings, **settings}

    def heal(self):
        """Be healthy again."""
        self.settings = dict(HEALTHY)

    def listen(self, topic, kind, best_effort=False):
        """Note all that comes on a topic."""
        package, name = kind.split("/")
        reliability = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
        profile = QoSProfile(depth=50, reliability=reliability)
        self.heard[topic] = []
        kind = getattr(import_module(f"{package}.msg"), name)
        note = self.heard[topic].append
        self.subscriptions[topic] = self.node.create_subscription(kind, topic, note, profile)

    def deafen(self, topic):
        """Listen no more."""
        self.node.destroy_subscription(self.subscriptions.pop(topic))

    def stamps(self, topic):
        """Of all that was heard."""
        found = self.heard[topic]
        return [read_stamp(each.transforms[0] if topic == "/tf" else each) for each in found]

    def forget(self):
        """What was heard until now."""
        for each in self.heard.values():
            each.clear()
        self.latest = {}

    def statuses(self):
        """The newest diagnostics: name -> [level, message, values]."""
        return self.latest

    def reports(self):
        """How many diagnostics came."""
        return self.diagnosed

    def _heard(self, topic, stamp):
        return next(each for each in reversed(self.heard[topic]) if stamp in (None, read_stamp(each)))

    def occupancy(self, topic, stamp=None):
        """Costs of the newest grid, or that of a stamp, as (rows, columns), its stamp and frame."""
        grid = read_occupancy(self._heard(topic, stamp))
        return {"costs": grid.costs.tolist(), "stamp": grid.stamp, "frame": grid.frame_id}

    def raw_occupancy(self, topic):
        """The newest grid's own numbers."""
        grid: OccupancyGrid = self.heard[topic][-1]
        place = grid.info.origin.position
        return {
            "data": list(grid.data),
            "width": grid.info.width,
            "height": grid.info.height,
            "x": place.x,
            "y": place.y,
        }

    def common_stamps(self, topic):
        """Of semantic maps and of another topic."""
        return sorted(set(self.stamps("semantic_map")) & set(self.stamps(topic)))

    def semantic_map(self, stamp=None):
        """The newest, or that of a stamp, as probabilities and observed cells, with what levelled it."""
        message = self._heard("semantic_map", stamp)
        found = read_semantic_map(message)
        down = message.gravity
        return {
            "probabilities": found.probabilities.tolist(),
            "observed": found.observed.tolist(),
            "stamp": found.stamp,
            "gravity": [down.x, down.y, down.z],
            "age": message.image_age.sec + message.image_age.nanosec * 1e-9,
        }

    def ages(self):
        """Of the semantic maps, seconds, as they say themselves."""
        return [each.image_age.sec + each.image_age.nanosec * 1e-9 for each in self.heard["semantic_map"]]

    def transform(self):
        """The newest on /tf."""
        link = read_transforms(self.heard["/tf"][-1])[-1]
        return {**link._asdict(), "rotation": link.rotation.tolist(), "translation": link.translation.tolist()}

    def transition(self, name):
        """Ask the mapper for a transition of its lifecycle; whether it succeeded."""
        ids = {"configure": 1, "cleanup": 2, "activate": 3, "deactivate": 4}
        request = ChangeState.Request(transition=Transition(id=ids[name]))
        return self._ask(ChangeState, "mapper/change_state", request).success

    def set_parameter(self, name, value):
        """Of the mapper: whether it took it, and why not."""
        parameter = RosParameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        (result,) = self._ask(SetParameters, "mapper/set_parameters", request).results
        return [result.successful, result.reason]

    def _ask(self, kind, name, request):
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(20.0), f"{name} does not answer"
        answer = client.call_async(request)
        rclpy.spin_until_future_complete(self.node, answer, timeout_sec=20.0)
        return answer.result()

    def pause(self):
        """Let the simulated time stand, and publish it no more; images go on."""
        self.sim = [self.now(), None]

    def simulate(self, nanoseconds):
        """Take the time from a clock of our own, at this moment from now on, and publish it."""
        self.sim = [nanoseconds, time.monotonic_ns()]

    def now(self):
        """ns, of the clock that stamps are of."""
        if self.sim is None:
            return self.node.get_clock().now().nanoseconds
        return self.sim[0] + (time.monotonic_ns() - self.sim[1] if self.sim[1] else 0)

    def _diagnosed(self, message):
        self.diagnosed += 1
        for each in message.status:
            name = each.name.partition(": ")[2]
            self.latest[name] = [each.level[0], each.message, {value.key: value.value for value in each.values}]
        if len(message.status) == 1:  # idle
            self.latest = {name: status for name, status in self.latest.items() if name == "engine"}

    def _mount(self):
        stamp = self.now()
        links = [
            Transform("base_footprint", FRAME, stamp, OPTICAL, np.array([0.1, 0.0, HEIGHT])),
            Transform("base_footprint", IMU_FRAME, stamp, np.eye(3), np.zeros(3)),
        ]
        self.makers["/tf_static"].publish(transforms_message(self.messages, links))

    def _street(self, size):
        """Something to see: a horizon, and things about it, with the noise of a sensor."""
        width, height = size
        picture = np.full((height, width, 3), 150, np.uint8)
        picture[height // 2 :] = 70
        for k in range(6):
            cv2.rectangle(
                picture, (k * width // 6, height // 3), (k * width // 6 + width // 12, height // 2), (40 * k,) * 3, -1
            )
        picture[:, : width // 2] = np.clip(picture[:, : width // 2].astype(int) + self.settings["left"], 0, 255)
        noise = self.random.integers(0, 6, picture.shape, np.uint8)
        return np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)

    def _picture(self):
        kind, size = self.settings["picture"], self.settings["size"]
        if kind == "frozen":
            return self.frozen
        if kind == "street":
            return self._street(size)
        value = {"black": 2, "white": 252, "grey": 120}[kind]
        return np.clip(value + self.random.integers(-2, 3, (size[1], size[0], 3)), 0, 255).astype(np.uint8)

    def _image(self):
        if self.sim is not None and self.sim[1]:
            self.clock.publish(
                self.messages.make("rosgraph_msgs/msg/Clock", clock=stamp_message(self.messages, self.now()))
            )
        if not self.settings["images"]:
            return
        stamp = self.now() - round(self.settings["image_age"] * 1e9)
        if self.settings["order"] == "swapped":
            self.held, stamp = (None, self.held) if self.held else (stamp, stamp + 80_000_000)
        if self.settings["info"]:
            width, height = self.settings["info_size"] or self.settings["size"]
            camera = Camera(width, height, width * 0.6, width * 0.6, (width - 1) / 2, (height - 1) / 2)
            self.makers["camera_info"].publish(camera_info_message(self.messages, camera, stamp, FRAME))
        name = "image" if self.settings["transport"] == "raw" else "image/compressed"
        self.makers[name].publish(self._image_message(stamp))

    def _image_message(self, stamp):
        if self.settings["transport"] == "compressed":
            message = compressed_image_message(self.messages, self._picture(), stamp, FRAME)
            if self.settings["broken"]:
                message.data = message.data[: len(message.data) // 50]
            return message
        message = image_message(self.messages, self._picture(), stamp, FRAME)
        message.encoding = self.settings["encoding"]
        if self.settings["broken"]:
            message.data = message.data[:1000]
        if self.settings["empty"]:
            message.width = message.height = message.step = 0
            message.data = message.data[:0]
        return message

    def _imu(self):
        if not self.settings["imu"]:
            return
        stamp = self.now() - round(self.settings["imu_age"] * 1e9)
        kind = self.settings["imu_values"]
        force = np.array([math.nan, 0.0, 9.8]) if kind == "nan" else np.array([0.0, 0.0, 9.81])
        message = imu_message(self.messages, ImuSample(stamp, np.zeros(3), force), IMU_FRAME)
        if kind == "no_accelerometer":
            message.linear_acceleration_covariance[0] = -1.0
        if kind == "zero_quaternion":
            message.orientation_covariance[0] = 0.0
            message.orientation.w = 0.0
        self.makers["imu"].publish(message)


def main():
    """Do what comes in, line by line."""
    robot = Robot()
    told = queue.Queue()

    def hear():
        for line in sys.stdin:
            told.put(json.loads(line))
        told.put(None)

    threading.Thread(target=hear, daemon=True).start()
    print(json.dumps("ready"), flush=True)
    while True:
        rclpy.spin_once(robot.node, timeout_sec=0.005)
        with contextlib.suppress(queue.Empty):
            order = told.get_nowait()
            if order is None:
                break
            name, arguments = order
            print(json.dumps(getattr(robot, name)(**arguments)), flush=True)
    rclpy.shutdown()


if __name__ == "__main__":
    main()
