# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.gravity import rotation_from_quaternion
from mia_ros.transform import Transform, identity

part = st.floats(-1, 1)
poses = st.tuples(part, part, part, part, part, part, part).filter(lambda v: math.hypot(*v[:4]) > 1e-2)


def made(pose, parent="a", child="b", stamp=0):
    return Transform(parent, child, stamp, rotation_from_quaternion(*pose[:4]), np.array(pose[4:]))


def matrix(transform):
    """Homogeneous, (4, 4)."""
    result = np.eye(4)
    result[:3, :3], result[:3, 3] = transform.rotation, transform.translation
    return result


def about_z(degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


@given(poses)
def test_the_inverse_is_the_matrix_inverse(pose):
    transform = made(pose)
    assert transform.inverse()[:2] == ("b", "a")
    np.testing.assert_allclose(matrix(transform.inverse()), np.linalg.inv(matrix(transform)), atol=1e-9)


@given(poses, poses)
def test_one_after_the_other_is_the_matrix_product(outer, inner):
    outer, inner = made(outer, "a", "b", 5), made(inner, "b", "c", 9)
    both = outer.then(inner)
    assert both[:3] == ("a", "c", 5)
    np.testing.assert_allclose(matrix(both), matrix(outer) @ matrix(inner), atol=1e-12)


@pytest.mark.parametrize("degrees", [0.0, 1e-7, 30.0, 179.0])
def test_between_two_it_turns_evenly_and_moves_on_a_line(degrees):
    start = Transform("a", "b", 100, about_z(10), np.array([1.0, 2, 3]))
    end = Transform("a", "b", 500, about_z(10 + degrees), np.array([5.0, 2, -1]))
    quarter = start.towards(end, 200)
    assert quarter.stamp == 200
    np.testing.assert_allclose(quarter.rotation, about_z(10 + degrees / 4), atol=1e-9)
    np.testing.assert_allclose(quarter.translation, [2, 2, 2])


@given(poses, poses)
def test_between_two_at_their_stamps_it_is_each(first, second):
    first, second = made(first, stamp=0), made(second, stamp=10)
    np.testing.assert_allclose(matrix(first.towards(second, 0)), matrix(first), atol=1e-9)
    np.testing.assert_allclose(matrix(first.towards(second, 10)), matrix(second), atol=1e-6)


@given(poses, poses, st.integers(0, 10))
def test_between_two_it_is_a_rotation(first, second, stamp):
    rotation = made(first, stamp=0).towards(made(second, stamp=10), stamp).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) > 0


def test_identity_changes_nothing():
    np.testing.assert_array_equal(matrix(identity("a", "b", 3)), np.eye(4))
