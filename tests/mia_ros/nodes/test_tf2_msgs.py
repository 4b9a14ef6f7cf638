# SPDX-License-Identifier: Apache-2.0
"""The message of /tf: the same as that of every ROS installation, and across real DDS between two processes."""

import os
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mia_ros.bag import BagMessages
from mia_ros.bag.messages import typestore
from mia_ros.nodes.convert import transforms_message
from mia_ros.transform import Transform
from tests.commands import python

pytestmark = pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("tf2_msgs") is None, reason="tf2_msgs is not built here (see `mia doctor`)"
)
#: As rosbag2 of Jazzy notes it in recordings: a hash of the names and types of all fields, of nested ones too.
TYPE_HASH = "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"
_BOTH = """
import sys, time
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.serialization import deserialize_message
from tf2_msgs.msg import TFMessage
topic = sys.argv[1]
qos = QoSProfile(depth=100)
if topic == "/tf_static":
    qos.durability = DurabilityPolicy.TRANSIENT_LOCAL
rclpy.init(args=[])
node = rclpy.create_node(sys.argv[2])
deadline = time.monotonic() + 20
"""
#: On /tf_static the message is sent before anybody listens, on /tf when somebody does.
TALKER = f"""{_BOTH}
publisher = node.create_publisher(TFMessage, topic, qos)
while topic == "/tf" and not publisher.get_subscription_count() and time.monotonic() < deadline:
    time.sleep(0.01)
publisher.publish(deserialize_message(bytes.fromhex(sys.argv[3]), TFMessage))
print("sent", flush=True)
sys.stdin.readline()
"""
#: Prints the bytes of the first message, and the type that its publisher announces.
LISTENER = f"""{_BOTH}
heard = []
node.create_subscription(TFMessage, topic, heard.append, qos, raw=True)
while not heard and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
(known,) = node.get_publishers_info_by_topic(topic)
print(heard[0].hex(), known.topic_type, known.topic_type_hash)
"""


@pytest.fixture
def domain() -> dict[str, str]:
    return {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311


def two_transforms() -> bytes:
    """A TFMessage as rosbags serializes it, with its own definition of the message."""
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    message = transforms_message(
        BagMessages(),
        [
            Transform("odom", "base_link", 7_000_000_009, np.eye(3), np.array([1.0, -2.0, 0.25])),
            Transform("base_link", "camera", 7_000_000_010, quarter, np.zeros(3)),
        ],
    )
    return bytes(typestore().serialize_cdr(message, "tf2_msgs/msg/TFMessage"))


def test_a_fresh_process_imports_it(tmp_path):
    answer = python("-c", "from tf2_msgs.msg import TFMessage; print(TFMessage().transforms)", cwd=tmp_path)
    assert answer.stdout == "[]\n", answer.stderr


@pytest.mark.parametrize("topic", ["/tf", "/tf_static"])
def test_transforms_reach_another_process_as_every_ros_sends_them(tmp_path, topic, domain):
    sent = two_transforms()
    talker = subprocess.Popen(
        [sys.executable, "-c", TALKER, topic, "talker", sent.hex()],
        cwd=tmp_path,
        env={**os.environ, **domain, "PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if topic == "/tf_static":
            assert talker.stdout.readline() == "sent\n"
        answer = python("-c", LISTENER, topic, "listener", cwd=tmp_path, **domain)
    finally:
        talker.communicate("end\n", timeout=30)
    assert answer.returncode == 0, answer.stderr
    data, kind, type_hash = answer.stdout.split()
    assert bytes.fromhex(data) == sent
    assert (kind, type_hash) == ("tf2_msgs/msg/TFMessage", TYPE_HASH)
