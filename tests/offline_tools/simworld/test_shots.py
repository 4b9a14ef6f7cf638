# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.rectify import Rectifier
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.shots import Shot, drawn_shot
from offline_tools.simworld.spots import Spot

CAMERA = Camera(64, 48, 40.0, 40.0, 31.5, 23.5)
FRAME = LocalFrame(48.0, 11.0)


def drawn(seed):
    return drawn_shot(Spot(10.0, 20.0, 0.3, "sidewalk"), FRAME, np.random.default_rng(seed))


def shot(heading=0.0, roll=0.0, pitch=0.0):
    return Shot(CAMERA, 48.0, 11.0, heading, 1.5, math.radians(roll), math.radians(pitch))


@pytest.mark.parametrize(("heading", "ahead"), [(0, (0, 1, 0)), (90, (1, 0, 0)), (225, (-0.7071, -0.7071, 0))])
def test_the_optical_axis_points_along_the_heading(heading, ahead):
    assert np.allclose(shot(heading).rotation[:, 2], ahead, atol=1e-4)


def test_a_positive_pitch_looks_down_and_keeps_the_heading():
    axis = shot(90, roll=5, pitch=30).rotation[:, 2]
    assert np.allclose(axis, (math.cos(math.pi / 6), 0, -0.5))


def test_a_positive_roll_lifts_the_right_side():
    assert shot(0, roll=10).rotation[2, 0] == pytest.approx(math.sin(math.radians(10)))


def test_gravity_is_down_as_the_rotation_sees_it():
    turned = shot(200, roll=-7, pitch=12)
    assert np.allclose(turned.rotation @ turned.gravity.vector, (0, 0, -1))


def test_every_drawn_camera_can_be_levelled():
    for seed in range(60):
        taken = drawn(seed)
        blank = np.zeros((taken.camera.height, taken.camera.width, 3), np.uint8)
        Rectifier(taken.camera)(blank, taken.gravity)


def test_drawn_shots_keep_to_their_ranges_and_differ():
    shots = [drawn(seed) for seed in range(200)]
    heights = np.array([each.height for each in shots])
    assert heights.min() >= 0.6 and heights.max() <= 2.2 and np.ptp(heights) > 1.4
    assert len({each.camera.fx for each in shots}) > 150
    assert max(abs(each.pitch) for each in shots) <= math.radians(16)


def test_most_shots_look_along_the_way():
    along = 90 - math.degrees(0.3)
    off = np.array([(drawn(seed).heading_deg - along + 180) % 360 - 180 for seed in range(300)])
    assert 0.5 < (np.abs(off) < 20).mean() < 0.95


def test_the_same_seed_draws_the_same_shot():
    assert drawn(5) == drawn(5) != drawn(6)
