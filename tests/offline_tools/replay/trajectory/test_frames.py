# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.transform import Transform
from offline_tools.replay.trajectory.frames import FrameLog

SECOND = 10**9
QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def log(*transforms):
    made = FrameLog()
    for parent, child, stamp, place, *turn in transforms:
        made.add(Transform(parent, child, stamp, turn[0] if turn else np.eye(3), np.array(place, float)))
    return made


def test_a_chain_goes_up_and_down_the_tree():
    frames = log(
        ("base", "mast", 0, (0, 0, 1), QUARTER), ("mast", "camera", 0, (2, 0, 0)), ("base", "gps", 0, (0, 0, 3))
    )
    assert frames.where("base", "camera", 5).translation == pytest.approx([0, 2, 1])
    assert frames.where("gps", "camera", 5).translation == pytest.approx([0, 2, -2])


def test_what_moves_is_interpolated():
    frames = log(("odom", "base", 0, (0, 0, 0)), ("odom", "base", SECOND, (4, 0, 0)))
    assert frames.where("odom", "base", SECOND // 4).translation == pytest.approx([1, 0, 0])
    assert not frames.fixed("odom", "base")


def test_frames_that_nothing_ties_have_no_place():
    frames = log(("base", "camera", 0, (0, 0, 1)), ("world", "gps", 0, (0, 0, 0)))
    assert frames.where("base", "gps", 0) is None and not frames.connected("base", "gps")


def test_a_circle_of_transforms_is_not_followed():
    frames = log(("a", "b", 0, (1, 0, 0)), ("b", "a", 0, (5, 0, 0)))
    assert frames.where("a", "b", 0).translation == pytest.approx([1, 0, 0])


def test_the_odometry_carries_the_camera_and_a_joint_does_not():
    frames = log(
        ("map", "odom", 0, (0, 0, 0)),
        ("map", "odom", SECOND, (50, 0, 0)),
        ("odom", "base", 0, (0, 0, 0)),
        ("odom", "base", SECOND, (4, 0, 0)),
        ("base", "camera", 0, (0, 0, 0)),
        ("base", "camera", SECOND, (0.1, 0, 0)),
    )
    body, stamps, rows = frames.carrier("camera")
    assert body == "base" and stamps.tolist() == [0, SECOND]
    assert rows[:, 9].tolist() == [0, 4]


def test_nothing_carries_what_stands_still():
    assert log(("base", "camera", 0, (0, 0, 1)), ("base", "camera", SECOND, (0, 0, 1))).carrier("camera") is None
