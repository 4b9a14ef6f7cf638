# SPDX-License-Identifier: Apache-2.0
"""What only a robot's topics have."""

import pytest

from mia_ros.bag import BagMessages
from mia_ros.nodes.convert import diagnostics_message
from mia_ros.runtime.health import Level, Status
from offline_tools.viewing.blueprint import Layout, blueprint
from offline_tools.viewing.follower import Follower
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.screen import open_file
from offline_tools.viewing.tally import Tally
from tests.offline_tools.viewing import replays
from tests.offline_tools.viewing.recordings import Recording
from tests.offline_tools.viewing.replays import STAMPS

MESSAGES = BagMessages()


@pytest.fixture
def follow(tmp_path):
    """Gives messages to a follower; what it made of them, what it said, and what it counted."""

    def run(*calls):
        said = []
        tally = Tally(said.append)
        with open_file(tmp_path / "view.rrd", blueprint(Layout())) as stream:
            follower = Follower(Scene(stream), tally)
            for name, *arguments in calls:
                getattr(follower, name)(*arguments)
            follower.finish()
        return Recording(tmp_path / "view.rrd"), said, tally

    return run


def diagnostics(*values):
    return diagnostics_message(MESSAGES, [Status("output", Level.OK, "maps come", list(values))], STAMPS[1], "mapper")


def test_the_mappers_stage_times_are_plotted(follow):
    said = diagnostics(("network (ms, median / 95 %)", "20.5 / 31.0"), ("map rate (Hz)", "9.9"))
    recording, _, _ = follow(("diagnostics", said))
    assert recording.numbers("times/network") == [(STAMPS[1], 20.5)]
    assert "/numbers/times/map rate (Hz)" not in recording.paths()


def test_a_time_that_is_not_known_yet_is_left_out(follow):
    recording, _, _ = follow(("diagnostics", diagnostics(("network (ms, median / 95 %)", "-"))))
    assert "/numbers/times/network" not in recording.paths()


def test_a_map_whose_robot_has_no_tf_is_shown_but_not_laid(follow):
    recording, said, tally = follow(("semantic_map", replays.semantic_map_at(MESSAGES, STAMPS[0])))
    assert "/map/labels" in recording.paths() and "/world/map" not in recording.paths()
    assert said == [] and tally.counts["maps"] == 1


def test_a_map_with_other_classes_is_counted_and_said_once(follow):
    wrong = replays.semantic_map_at(MESSAGES, STAMPS[0])
    wrong.class_names = ["road"]
    recording, said, tally = follow(("semantic_map", wrong), ("semantic_map", wrong))
    assert tally.problems == {"maps": 2} and len(said) == 1 and "class_names" in said[0]
    assert len(recording.of("/log")) == 2
