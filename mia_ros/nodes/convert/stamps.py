# SPDX-License-Identifier: Apache-2.0
"""Stamps and headers. A stamp is a whole number of nanoseconds."""

from __future__ import annotations

from typing import Any

from mia_ros.nodes.convert.factory import Messages


def read_stamp(message: Any) -> int:
    """Nanoseconds of a message's header."""
    stamp = message.header.stamp
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def stamp_message(messages: Messages, stamp: int) -> Any:
    """builtin_interfaces/Time."""
    return messages.make("builtin_interfaces/msg/Time", sec=int(stamp) // 10**9, nanosec=int(stamp) % 10**9)


def header(messages: Messages, stamp: int, frame_id: str) -> Any:
    """std_msgs/Header."""
    return messages.make("std_msgs/msg/Header", stamp=stamp_message(messages, stamp), frame_id=frame_id)
