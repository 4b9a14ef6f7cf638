# SPDX-License-Identifier: Apache-2.0
"""Who makes messages: the one thing in which rclpy and a bag differ when they are written."""

from __future__ import annotations

import array
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from mia_ros.arrays import Array
from mia_ros.errors import MessageError


class Messages(Protocol):
    """Makes messages of a kind such as "sensor_msgs/msg/Imu". All fields must be given."""

    def make(self, kind: str, /, **fields: Any) -> Any:
        """A message with these fields; fields of a fixed length are float64 arrays."""

    def sequence(self, values: Array) -> Any:
        """What a field of unbounded length takes: uint8, int8, float32 or float64."""

    def byte(self, value: int) -> Any:
        """What a field of the type `byte` takes."""


class RosMessages:
    """Makes the messages of the ROS installation."""

    def make(self, kind: str, /, **fields: Any) -> Any:
        """A message with these fields."""
        return message_class(kind)(**fields)

    def sequence(self, values: Array) -> Any:
        """An array.array: rclpy takes it as it is, where it would look at each element of an ndarray or a list."""
        # One letter names these types alike in both libraries: B, b, f, d.
        flat = array.array(values.dtype.char)
        flat.frombytes(np.ascontiguousarray(values).tobytes())
        return flat

    def byte(self, value: int) -> bytes:
        """rclpy takes it as bytes of length 1."""
        return bytes([value])


@lru_cache(maxsize=64)
def message_class(kind: str) -> Any:
    """The class of a type such as "sensor_msgs/msg/Imu", of this ROS installation."""
    package, _, name = kind.split("/")
    try:
        return getattr(import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise MessageError(f"{kind}: this ROS installation has no such message ({error})") from error
