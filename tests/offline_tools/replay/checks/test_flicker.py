# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import SemanticMap
from offline_tools.replay.checks import Moved, flicker, moved


def made(*present: tuple[int, slice, slice], observed=None) -> SemanticMap:
    """Classes in blocks of (class, rows, columns)."""
    probabilities = np.zeros((6, 100, 100), np.float32)
    for index, rows, columns in present:
        probabilities[index, rows, columns] = 0.9
    return SemanticMap(probabilities, np.ones((100, 100), bool) if observed is None else observed)


HALF = made((0, slice(0, 50), slice(None)))
STANDS = Moved(0.0, 0.0, 0.0)


def test_the_same_map_twice_does_not_flicker():
    assert flicker(HALF, HALF, STANDS) == 0.0


def test_cells_that_change_their_label_count_by_their_share():
    other = made((0, slice(0, 50), slice(None)), (2, slice(90, 100), slice(0, 50)))
    assert flicker(HALF, other, STANDS) == pytest.approx(0.05)


def test_only_cells_that_both_observed_count():
    seen = np.zeros((100, 100), bool)
    seen[80:, :50] = True
    other = made((2, slice(90, 100), slice(0, 50)), observed=seen)
    assert flicker(HALF, other, STANDS) == pytest.approx(0.5)


def test_a_drive_ahead_brings_the_map_nearer():
    # The far half is 25 to 50 m ahead; 5 m on, the same ground is 20 to 45 m ahead, and the 5 m beyond are new.
    nearer = made((0, slice(10, 60), slice(None)))
    assert flicker(HALF, nearer, Moved(5.0, 0.0, 0.0)) == 0.0
    assert flicker(HALF, HALF, Moved(5.0, 0.0, 0.0)) == pytest.approx(10 / 90)


def test_a_step_to_the_left_moves_the_map_to_the_right():
    left, shifted = made((0, slice(None), slice(0, 50))), made((0, slice(None), slice(0, 54)))
    assert flicker(left, shifted, Moved(0.0, 2.0, 0.0)) == 0.0


def test_a_turn_to_the_left_turns_the_map_to_the_right():
    # A disc 20 m ahead and 5 m to the left is, after a turn to it, straight ahead.
    x, z = HALF.grid.centres()

    def disc(right: float, ahead: float) -> SemanticMap:
        probabilities = np.zeros((6, 100, 100), np.float32)
        probabilities[3] = np.hypot(x - right, z - ahead) < 4
        return SemanticMap(probabilities, np.ones((100, 100), bool))

    turn = math.atan2(5, 20)
    assert flicker(disc(-5, 20), disc(0, math.hypot(5, 20)), Moved(0.0, 0.0, turn)) < 0.004
    assert flicker(disc(-5, 20), disc(0, math.hypot(5, 20)), Moved(0.0, 0.0, -turn)) > 0.02


def test_maps_without_common_ground_say_nothing():
    assert math.isnan(flicker(HALF, HALF, Moved(100.0, 0.0, 0.0)))


def test_the_way_between_two_poses_is_seen_from_the_first():
    before, after = Moved(10.0, 5.0, math.pi / 2), Moved(9.0, 8.0, math.pi)
    assert moved(before, after) == pytest.approx((3.0, 1.0, math.pi / 2))
    assert moved(Moved(0, 0, 3.0), Moved(0, 0, -3.0)).yaw == pytest.approx(2 * math.pi - 6)
