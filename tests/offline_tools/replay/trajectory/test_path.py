# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import ReplayError
from offline_tools.replay.trajectory import Correction, Shift, Trajectory

SECOND = 10**9


def path(poses, origin=(48.0, 11.0), step=SECOND):
    return Trajectory("test", origin, np.arange(len(poses)) * step, np.array(poses, float))


def test_between_two_poses_it_goes_evenly():
    way = path([(0, 0, 0), (2, 4, 0.6)])
    assert way.at(SECOND // 4) == pytest.approx((0.5, 1.0, 0.15))


def test_shortly_beyond_its_ends_the_nearest_pose_holds_and_later_none():
    way = path([(0, 0, 0), (2, 4, 0.6)])
    assert way.at(-SECOND // 5) == pytest.approx((0, 0, 0))
    assert way.at(SECOND * 6 // 5) == pytest.approx((2, 4, 0.6))
    assert way.at(SECOND * 2) is None


def test_nothing_is_said_within_a_gap():
    way = path([(0, 0, 0), (9, 0, 0)], step=5 * SECOND)
    assert way.at(2 * SECOND) is None


def test_what_stood_still_through_a_gap_is_where_it_was():
    way = path([(1, 2, 0), (1, 2, 0)], step=5 * SECOND)
    assert way.at(2 * SECOND) == pytest.approx((1, 2, 0))


def test_a_pose_without_heading_is_no_pose():
    assert path([(0, 0, math.nan), (2, 4, 0.6)]).at(0) is None


def test_the_heading_is_clockwise_from_north():
    way = path([(0, 0, 0)])
    assert way.globe(way.at(0))[2] == pytest.approx(90)
    north_west = way.globe(way.at(0)._replace(yaw=math.radians(135)))
    assert north_west[2] == pytest.approx(315)


def test_a_hundred_metres_north_are_a_thousandth_of_a_degree():
    way = path([(0, 100, 0)])
    lat, lon, _ = way.globe(way.at(0))
    # A minute of latitude is a nautical mile, 1852 m; the sphere of the maps is 0.2 % larger.
    assert lat - 48 == pytest.approx(100 / 1852 / 60, rel=0.003)
    assert lon == pytest.approx(11)


def test_without_gps_there_is_no_place_on_the_globe():
    way = path([(0, 0, 0)], origin=None)
    with pytest.raises(ReplayError, match="needs GPS"):
        way.globe(way.at(0))


def test_a_shift_turns_about_its_pivot_and_then_moves():
    quarter = Correction((Shift(0, (1.0, 0.0), 10.0, 20.0, math.pi / 2),))
    moved = path([(2, 0, 0.1)]).moved(quarter)
    assert moved.at(0) == pytest.approx((11, 21, 0.1 + math.pi / 2))


def test_between_two_shifts_poses_go_evenly_from_one_to_the_other():
    both = Correction((Shift(0, (0.0, 0.0), 0.0, 0.0, 0.0), Shift(4 * SECOND, (0.0, 0.0), 4.0, -8.0, 0.4)))
    moved = path([(0, 0, 0)] * 6).moved(both)
    assert moved.at(SECOND) == pytest.approx((1, -2, 0.1))
    assert moved.at(5 * SECOND) == pytest.approx((4, -8, 0.4))


def test_no_correction_moves_nothing():
    assert path([(2, 3, 0.1)]).moved(Correction()).at(0) == pytest.approx((2, 3, 0.1))
