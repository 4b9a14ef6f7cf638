# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import ReplayError
from offline_tools.replay.trajectory import GroundPose, Trajectory
from offline_tools.replay.truth import osm_truth
from tests.offline_tools.simworld.drive.maps import write_map

SECOND = 10**9
NORTH, EAST = math.pi / 2, 0.0
#: A wide road to the east, and a house 20 m north of it.
WAYS = [
    ([(-200.0, 0.0), (200.0, 0.0)], {"highway": "residential", "sidewalk": "no"}),
    ([(-10.0, 20.0), (10.0, 20.0), (10.0, 30.0), (-10.0, 30.0), (-10.0, 20.0)], {"building": "yes"}),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """It declares to cover 250 m each way around 48 N, 11 E."""
    return write_map(tmp_path_factory.mktemp("truth_map"), WAYS)


def standing(*poses):
    return Trajectory("test", (48.0, 11.0), np.arange(len(poses)) * SECOND, np.array(poses, float))


def test_the_map_is_drawn_along_the_heading(store):
    truth = osm_truth(store, standing((0, 0, NORTH), (0, 0, EAST)))
    north, east = truth.of(0), truth.of(SECOND)
    # The house is 25 m ahead, or else 22 m to the left and 5 m ahead.
    assert north.masks[3, 49, 50] and not north.masks[3, 90, 6]
    assert east.masks[3, 90, 6] and not east.masks[3, 49, 50]
    assert east.masks[0, :, 50].all() and not north.masks[0, :80].any()


def test_houses_hide_what_is_behind_them(store):
    visible = osm_truth(store, standing((0, 0, NORTH))).of(0).visible
    assert visible[70, 50] and not visible[10, 50]


def test_what_the_map_does_not_cover_is_not_visible(store):
    visible = osm_truth(store, standing((230, 0, EAST))).of(0).visible
    # 20 m ahead the map ends: row 60.
    assert visible[62, 50] and not visible[:58, 50].any()


def test_beyond_the_map_there_is_no_truth(store):
    truth = osm_truth(store, standing((0, 0, EAST), (1, 0, EAST), (900, 0, EAST)))
    assert truth.of(2 * SECOND) is None and truth.of(0) is not None
    assert (truth.record()["found"], truth.record()["outside_the_map"]) == (1, 1)


def test_without_a_pose_there_is_no_truth(store):
    assert osm_truth(store, standing((0, 0, EAST))).of(9 * SECOND) is None


def test_a_map_of_another_place_is_refused_with_the_distance(store):
    far = Trajectory("test", (48.1, 11.0), np.array([0]), np.array([[0.0, 0.0, 0.0]]))
    # 0.1 degrees of latitude are 11.1 km, of which the map reaches 250 m.
    with pytest.raises(ReplayError, match=r"100% of the path lies outside the map map\.osm, 10\.9 to 10\.9 km"):
        osm_truth(store, far)


def test_a_path_that_never_looks_anywhere_is_refused(store):
    with pytest.raises(ReplayError, match="never says where the camera looks"):
        osm_truth(store, standing((0, 0, math.nan)))


def test_a_path_in_the_axes_of_odometry_is_refused(store):
    with pytest.raises(ReplayError, match="needs GPS"):
        osm_truth(store, Trajectory("odometry", None, np.array([0]), np.zeros((1, 3))))


def test_a_pose_may_be_asked_for_by_itself(store):
    truth = osm_truth(store, standing((0, 0, EAST)))
    assert truth.at(GroundPose(0, 0, NORTH)).masks[3].any()
