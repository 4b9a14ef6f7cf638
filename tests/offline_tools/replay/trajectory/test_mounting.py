# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.transform import Transform
from offline_tools.replay.trajectory import Gravities
from offline_tools.replay.trajectory.frames import FrameLog
from offline_tools.replay.trajectory.mounting import carried, compose, levelled, lever

STAMPS = np.array([0, 10**9])
#: Looks ahead, 0.3 m before the body's origin and 1 m above it.
AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def mounted(rotation=AHEAD):
    frames = FrameLog()
    frames.add(Transform("base", "camera", 0, rotation, np.array([0.3, 0.0, 1.0])))
    frames.add(Transform("base", "gps", 0, np.eye(3), np.array([-0.5, 0.2, 1.4])))
    return frames


def still(count=2):
    return np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3))


def test_a_camera_on_a_level_body_is_where_tf_says():
    found = carried(*still(), mounted(), "base", "camera", STAMPS)
    assert found == pytest.approx(np.tile((0.3, 0.0, 0.0), (2, 1)), abs=1e-12)


def test_a_body_that_looks_down_carries_its_mast_forward():
    # The level camera feels gravity along its y axis; nose down by 0.1 rad, also along its z axis.
    down = np.array([0.0, np.cos(0.1), np.sin(0.1)])
    found = levelled(Gravities(STAMPS, np.tile(down, (2, 1))), mounted(), "base", "camera", STAMPS)
    # 1 m up on the mast: sin(0.1) ahead.
    assert found == pytest.approx(np.tile((0.3 * np.cos(0.1) + np.sin(0.1), 0.0, 0.0), (2, 1)), abs=1e-9)


def test_a_body_whose_left_side_is_up_carries_its_mast_to_the_right():
    down = np.array([np.sin(0.1), np.cos(0.1), 0.0])
    found = levelled(Gravities(STAMPS, np.tile(down, (2, 1))), mounted(), "base", "camera", STAMPS)
    assert found == pytest.approx(np.tile((0.3, -np.sin(0.1), 0.0), (2, 1)), abs=1e-9)


def test_images_without_gravity_are_passed_over():
    down = np.array([[np.nan] * 3, [0.0, 1.0, 0.0]])
    found = levelled(Gravities(STAMPS, down), mounted(), "base", "camera", STAMPS)
    assert found == pytest.approx(np.tile((0.3, 0.0, 0.0), (2, 1)), abs=1e-9)


def test_a_camera_that_looks_straight_down_has_no_heading():
    straight_down = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    assert carried(*still(), mounted(straight_down), "base", "camera", STAMPS) is None


def test_what_is_carried_goes_round_with_the_body():
    body = np.array([[10.0, 20.0, np.pi / 2]])
    assert compose(body, np.array([[0.3, 0.1, 0.2]])) == pytest.approx(np.array([[9.9, 20.3, np.pi / 2 + 0.2]]))


def test_the_antenna_may_be_anywhere_on_the_body():
    assert lever(mounted(), "base", "gps", 0) == pytest.approx([-0.5, 0.2])
    assert lever(mounted(), "base", "nowhere", 0) is None
