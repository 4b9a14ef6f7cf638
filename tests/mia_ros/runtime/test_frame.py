# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.errors import FrameError, GravityUnavailable, TransformUnavailable
from mia_ros.mapper import Mapper
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.frame import FrameMapper
from mia_ros.runtime.levelling import GravitySource
from mia_ros.runtime.step import MapperStep
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.transform import Transform
from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.scenes import blocks

SECOND, FRAME = 10**9, "camera"
START = 100 * SECOND
CAMERA = Camera(320, 240, 200.0, 200.0, 159.5, 119.5)
SCENE = blocks(320, 240)
#: Axes of the camera in a frame with z up.
UPRIGHT = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return Mapper.load(make_engine(tmp_path_factory.mktemp("engine") / "small"), "onnx-cpu", 1)


@pytest.fixture
def setting(engine):
    def make(**parameters):
        transforms = TransformBuffer()
        step = MapperStep(engine, MapperConfig.from_mapping({"gravity_source": "fixed", **parameters}))
        return FrameMapper(step, transforms, GravitySource(step.config, transforms)), transforms

    return make


def standing(stamp, parent="base_footprint"):
    """The camera 1.3 m above the ground."""
    return Transform(parent, FRAME, stamp, UPRIGHT, np.array([0.0, 0.0, 1.3]))


def test_a_good_frame_becomes_a_map_of_its_stamp_and_height(setting):
    frames, transforms = setting()
    transforms.add(standing(0), static=True)
    assert frames.judge(SCENE, CAMERA, START, START).usable
    stepped = frames.map(SCENE, CAMERA, START, frames.attitude(START, FRAME))
    assert (stepped.semantic_map.stamp, stepped.camera_height) == (START, pytest.approx(1.3))
    assert stepped.semantic_map.observed.any()


def test_a_frame_of_another_camera_is_refused_before_it_is_looked_at(setting):
    frames, _ = setting()
    with pytest.raises(FrameError, match="320 x 240"):
        frames.judge(SCENE[:100], CAMERA, START, START)
    assert not frames.watch.counts


def test_a_frame_without_gravity_is_refused(setting):
    frames, _ = setting(gravity_source="imu")
    with pytest.raises(GravityUnavailable, match="no IMU sample"):
        frames.attitude(START, FRAME)


def test_where_time_jumped_back_what_moves_is_forgotten(setting):
    frames, transforms = setting()
    transforms.add(standing(START), static=False)
    assert frames.attitude(START, FRAME).height == pytest.approx(1.3)
    assert frames.judge(SCENE, CAMERA, START, START).usable
    assert frames.judge(SCENE, CAMERA, START - 5 * SECOND, START - 5 * SECOND).jumped_back
    frames.start_anew()
    assert frames.attitude(START, FRAME).height is None
    with pytest.raises(TransformUnavailable):
        transforms.lookup("base_footprint", FRAME, START)
