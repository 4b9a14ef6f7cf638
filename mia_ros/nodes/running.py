# SPDX-License-Identifier: Apache-2.0
"""Running the mapper node in a process: from `ros2 run` and launch files, and from `mia run`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn

from mia_ros.errors import ConfigError
from mia_ros.memory import keep_freed_memory
from mia_ros.nodes.mapper import MapperNode

#: Seconds between looks at whether a signal came.
_TURN = 0.1
#: What shells expect of a program that a signal ended: a second one ends it at once.
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """`ros2 run mia_ros mapper`: the lifecycle is driven from outside."""
    sys.exit(run_mapper(sys.argv[1:], autostart=False))


def run_mapper(arguments: Sequence[str], *, autostart: bool) -> int:
    """Spin until SIGINT or SIGTERM. Exit status 0, or 2 with one line where the configuration is wrong.

    arguments: as ROS takes them (`--ros-args ...`). autostart: configure and activate it here; where that fails it says
    why and ends with 1.
    """
    keep_freed_memory()
    stop = _Stop()
    context = Context()
    context.init(["mapper", *arguments], initialize_logging=True)
    executor = SingleThreadedExecutor(context=context)
    try:
        node = MapperNode(context=context)
    except ConfigError as error:
        print(f"mapper: {error}", file=sys.stderr)
        context.try_shutdown()
        return 2
    executor.add_node(node)
    status = 0 if not autostart or _started(node) else 1
    while not (status or stop.asked):
        executor.spin_once(timeout_sec=_TURN)
    ended = node.finish()
    if not ended:  # a network that hangs in a library cannot be told to stop
        sys.stderr.flush()
        os._exit(status)
    executor.shutdown()
    node.destroy_node()
    context.try_shutdown()
    return status


def _started(node: MapperNode) -> bool:
    """Configured and active; the node has said why, where it is not."""
    done = TransitionCallbackReturn.SUCCESS
    return bool(node.trigger_configure() == done and node.trigger_activate() == done)


class _Stop:
    """Whether a signal asked for the end."""

    def __init__(self) -> None:
        self.asked = False
        for each in _SIGNALS:
            signal.signal(each, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self.asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.asked = True
