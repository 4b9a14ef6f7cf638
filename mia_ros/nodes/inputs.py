# SPDX-License-Identifier: Apache-2.0
"""What the mapper subscribes to: image, camera_info, imu, and tf; and why nothing comes, where QoS does not match."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu

from mia_ros.errors import MiaError
from mia_ros.nodes.convert import read_camera, read_image, read_imu, read_stamp, read_transforms
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.health import Level
from mia_ros.runtime.live import Arrival, LiveMapper
from mia_ros.runtime.transforms import TransformBuffer

_RELIABILITY = {"best_effort": ReliabilityPolicy.BEST_EFFORT, "reliable": ReliabilityPolicy.RELIABLE}
#: Messages that wait while the executor is busy; which of the images is mapped is not decided here.
_IMAGES, _SAMPLES, _TRANSFORMS = 5, 200, 100


def image_topic(config: MapperConfig) -> str:
    """Relative, so that it can be remapped."""
    return "image/compressed" if config.image_transport == "compressed" else "image"


class SensorInputs:
    """Subscriptions that feed a LiveMapper. Close it to end them."""

    def __init__(self, node: Node, config: MapperConfig, live: LiveMapper) -> None:
        self._node = node
        self._config = config
        self._live = live
        self._mismatched: dict[str, QoSProfile] = {}
        self._info: tuple[Any, ...] | None = None
        image = _profile(config.image_reliability, _IMAGES)
        kind = CompressedImage if config.image_transport == "compressed" else Image
        self._subscriptions = [
            self._subscribe(kind, image_topic(config), self._on_image, image),
            self._subscribe(CameraInfo, "camera_info", self._on_camera, _profile(config.image_reliability, 2)),
            self._subscribe(Imu, "imu", self._on_imu, _profile(config.imu_reliability, _SAMPLES)),
        ]

    def close(self) -> None:
        """Unsubscribe."""
        for each in self._subscriptions:
            self._node.destroy_subscription(each)
        self._subscriptions = []

    def report(self) -> None:
        """Tell of publishers that offer less than is asked for; their names are known some time after the event."""
        for topic, profile in self._mismatched.items():
            self._live.health.problem(f"input.qos {topic}", Level.WARN, self._qos_line(topic, profile))

    def _subscribe(self, kind: type, topic: str, callback: Callable[[Any], None], profile: QoSProfile) -> Any:
        def mismatched(_: Any) -> None:
            self._mismatched[topic] = profile

        events = SubscriptionEventCallbacks(incompatible_qos=mismatched)
        # One group each: what takes long of one must not hold up another where the executor has threads.
        group = MutuallyExclusiveCallbackGroup()
        return self._node.create_subscription(
            kind, topic, callback, profile, event_callbacks=events, callback_group=group
        )

    def _qos_line(self, topic: str, profile: QoSProfile) -> str | None:
        """Which publisher offers too little; None where it has gone."""
        name = self._node.resolve_topic_name(topic)
        offers = self._node.get_publishers_info_by_topic(name)
        wanted = profile.reliability == ReliabilityPolicy.RELIABLE
        weak = [
            f"{each.node_namespace.rstrip('/')}/{each.node_name}"
            for each in offers
            if wanted and each.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
        ]
        if not weak:
            return None
        which = "imu_reliability" if topic == "imu" else "image_reliability"
        return (
            f"{name}: {', '.join(weak)} offers best_effort, {which} asks for reliable: nothing comes "
            f"from there; set {which} to best_effort, or change the publisher"
        )

    def _on_image(self, message: Any) -> None:
        entered = time.perf_counter_ns()
        stamp = read_stamp(message)
        if stamp == 0:
            self._live.health.problem("input.stamp", Level.ERROR, "image: header.stamp is 0; the driver must set it")
            return
        self._live.add_image(Arrival(lambda: read_image(message), stamp, message.header.frame_id, entered))

    def _on_camera(self, message: Any) -> None:
        numbers = message.width, message.height, bytes(message.k), bytes(message.d), bytes(message.p)
        said = *numbers, message.distortion_model, message.binning_x, message.binning_y, str(message.roi)
        if said == self._info:
            return
        self._info = said
        try:
            self._live.add_camera(read_camera(message, rectified=self._config.rectified, rotate=self._config.rotate))
        except MiaError as error:
            self._live.health.problem("input.camera_info", Level.ERROR, f"camera_info: {error}")
        else:
            self._live.health.clear("input.camera_info")

    def _on_imu(self, message: Any) -> None:
        try:
            sample = read_imu(message)
        except MiaError as error:
            self._live.health.problem("gravity.imu", Level.ERROR, f"imu: {error}")
            return
        self._live.health.clear("gravity.imu")
        self._live.add_imu(sample, message.header.frame_id)


class TransformInputs:
    """/tf and /tf_static into a buffer. `problem`: why there are none, where ROS lacks tf2_msgs."""

    def __init__(self, node: Node, buffer: TransformBuffer, notice: Callable[[], None]) -> None:
        self.problem: str | None = None
        self._buffer = buffer
        self._notice = notice
        try:
            kind = import_module("tf2_msgs.msg").TFMessage
        except ImportError:
            self.problem = "tf: this ROS installation has no tf2_msgs; apt install ros-$ROS_DISTRO-tf2-msgs"
            return
        fixed = QoSProfile(depth=_TRANSFORMS, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(kind, "/tf", lambda message: self._on_transforms(message, static=False), _TRANSFORMS)
        node.create_subscription(kind, "/tf_static", lambda message: self._on_transforms(message, static=True), fixed)

    def _on_transforms(self, message: Any, *, static: bool) -> None:
        try:
            for each in read_transforms(message):
                self._buffer.add(each, static)
        except MiaError as error:
            self.problem = f"tf: {error}"
            return
        self._notice()


def _profile(reliability: str, depth: int) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=_RELIABILITY[reliability])
