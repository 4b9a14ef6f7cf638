# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.height import HeightSource
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.transform import Transform

FORWARD = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])  # of the camera optical frame in the base's axes


def height(z=None, **parameters):
    tree = TransformBuffer()
    if z is not None:
        tree.add(Transform("base_footprint", "camera", 0, FORWARD, np.array([0.3, 0.1, z])), static=True)
    return HeightSource(MapperConfig.from_mapping(parameters), tree)


def test_the_parameter_comes_first():
    source = height(1.1, camera_height=0.8)
    assert source.at(0, "camera") == 0.8
    assert source.problem() is None


def test_tf_says_how_high_the_camera_is_above_the_base():
    source = height(1.1)
    assert source.at(0, "camera") == pytest.approx(1.1)
    assert source.problem() is None


def test_without_tf_the_height_is_not_known_and_it_says_why():
    source = height()
    assert source.at(0, "camera") is None
    assert "camera_height: not given, and tf from 'camera' to 'base_footprint'" in source.problem()


def test_without_a_base_frame_it_says_so():
    source = height(1.1, base_frame="")
    assert source.at(0, "camera") is None
    assert "base_frame is empty" in source.problem()


@pytest.mark.parametrize("z", [0.0, -1.0, 30.0])
def test_a_base_that_is_not_the_ground_is_told(z):
    source = height(z)
    assert source.at(0, "camera") is None
    assert "is that the ground?" in source.problem()
