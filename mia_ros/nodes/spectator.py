# SPDX-License-Identifier: Apache-2.0
"""A spectator: listens to a mapper and to a simulated robot, and holds each map against the true one."""

from __future__ import annotations

import time
from collections import OrderedDict
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage

from mia_ros.demonstration.telling import Album, Moment
from mia_ros.msg import BevSemanticMap
from mia_ros.nodes.convert import read_image, read_semantic_map, read_stamp

if TYPE_CHECKING:
    from typing_extensions import Self

_KEPT = 100  # images and true maps that wait for their map
T = TypeVar("T")


class Spectator:
    """Use it in a `with` block and call `look` again and again. strangers: maps of a stamp that no image had."""

    def __init__(self, album: Album) -> None:
        self.album = album
        self.strangers = 0
        self.statuses: dict[str, tuple[int, str, dict[str, str]]] = {}
        self._frames: OrderedDict[int, Any] = OrderedDict()
        self._arrived: OrderedDict[int, float] = OrderedDict()
        self._truths: OrderedDict[int, Any] = OrderedDict()
        self._maps: OrderedDict[int, Any] = OrderedDict()

    def __enter__(self) -> Self:
        self._context = Context()
        self._context.init([])
        self._node = Node("spectator", context=self._context, start_parameter_services=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        subscribe = self._node.create_subscription
        subscribe(CompressedImage, "/camera/image_raw/compressed", self._on_image, qos_profile_sensor_data)
        subscribe(BevSemanticMap, "/truth/semantic_map", self._on_truth, 10)
        subscribe(BevSemanticMap, "/semantic_map", self._on_map, 10)
        subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def look(self, seconds: float) -> None:
        """Take in what comes within so many seconds, or the next of it."""
        self._executor.spin_once(timeout_sec=seconds)

    def _on_image(self, message: Any) -> None:
        _keep(self._frames, read_stamp(message), message)
        _keep(self._arrived, read_stamp(message), time.monotonic())

    def _on_truth(self, message: Any) -> None:
        _keep(self._truths, read_stamp(message), message)
        self._compare(read_stamp(message))

    def _on_map(self, message: Any) -> None:
        # Real time: the simulation's may go slower.
        arrived = self._arrived.get(read_stamp(message))
        if arrived is None:
            self.strangers += 1
            return
        self.album.ages.append(time.monotonic() - arrived)
        _keep(self._maps, read_stamp(message), message)
        self._compare(read_stamp(message))

    def _on_diagnostics(self, message: Any) -> None:
        for each in message.status:
            values = {value.key: value.value for value in each.values}
            self.statuses[each.name.rpartition(": ")[2]] = each.level[0], each.message, values

    def _compare(self, stamp: int) -> None:
        """Once the map, its image and its truth are there."""
        if not (stamp in self._maps and stamp in self._truths and stamp in self._frames):
            return
        found, truth = (read_semantic_map(each.pop(stamp)) for each in (self._maps, self._truths))
        if not found.observed.any():
            return  # the mapper said that it knows nothing any more
        self.album.add(Moment(read_image(self._frames[stamp]), found, truth))


def _keep(where: OrderedDict[int, T], stamp: int, message: T) -> None:
    where[stamp] = message
    if len(where) > _KEPT:
        where.popitem(last=False)
