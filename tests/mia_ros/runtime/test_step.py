# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Camera, Gravity, Mapper
from mia_ros.errors import ConfigError, EngineError, FrameError, ProfileError, TiltError
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.step import STAGES, MapperStep, layers
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_INDEX, CLASS_NAMES
from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.scenes import blocks

CAMERA = Camera(640, 360, 350, 350, 319.5, 179.5)
TILTED = Gravity.from_roll_pitch(math.radians(4), math.radians(6))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return make_engine(tmp_path_factory.mktemp("engines") / "small", thresholds=(0.1, 0.2, 0.3, 0.4, 0.6, 0.7))


def step_of(engine, **parameters):
    return MapperStep.load(MapperConfig.from_mapping({"engine": str(engine), "backend": "onnx-cpu", **parameters}))


@pytest.fixture(scope="module")
def step(engine):
    return step_of(engine)


def reading(gravity=TILTED, stamp=7):
    return GravityReading(gravity, 0.01, "accelerometer", stamp)


def test_the_map_is_what_the_mapper_makes(engine, step):
    frame = blocks(640, 360)
    made = step.run(frame, CAMERA, reading(), 7, 1.2)
    wanted = Mapper.load(engine, "onnx-cpu", camera_height=1.2)(frame, CAMERA, TILTED, stamp=7)
    np.testing.assert_array_equal(made.semantic_map.probabilities, wanted.probabilities)
    np.testing.assert_array_equal(made.semantic_map.observed, wanted.observed)
    assert made.semantic_map.thresholds == wanted.thresholds


def test_the_map_has_the_stamp_of_its_image(step):
    assert step.run(blocks(640, 360), CAMERA, reading(), 123_456).semantic_map.stamp == 123_456


def test_what_it_was_made_with_is_told(step):
    made = step.run(blocks(640, 360), CAMERA, reading(), 7, 1.2)
    assert (made.gravity, made.camera_height) == (reading(), 1.2)
    assert made.view.gravity == TILTED


def test_every_stage_is_timed(step):
    times = step.run(blocks(640, 360), CAMERA, reading(), 7).times
    assert tuple(times) == STAGES
    assert all(value > 0 for value in times.values())


def test_a_height_of_one_frame_does_not_reach_the_next(step):
    frame = blocks(640, 360)
    before = step.run(frame, CAMERA, reading(), 1).semantic_map.observed
    step.run(frame, CAMERA, reading(), 2, 0.4)
    np.testing.assert_array_equal(step.run(frame, CAMERA, reading(), 3).semantic_map.observed, before)


def test_a_camera_that_is_mounted_turned_gives_the_same_map(step):
    """The frame arrives turned, and gravity in its axes; what the network sees is the upright picture."""
    frame = blocks(640, 360)
    upright = step.run(frame, CAMERA, reading(), 1)
    arriving = Camera(360, 640, 350, 350, 179.5, 319.5).turned(90)
    turned = step.run(np.ascontiguousarray(np.rot90(frame)), arriving, reading(TILTED.turned(-90)), 1)
    np.testing.assert_array_equal(turned.view.valid, upright.view.valid)
    difference = turned.semantic_map.probabilities - upright.semantic_map.probabilities
    assert np.abs(difference).mean() < 0.01


def test_too_much_tilt_gives_no_map(engine):
    step = step_of(engine, min_valid=0.99)
    with pytest.raises(TiltError, match="less than 99%"):
        step.run(blocks(640, 360), CAMERA, reading(), 1)


def test_a_frame_of_another_size_gives_no_map(step):
    with pytest.raises(FrameError, match="320 x 240 pixels, but the camera has 640 x 360"):
        step.run(blocks(320, 240), CAMERA, reading(), 1)


def test_without_an_engine_it_says_what_to_do():
    with pytest.raises(ConfigError, match="engine: not given"):
        MapperStep.load(MapperConfig())


def test_a_missing_engine_is_named(tmp_path):
    with pytest.raises(EngineError, match="no such folder"):
        step_of(tmp_path / "nowhere")


def test_unknown_is_unknown_everywhere(engine):
    for unknown_value in (-1, 100):
        step = step_of(engine, unknown_value=unknown_value)
        nothing = step.unknown(55)
        assert nothing.stamp == 55
        assert not nothing.observed.any()
        assert (step.costs(nothing) == unknown_value).all()
        assert (layers(nothing) == -1).all()


def sidewalk(p, observed=True):
    probabilities = np.zeros((6, 100, 100), np.float32)
    probabilities[CLASS_NAMES.index("sidewalk")] = p
    return SemanticMap(probabilities, np.full((100, 100), observed))


def test_costs_follow_the_profile(engine):
    wheelchair, car = step_of(engine), step_of(engine, profile="car")
    assert wheelchair.costs(sidewalk(0.9)).max() < car.costs(sidewalk(0.9)).min()


def test_the_profile_may_change_between_frames(engine):
    step = step_of(engine)
    wanted = step_of(engine, profile="car").costs(sidewalk(0.9))
    step.reconfigure(step.config.with_changes({"profile": "car"}))
    np.testing.assert_array_equal(step.costs(sidewalk(0.9)), wanted)


def test_a_profile_that_vanished_leaves_all_as_it_was(engine, tmp_path):
    step, path = step_of(engine), tmp_path / "mine.yaml"
    path.write_text("\n".join(f"{name}: 3" for name in CLASS_NAMES))
    changed = step.config.with_changes({"profile": str(path)})
    path.unlink()
    before = step.costs(sidewalk(0.9))
    with pytest.raises(ProfileError, match="cannot be read"):
        step.reconfigure(changed)
    assert step.config.profile == "wheelchair"
    np.testing.assert_array_equal(step.costs(sidewalk(0.9)), before)


def test_a_threshold_of_the_configuration_is_the_map_s_own(engine):
    """So whoever reads the published map decides as the occupancy does."""
    step = step_of(engine, threshold=0.25)
    assert step.run(blocks(640, 360), CAMERA, reading(), 1).semantic_map.thresholds == (0.25,) * 6


def test_the_threshold_may_change_between_frames(engine):
    step, frame = step_of(engine), blocks(640, 360)
    step.reconfigure(step.config.with_changes({"threshold": 1.0}))
    assert not step.run(frame, CAMERA, reading(), 1).semantic_map.present().any()
    step.reconfigure(step.config.with_changes({"threshold": -1.0}))
    assert step.run(frame, CAMERA, reading(), 1).semantic_map.thresholds == (0.1, 0.2, 0.3, 0.4, 0.6, 0.7)


@pytest.mark.parametrize(("p", "percent"), [(0.0, 0), (0.334, 33), (0.996, 100), (1.0, 100)])
def test_a_layer_is_the_probability_in_percent(p, percent):
    assert (layers(sidewalk(p))[CLASS_INDEX["sidewalk"]] == percent).all()
    assert (layers(sidewalk(p))[CLASS_INDEX["road"]] == 0).all()


def test_a_layer_is_unknown_where_nothing_was_observed_whatever_stands_there():
    assert (layers(sidewalk(np.nan, observed=False)) == -1).all()
    assert layers(sidewalk(0.5)).dtype == np.int8


def test_a_closed_step_refuses_to_run(engine):
    step = step_of(engine)
    step.close()
    with pytest.raises(EngineError, match="is closed"):
        step.run(blocks(640, 360), CAMERA, reading(), 1)
