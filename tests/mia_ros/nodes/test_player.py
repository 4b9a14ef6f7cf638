# SPDX-License-Identifier: Apache-2.0
"""Real ROS between two processes, in a domain of their own."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mia_ros.bag import BagReader, BagWriter
from mia_ros.nodes.convert import compressed_image_message, stamp_message
from tests.commands import mia
from tests.mia_ros.bag.recordings import imu_at, map_at

pytestmark = pytest.mark.skipif(
    find_spec("rclpy") is None or find_spec("mia_ros.msg") is None, reason="the ROS interfaces are not built here"
)
COUNT = 20
KINDS = {
    "/imu": "sensor_msgs/msg/Imu",
    "/image": "sensor_msgs/msg/CompressedImage",
    "/truth": "mia_ros/msg/BevSemanticMap",
    "/fixed": "sensor_msgs/msg/Imu",
    "/goal": "actionlib_msgs/msg/GoalID",  # a package that is seldom installed
}
HAS_GOALS = find_spec("actionlib_msgs") is not None
#: Prints "topic hash-of-bytes" per message and ends when all /imu messages and the latched one are there.
LISTENER = """
import hashlib, sys, time
import rclpy
from importlib import import_module
from rclpy.qos import DurabilityPolicy, QoSProfile
rclpy.init(args=[])
node = rclpy.create_node("listener")
seen = []
def hear(topic, kind, latched=False):
    package, _, name = kind.split("/")
    profile = QoSProfile(depth=100)
    if latched:
        profile.durability = DurabilityPolicy.TRANSIENT_LOCAL
    kind = getattr(import_module(package + ".msg"), name)
    def note(data):
        text = data.hex() if topic == "/clock" else hashlib.sha256(data).hexdigest()
        seen.append(topic)
        print(topic, text, flush=True)
    node.create_subscription(kind, topic, note, profile, raw=True)
for topic in sys.argv[2:]:
    name, _, kind = topic.partition("=")
    hear(name, kind, name == "/fixed")
deadline = time.monotonic() + 20
while time.monotonic() < deadline and (seen.count("/imu") < int(sys.argv[1]) or "/fixed" not in seen):
    rclpy.spin_once(node, timeout_sec=0.1)
"""


@pytest.fixture
def domain():
    return {"ROS_DOMAIN_ID": str(random.randint(1, 101)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}  # noqa: S311


@pytest.fixture
def bag(tmp_path):
    """One second: IMU, images, maps; something latched at its start; a goal, of a type that is seldom installed."""
    with BagWriter(tmp_path / "bag") as out:
        for topic, kind in KINDS.items():
            out.add_topic(topic, kind, latched=topic == "/fixed")
        out.write("/fixed", imu_at(out.messages, 1), 10**9)
        goal = out.messages.make("actionlib_msgs/msg/GoalID", stamp=stamp_message(out.messages, 10**9), id="home")
        out.write("/goal", goal, 10**9)
        for k in range(COUNT):
            stamp = 10**9 + k * 50_000_000
            out.write("/imu", imu_at(out.messages, stamp + 7), stamp)
            picture = np.full((8, 8, 3), k, np.uint8)
            out.write("/image", compressed_image_message(out.messages, picture, stamp, "camera", form="png"), stamp)
            out.write("/truth", map_at(out.messages, stamp), stamp)
    return tmp_path / "bag"


@pytest.fixture
def start(domain, tmp_path):
    """Starts a Python with arguments; whatever still runs at the test's end is killed."""
    running = []

    def begin(*arguments):
        environment = {**os.environ, **domain, "PYTHONPATH": str(Path.cwd())}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen([sys.executable, *arguments], cwd=tmp_path, env=environment, **pipes))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_all_messages_arrive_in_order_with_the_bytes_of_the_bag(tmp_path, bag, domain, start):
    kinds = {**KINDS, "/clock": "rosgraph_msgs/msg/Clock"}
    names = [f"{name}={kind}" for name, kind in kinds.items() if name != "/goal"]
    listener = start("-c", LISTENER, str(COUNT), *names)
    waits = "/imu,/image,/truth"
    answer = mia("play", str(bag), "--wait-for", waits, "--clock-hz", "50", cwd=tmp_path, **domain)
    heard = [line.split() for line in listener.communicate(timeout=30)[0].splitlines()]
    assert answer.returncode == 0, answer.stderr
    assert ("skipped /goal (actionlib_msgs/msg/GoalID)" in answer.stderr) != HAS_GOALS
    with BagReader(bag) as recorded:
        for topic in ("/imu", "/fixed"):
            sent = [hashlib.sha256(each.cdr).hexdigest() for each in recorded.raw([topic])]
            assert [text for name, text in heard if name == topic] == sent
    assert len([name for name, _ in heard if name == "/truth"]) >= COUNT - 1
    clock = [bytes.fromhex(text)[4:12] for name, text in heard if name == "/clock"]
    ticks = [int.from_bytes(each[:4], "little") * 10**9 + int.from_bytes(each[4:], "little") for each in clock]
    assert ticks == sorted(ticks) and len(ticks) > 10


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(bag, start, sign):
    player = start("-m", "mia_ros.cli", "play", str(bag), "--loop")
    assert any("playing" in line for line in player.stderr)
    player.send_signal(sign)
    out, error = player.communicate(timeout=10)
    assert player.returncode == 130
    assert "interrupted after" in out and "Traceback" not in error


def test_waiting_for_nobody_ends_with_a_line(tmp_path, bag, domain):
    answer = mia("play", str(bag), "--wait-for", "/imu", "--wait-s", "0.2", cwd=tmp_path, **domain)
    assert answer.returncode == 2
    assert "nobody subscribed to /imu within 0.2 s" in answer.stderr


@pytest.mark.skipif(HAS_GOALS, reason="this ROS has actionlib_msgs")
def test_a_bag_of_unknown_types_alone_is_refused(tmp_path, bag, domain):
    answer = mia("play", str(bag), "--topics", "/goal", cwd=tmp_path, **domain)
    assert answer.returncode == 2
    assert "apt install ros-$ROS_DISTRO-actionlib-msgs" in answer.stderr and "no topic is left" in answer.stderr
