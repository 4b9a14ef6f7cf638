# SPDX-License-Identifier: Apache-2.0
from importlib import import_module

import pytest

from mia_ros.bag import BagMessages
from mia_ros.bag.messages import typestore
from mia_ros.nodes.convert import RosMessages


class Bag:
    """Messages of a bag, and what a reader of the bag gets."""

    messages = BagMessages()

    def sent(self, message):
        store = typestore()
        return store.deserialize_cdr(store.serialize_cdr(message, message.__msgtype__), message.__msgtype__)


class Ros:
    """Messages of rclpy, and what a subscriber in another process gets."""

    messages = RosMessages()

    def __init__(self):
        try:
            self.wire = import_module("rclpy.serialization")
            import_module("mia_ros.msg")
        except ImportError as error:
            pytest.skip(f"the ROS interfaces are not built here: {error}")

    def sent(self, message):
        return self.wire.deserialize_message(self.wire.serialize_message(message), type(message))


@pytest.fixture(params=[Bag, Ros], ids=["bag", "rclpy"])
def world(request):
    """Both kinds of messages that this code has to do with."""
    return request.param()


@pytest.fixture
def bag_world():
    """For messages that PyPI's ROS lacks: tf2_msgs."""
    return Bag()
