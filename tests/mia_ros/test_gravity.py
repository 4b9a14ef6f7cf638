# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.errors import GravityError
from mia_ros.gravity import LEVEL, Gravity, check_rotation, rotation_from_quaternion

rolls = st.floats(-math.pi, math.pi)
pitches = st.floats(-1.55, 1.55)


def test_signs() -> None:
    """pitch > 0 looks down: gravity leans into the view (+z). roll > 0, right side up: it leans to the left (-x)."""
    assert Gravity.from_roll_pitch(0, 0.1).z > 0
    assert Gravity.from_roll_pitch(0.1, 0).x < 0
    assert Gravity.from_roll_pitch(0, 0) == LEVEL


@given(rolls, pitches)
def test_roll_and_pitch_round_trip(roll: float, pitch: float) -> None:
    gravity = Gravity.from_roll_pitch(roll, pitch)
    assert math.isclose(math.cos(gravity.roll - roll), 1, abs_tol=1e-12)
    assert math.isclose(gravity.pitch, pitch, abs_tol=1e-7)


@given(rolls, pitches)
def test_rotation_takes_level_down_to_gravity(roll: float, pitch: float) -> None:
    gravity = Gravity.from_roll_pitch(roll, pitch)
    np.testing.assert_allclose(gravity.rotation() @ (0, 1, 0), gravity.vector, atol=1e-12)
    np.testing.assert_allclose(gravity.rotation() @ gravity.rotation().T, np.eye(3), atol=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3).filter(lambda v: max(map(abs, v)) > 1e-3))
def test_length_of_the_vector_does_not_matter(vector: list[float]) -> None:
    gravity = Gravity.from_vector(vector)
    np.testing.assert_allclose(gravity.vector, np.array(vector) / np.linalg.norm(vector), atol=1e-12)
    np.testing.assert_allclose(Gravity.from_vector(np.array(vector) * 1e-200).vector, gravity.vector, atol=1e-9)


def test_quaternion_of_a_camera_that_looks_north_and_level() -> None:
    """Optical axes in ENU: x right = east, y down = -up, z forward = north: a turn of -90 degrees about east."""
    s = math.sqrt(0.5)
    assert Gravity.from_quaternion(-s, 0, 0, s).angle_to(LEVEL) < 1e-9


@given(rolls, pitches, st.floats(-3, 3))
def test_quaternion_in_any_heading_gives_the_same_gravity(roll: float, pitch: float, yaw: float) -> None:
    gravity = Gravity.from_roll_pitch(roll, pitch)
    heading = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    optical = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    x, y, z, w = quaternion_of(heading @ optical @ gravity.rotation().T)
    assert Gravity.from_quaternion(x, y, z, w).angle_to(gravity) < 1e-6


def quaternion_of(matrix: np.ndarray) -> np.ndarray:
    """x, y, z, w of a rotation, as the eigenvector of Bar-Itzhack's symmetric matrix."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    k = np.array(
        [
            [a - e - i, d + b, g + c, h - f],
            [d + b, e - a - i, h + f, c - g],
            [g + c, h + f, i - a - e, d - b],
            [h - f, c - g, d - b, a + e + i],
        ]
    )
    return np.linalg.eigh(k / 3)[1][:, -1]


def test_rotation_of_a_ros_transform_takes_child_to_parent() -> None:
    """A quarter turn about z: the child's x axis is the parent's y axis."""
    s = math.sqrt(0.5)
    np.testing.assert_allclose(rotation_from_quaternion(0, 0, s, s) @ (1, 0, 0), (0, 1, 0), atol=1e-12)


@given(rolls, pitches)
def test_turned_follows_the_image(roll: float, pitch: float) -> None:
    gravity = Gravity.from_roll_pitch(roll, pitch)
    turned = gravity.turned(90)
    assert (turned.x, turned.y, turned.z) == (-gravity.y, gravity.x, gravity.z)
    assert gravity.turned(90).turned(270) == gravity
    assert gravity.turned(180) == gravity.turned(90).turned(90)


def test_a_camera_mounted_on_its_side_is_level_after_turning() -> None:
    """The camera lies on its right side: down is its +x. Its image is upright again after a clockwise quarter turn."""
    assert Gravity.from_vector((1, 0, 0)).turned(90) == LEVEL


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ((0, 0, 0), "length is 0"),
        ((0, math.nan, 1), "not finite"),
        ((0, 1), "3 numbers"),
        ((0, math.inf, 0), "not finite"),
    ],
)
def test_vectors_that_are_no_direction_are_refused(vector: tuple[float, ...], message: str) -> None:
    with pytest.raises(GravityError, match=f"gravity vector.*{message}"):
        Gravity.from_vector(vector)


@pytest.mark.parametrize(
    ("roll", "pitch", "field"), [(5.0, 0, "roll"), (0, 2.0, "pitch"), (math.nan, 0, "roll"), (0, math.nan, "pitch")]
)
def test_angles_in_degrees_or_nan_are_refused(roll: float, pitch: float, field: str) -> None:
    with pytest.raises(GravityError, match=f"^{field}: .*degrees"):
        Gravity.from_roll_pitch(roll, pitch)


def test_zero_quaternion_is_refused() -> None:
    with pytest.raises(GravityError, match="quaternion"):
        Gravity.from_quaternion(0, 0, 0, 0)


@pytest.mark.parametrize("bad", [np.eye(4), np.diag([1, 1, -1]), np.eye(3) * 1.1, np.full((3, 3), np.nan)])
def test_what_is_no_rotation_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(GravityError, match="imu_to_camera"):
        check_rotation(bad)
