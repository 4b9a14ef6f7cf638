# SPDX-License-Identifier: Apache-2.0
"""A replay of a simulated drive against what the real node made of it on real topics."""

import math
import signal
from importlib.util import find_spec

import numpy as np
import pytest

from mia_ros.bag import BagMessages, BagReader, BagWriter
from mia_ros.bag.messages import SEMANTIC_MAP, typestore
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import MapOrigin, read_stamp, semantic_map_message
from mia_ros.replay import Replay
from tests.commands import mia
from tests.mia_ros.nodes.ros_processes import Mapper, Process, own_domain

NEEDED = ("rclpy", "mia_ros.msg", "osmium", "numba")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(any(find_spec(name) is None for name in NEEDED), reason="needs ROS and the simulator"),
]
IMAGE, MAPS = "/camera/image_raw/compressed", "/semantic_map"
#: Writes each map that is published into a file, until one says nothing of any cell: that is the node's last.
LISTENER = """
import pathlib, sys
import rclpy
from rclpy.serialization import deserialize_message
from mia_ros.msg import BevSemanticMap
rclpy.init(args=[])
node = rclpy.create_node("listener")
heard = []
node.create_subscription(BevSemanticMap, "/semantic_map", heard.append, 100, raw=True)
while not node.count_publishers("/semantic_map"):
    rclpy.spin_once(node, timeout_sec=0.1)
print("ready", flush=True)
ended, written = False, 0
while not ended:
    rclpy.spin_once(node, timeout_sec=0.1)
    for cdr in heard[written:]:
        (pathlib.Path(sys.argv[1]) / f"{written:06d}.cdr").write_bytes(cdr)
        ended = not any(deserialize_message(cdr, BevSemanticMap).observed)
        written += 1
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory, engine):
    """The bag of a drive with the maps that the node made of it live: (bag, the maps' messages by stamp)."""
    maps = pytest.importorskip("tests.offline_tools.simworld.drive.maps")
    folder = tmp_path_factory.mktemp("live")
    town = maps.write_map(folder / "town", maps.TOWN)
    del town
    options = ("--seconds", "6", "--width", "320", "--height", "240", "--weather", "overcast", "--seed", "8")
    driven = mia("simulate", "drive", "--map", str(folder / "town/map.osm"), *options, "--out", "drive", cwd=folder)
    assert driven.returncode == 0, driven.stderr
    heard = folder / "heard"
    heard.mkdir()
    domain = own_domain()
    topics = ("--image", IMAGE, "--camera-info", "/camera/camera_info", "--imu", "/imu/data", "--sim-time")
    (folder / "listener.py").write_text(LISTENER)
    with (
        Process(str(folder / "listener.py"), str(heard), domain=domain, folder=folder) as listener,
        Mapper(engine, domain, folder, *topics, base_frame="base_link") as mapper,
    ):
        assert listener.process.stdout.readline() == "ready\n", listener.said()
        waits = ("--wait-for", IMAGE, "--wait-for", "/imu/data", "--wait-s", "60")
        played = mia("play", "drive", *waits, cwd=folder, **domain)
        assert played.returncode == 0, played.stderr
        mapper.process.send_signal(signal.SIGINT)
        assert listener.process.wait(60) == 0
    return with_maps(folder, [path.read_bytes() for path in sorted(heard.glob("*.cdr"))])


def with_maps(folder, recorded):
    """The drive and the maps in one bag, as `ros2 bag record -a` would have written it."""
    messages = [typestore().deserialize_cdr(each, SEMANTIC_MAP) for each in recorded]
    received = [read_stamp(each) + each.image_age.sec * 10**9 + each.image_age.nanosec for each in messages]
    with BagReader(folder / "drive") as drive, BagWriter(folder / "all") as out:
        for name, topic in drive.topics.items():
            out.add_topic(name, topic.type, latched=topic.latched)
        out.add_topic(MAPS, SEMANTIC_MAP)
        entries = [(each.received, each.topic, each.message) for each in drive.messages()]
        entries += [(when, MAPS, each) for when, each in zip(received, messages, strict=True)]
        for when, topic, message in sorted(entries, key=lambda each: each[0]):
            out.write(topic, message, when)
    return folder / "all", {read_stamp(each): each for each in messages if each.observed.any()}


def frames_of(plan):
    with Replay(plan) as replay:
        return {each.stamp: each for each in replay.frames()}


def gravity_of(message):
    return Gravity(message.gravity.x, message.gravity.y, message.gravity.z)


def test_with_the_recorded_gravity_it_is_the_same_bit_for_bit(live, plan):
    bag, maps = live
    frames = frames_of(plan(bag, image=IMAGE, gravity_topic=MAPS))
    assert len(maps) > 10
    for stamp, message in maps.items():
        stepped = frames[stamp].stepped
        reading = stepped.gravity
        origin = MapOrigin(reading.gravity, reading.sigma, message.engine_name, message.engine_sha256)
        ours = semantic_map_message(BagMessages(), stepped.semantic_map, message.header.frame_id, origin)
        assert np.array_equal(ours.probabilities, message.probabilities)
        assert np.array_equal(ours.observed, message.observed)
        assert np.array_equal(ours.thresholds, message.thresholds)
        assert (ours.header, ours.info, ours.gravity) == (message.header, message.info, message.gravity)
        assert np.float32(ours.gravity_sigma) == np.float32(message.gravity_sigma)


def test_what_the_node_skipped_has_no_recorded_gravity(live, plan):
    bag, maps = live
    frames = frames_of(plan(bag, image=IMAGE, gravity_topic=MAPS))
    assert {stamp for stamp, each in frames.items() if each.stepped is not None} == set(maps)
    assert {each.problem.key for stamp, each in frames.items() if stamp not in maps} <= {"gravity"}


def test_with_its_own_gravity_it_is_within_a_tenth_of_a_degree(live, plan):
    bag, maps = live
    frames = frames_of(plan(bag, image=IMAGE))
    apart = [frames[stamp].stepped.gravity.gravity.angle_to(gravity_of(message)) for stamp, message in maps.items()]
    assert math.degrees(max(apart)) < 0.1
