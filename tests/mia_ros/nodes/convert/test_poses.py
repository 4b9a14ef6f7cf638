# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros import Gravity
from mia_ros.errors import MessageError
from mia_ros.gravity import rotation_from_quaternion
from mia_ros.nodes.convert import (
    bev_pose,
    odometry_message,
    pose_message,
    quaternion_of,
    read_pose,
    read_transforms,
    transforms_message,
)
from mia_ros.nodes.convert.poses import Transform

QUARTER = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # a quarter turn to the left
part = st.floats(-1, 1)


@given(part, part, part, part)
def test_a_quaternion_and_its_rotation_say_the_same(x, y, z, w):
    if math.hypot(x, y, z, w) < 1e-3:
        return
    rotation = rotation_from_quaternion(x, y, z, w)
    assert np.allclose(rotation_from_quaternion(*quaternion_of(rotation)), rotation, atol=1e-12)


def test_a_quarter_turn_to_the_left_is_half_the_angle_about_z():
    assert quaternion_of(QUARTER) == pytest.approx((0, 0, math.sqrt(0.5), math.sqrt(0.5)))


def test_a_pose_comes_back_as_it_was_sent(world):
    rotation, place = read_pose(world.sent(pose_message(world.messages, 7, "map", QUARTER, np.array([1.0, 2, 3]))))
    assert np.allclose(rotation, QUARTER) and place.tolist() == [1, 2, 3]


def test_odometry_is_a_pose_in_the_plane_and_a_twist_of_the_base(world):
    message = odometry_message(world.messages, 7, ("odom", "base_link"), np.array([4.0, 5, 0]), math.pi / 2, 1.2, 0.3)
    message = world.sent(message)
    rotation, place = read_pose(message)
    assert np.allclose(rotation, QUARTER) and place.tolist() == [4, 5, 0]
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
    assert (message.twist.twist.linear.x, message.twist.twist.angular.z) == (1.2, 0.3)


def test_a_pose_that_is_not_finite_is_refused(world):
    message = pose_message(world.messages, 7, "map", QUARTER, np.array([1.0, math.nan, 3]))
    with pytest.raises(MessageError, match="not finite"):
        read_pose(message)


def test_transforms_come_back_as_they_were_sent(bag_world):
    sent = [Transform("odom", "base_link", 5, QUARTER, np.array([1.0, 0, 0]))]
    (back,) = read_transforms(bag_world.sent(transforms_message(bag_world.messages, sent)))
    assert back[:3] == sent[0][:3]
    assert np.allclose(back.rotation, QUARTER) and back.translation.tolist() == [1, 0, 0]


def test_the_bev_frame_of_a_level_camera_lies_on_the_ground_under_it():
    rotation, place = bev_pose(Gravity(0.0, 1.0, 0.0), 1.5)
    # In the optical frame (x right, y down, z ahead): forward is z, left is -x, up is -y; the ground is below.
    assert np.allclose(rotation, np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]]).T)
    assert place.tolist() == [0, 1.5, 0]


def test_the_bev_frame_of_a_tilted_camera_is_level():
    gravity = Gravity.from_roll_pitch(0.1, 0.3)
    rotation, place = bev_pose(gravity, 2.0)
    assert np.allclose(rotation @ [0, 0, 1], -gravity.vector)
    assert np.allclose(place, 2 * gravity.vector)
    # Forward is where the optical axis points, on the ground: nothing of it is to the left.
    axis = rotation.T @ [0, 0, 1]
    assert axis[0] > 0 and axis[1] == pytest.approx(0, abs=1e-12)
