# SPDX-License-Identifier: Apache-2.0
"""Parts of a replay's maps, joined to one bag with the recording's transforms."""

import numpy as np
import pytest

from mia_ros.bag import BagMessages, BagReader, BagWriter
from mia_ros.bag.messages import SEMANTIC_MAP
from mia_ros.nodes.convert import transforms_message
from mia_ros.transform import Transform
from offline_tools.replay.recording import join
from tests.mia_ros.bag.recordings import map_at

KIND = "tf2_msgs/msg/TFMessage"
MESSAGES = BagMessages()


def link(child, stamp, x=0.0):
    return transforms_message(MESSAGES, [Transform("base", child, stamp, np.eye(3), np.array([x, 0.0, 0.0]))])


@pytest.fixture(params=[True, False], ids=["latched", "as ROS 1 has it"])
def joined(request, tmp_path):
    """The bag of two parts, and of a recording of 100 to 190 ns of which 130 to 170 was replayed."""
    with BagWriter(tmp_path / "recording") as bag:
        bag.add_topic("/robot/tf", KIND)
        bag.add_topic("/robot/tf_static", KIND, latched=request.param)
        bag.write("/robot/tf_static", link("camera", 0, 0.5), 100)
        for stamp in range(105, 190, 10):
            bag.write("/robot/tf", link("wheel", stamp), stamp)
    for number, stamps in enumerate(((130, 140), (150, 160))):
        with BagWriter(tmp_path / f"part{number}") as bag:
            bag.add_topic("/semantic_map", SEMANTIC_MAP)
            for stamp in stamps:
                bag.write("/semantic_map", map_at(bag.messages, stamp), stamp)
    topics = ("/robot/tf", "/robot/tf_static")
    join((tmp_path / f"part{k}" for k in range(2)), tmp_path / "recording", topics, (130, 170), tmp_path / "maps")
    return tmp_path / "maps"


def test_maps_of_all_parts_follow_each_other(joined):
    with BagReader(joined) as bag:
        assert [each.stamp for each in bag.messages(["/semantic_map"])] == [130, 140, 150, 160]


def test_transforms_of_the_stretch_are_between_them_under_their_usual_names(joined):
    with BagReader(joined) as bag:
        assert [each.received for each in bag.messages(["/tf"])] == [135, 145, 155, 165]
        received = [each.received for each in bag.messages()]
    assert received == sorted(received)


def test_fixed_transforms_stand_at_the_beginning(joined):
    with BagReader(joined) as bag:
        (fixed,) = bag.messages(["/tf_static"])
        assert bag.topics["/tf_static"].latched
    assert fixed.received == 130 and fixed.message.transforms[0].transform.translation.x == 0.5


def test_the_same_parts_give_the_same_bytes(joined, tmp_path):
    topics = ("/robot/tf", "/robot/tf_static")
    join((tmp_path / f"part{k}" for k in range(2)), tmp_path / "recording", topics, (130, 170), tmp_path / "b" / "maps")
    (first,), (second,) = (path.glob("*.mcap") for path in (joined, tmp_path / "b" / "maps"))
    assert first.read_bytes() == second.read_bytes()
