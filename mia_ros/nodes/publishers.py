# SPDX-License-Identifier: Apache-2.0
"""The mapper's publishers: maps as they are made, and that nothing is known when none are."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from mia_ros.nodes.convert import RosMessages
from mia_ros.nodes.outputs import ON_DEMAND, TF, TOPICS, MapMessages, wanted_topics
from mia_ros.runtime.live import Arrival, Clock
from mia_ros.runtime.step import MapperStep, Stepped

#: What is said last, that nothing is known, must arrive on these; s that a subscriber is waited for.
_TAKEN_BACK, _PATIENCE = ("occupancy", "semantic_map"), 1.0


class MapPublishers:
    """Publishes by the step's configuration; all reliable, so that subscribers of either kind are served.

    occupancy is transient local: Nav2's static layer subscribes so by default, and matches nothing else.
    """

    def __init__(self, node: Node, step: MapperStep, clock: Clock) -> None:
        self._node = node
        self._step = step
        self._clock = clock
        self._messages = MapMessages(RosMessages(), step)
        self._publishers = {name: self._publisher(name, kind) for name, kind in TOPICS.items()}
        self._tf = self._tf_publisher()

    def publish(self, stepped: Stepped, arrival: Arrival) -> None:
        """A map; its frame first, because all else lies in it."""
        if self._tf is not None and self._step.config.publish_tf:
            self._tf.publish(self._messages.transform(stepped, arrival.frame_id))
        age = self._clock() - arrival.stamp
        self._send(self._messages.of(stepped, arrival.frame_id, age, self._wanted()))

    def publish_unknown(self, stamp: int, frame_id: str) -> None:
        """A map that says nothing of any cell."""
        self._send(self._messages.unknown(stamp, frame_id, self._clock() - stamp, self._wanted()))

    def close(self) -> None:
        """End them, when what was said last has arrived: a planner that misses it drives on by an old map."""
        for name in _TAKEN_BACK:
            self._publishers[name].wait_for_all_acked(Duration(seconds=_PATIENCE))
        for each in self._publishers.values():
            self._node.destroy_publisher(each)
        if self._tf is not None:
            self._node.destroy_publisher(self._tf)

    def _wanted(self) -> list[str]:
        listened = [name for name in ON_DEMAND if self._publishers[name].get_subscription_count()]
        return wanted_topics(self._step.config, listened)

    def _send(self, made: Iterable[tuple[str, Any]]) -> None:
        for name, message in made:
            self._publishers[name].publish(message)

    def _publisher(self, name: str, kind: str) -> Any:
        package, _, message = kind.split("/")
        profile = QoSProfile(depth=1 if name == "occupancy" else 5)
        if name == "occupancy":
            profile.durability = DurabilityPolicy.TRANSIENT_LOCAL
        return self._node.create_publisher(getattr(import_module(f"{package}.msg"), message), name, profile)

    def _tf_publisher(self) -> Any:
        try:
            kind = import_module("tf2_msgs.msg").TFMessage
        except ImportError:
            return None  # TransformInputs says so
        return self._node.create_publisher(kind, TF, 100)
