# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Gravity, GridSpec, SemanticMap
from mia_ros.errors import GravityUnavailable
from mia_ros.nodes.convert import MapOrigin, semantic_map_message
from mia_ros.replay.recorded_gravity import RecordedGravity
from tests.mia_ros.replay.recordings import FRAME, MESSAGES, SECOND, START, Entry, robot, write

MAPS = "/semantic_map"
STEP = SECOND // 10


def map_entry(k, gravity, *, seen=True, late=SECOND):
    """The map of the k-th image, which came out some time later."""
    stamp = START + k * STEP
    grid = GridSpec(10, 10, 0.5)
    sent = SemanticMap(np.zeros((6, 10, 10), np.float32), np.full((10, 10), seen), stamp, grid)
    message = semantic_map_message(MESSAGES, sent, f"{FRAME}_bev", MapOrigin(gravity, 0.02))
    return Entry(stamp + late, MAPS, message, "mia_ros/msg/BevSemanticMap")


def pitched(pitch):
    return Gravity.from_roll_pitch(0.01, pitch)


def test_each_image_is_levelled_as_it_was_and_the_others_have_no_map(replayed):
    entries = [*robot(1.0), *(map_entry(k, pitched(0.03 * k)) for k in (2, 3, 7))]
    frames, notes = replayed(entries, gravity_topic=MAPS)
    mapped = {each.index: each.stepped.gravity for each in frames if each.stepped is not None}
    assert {index: reading.gravity for index, reading in mapped.items()} == {k: pitched(0.03 * k) for k in (2, 3, 7)}
    assert {reading.source for reading in mapped.values()} == {"recorded"}
    assert {reading.sigma for reading in mapped.values()} == {float(np.float32(0.02))}
    assert frames[0].problem.key == "gravity" and "it was not mapped then" in frames[0].problem.line
    assert MAPS in notes["gravity.source"].line


def test_a_map_that_takes_the_others_back_is_of_no_image(tmp_path):
    level = Gravity(0.0, 1.0, 0.0)
    entries = [
        map_entry(0, pitched(0.2)),
        map_entry(0, level, seen=False, late=2 * SECOND),
        map_entry(1, level, seen=False),
    ]
    recorded = RecordedGravity(write(tmp_path / "bag", entries), MAPS, START)
    assert recorded.at(START, FRAME).gravity == pitched(0.2)
    with pytest.raises(GravityUnavailable):
        recorded.at(START + STEP, FRAME)
    recorded.close()


def test_it_can_be_asked_again_and_for_what_was_passed_over(tmp_path):
    bag = write(tmp_path / "bag", [map_entry(k, pitched(0.03 * k)) for k in range(5)])
    recorded = RecordedGravity(bag, MAPS, START)
    assert [recorded.at(START + k * STEP, FRAME).gravity for k in (4, 1, 1, 0)] == [
        pitched(0.03 * k) for k in (4, 1, 1, 0)
    ]
    assert math.isclose(recorded.at(START, FRAME).sigma, 0.02, rel_tol=1e-6)
    recorded.close()
