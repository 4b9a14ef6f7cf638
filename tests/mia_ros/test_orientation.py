# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.gravity import Gravity
from mia_ros.gravity_filter import GravityFilter
from mia_ros.orientation import given_orientation
from tests.mia_ros.imu_simulation import Ride, ride
from tests.mia_ros.test_gravity import quaternion_of
from tests.mia_ros.test_gravity_filter import FORWARD_CAMERA

GOOD = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


@pytest.mark.parametrize(
    ("quaternion", "covariance"),
    [
        (GOOD, (-1.0, *[0.0] * 8)),
        ((0, 0, 0, 0), ()),
        ((math.nan, 0, 0, 1), ()),
        ((0, 0, 0, 1), [0.0] * 9),
        ((3, 4, 0, 0), [0.1] * 9),
    ],
    ids=["covariance", "zero", "nan", "identity", "length"],
)
def test_absent(quaternion: tuple[float, ...], covariance: tuple[float, ...]) -> None:
    assert given_orientation(quaternion, covariance) is None


def test_present() -> None:
    assert given_orientation(GOOD, [0.0] * 9) == GOOD
    assert given_orientation((0, 0, 0, 1), [0.01] * 9) == (0, 0, 0, 1)


def live(journey: Ride, quaternions: list[tuple[float, float, float, float]]) -> tuple[list[str], list[float]]:
    """Source and error (degrees) of the answer after every sample."""
    filter_ = GravityFilter(FORWARD_CAMERA)
    sources, errors = [], []
    for sample, quaternion, down in zip(journey.samples(), quaternions, journey.down, strict=True):
        filter_.add(sample._replace(orientation=quaternion))
        estimate = filter_.at(sample.stamp)
        sources.append(estimate.source)
        errors.append(math.degrees(estimate.gravity.angle_to(Gravity.from_vector(FORWARD_CAMERA @ down))))
    return sources, errors


def orientations(journey: Ride, error: np.ndarray | None = None) -> list[tuple[float, float, float, float]]:
    """True attitudes of the sensor in the world, turned by a fixed error."""
    error = np.eye(3) if error is None else error
    return [tuple(quaternion_of((error @ matrix).T).tolist()) for matrix in journey.world_to_imu]


def about_x(degrees: float) -> np.ndarray:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def test_a_sound_orientation_is_used() -> None:
    journey = ride(1, seconds=6)
    sources, errors = live(journey, orientations(journey))
    assert set(sources) == {"orientation"}
    assert max(errors) < 1e-3


@pytest.mark.parametrize("error_deg", [12, 90, 180])
def test_an_orientation_that_contradicts_the_accelerometer_is_not_believed(error_deg: float) -> None:
    """A wrong mounting, or a world whose z axis points down."""
    journey = ride(2, seconds=6)
    sources, errors = live(journey, orientations(journey, about_x(error_deg)))
    assert set(sources[400:]) == {"accelerometer"}
    assert np.sqrt(np.mean(np.square(errors[400:]))) < 1.0


def test_a_frozen_orientation_is_not_believed() -> None:
    journey = ride(3, seconds=8, tilt=0.05)
    frozen = [orientations(journey)[0]] * len(journey.stamps)
    sources, _ = live(journey, frozen)
    assert sources[100] == "orientation"
    assert set(sources[-400:]) == {"accelerometer"}


def test_an_orientation_that_comes_right_is_believed_again() -> None:
    journey = ride(4, seconds=8)
    wrong, right = orientations(journey, about_x(40)), orientations(journey)
    sources, _ = live(journey, wrong[:500] + right[500:])
    assert sources[499] == "accelerometer"
    assert sources[-1] == "orientation"


def test_orientation_serves_where_the_accelerometer_shows_no_gravity() -> None:
    journey = ride(5, seconds=3)
    filter_ = GravityFilter(FORWARD_CAMERA)
    for sample, quaternion in zip(journey.samples(), orientations(journey), strict=True):
        filter_.add(sample._replace(linear_acceleration=np.zeros(3), orientation=quaternion))
    estimate = filter_.at(int(journey.stamps[-1]))
    assert estimate.source == "orientation"
    assert estimate.gravity.angle_to(Gravity.from_vector(FORWARD_CAMERA @ journey.down[-1])) < 1e-3
