# SPDX-License-Identifier: Apache-2.0
import hashlib
import math
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mia_ros import Camera, Gravity, Mapper
from mia_ros.engine import load_backend
from mia_ros.errors import CameraError, FrameError, TiltError
from mia_ros.observation import observed_cells
from mia_ros.rectify import Rectifier
from tests.mia_ros.make_engine import make_engine, make_engine_of_heights
from tests.mia_ros.scenes import blocks

ROOT = Path(__file__).resolve().parents[2]
CAMERA = Camera(1280, 720, 700, 700, 639.5, 359.5)
TILTED = Gravity.from_roll_pitch(math.radians(4), math.radians(6))
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.7)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_engine(tmp_path_factory.mktemp("engines") / "small", thresholds=THRESHOLDS)


@pytest.fixture(scope="module")
def mapper(engine: Path) -> Mapper:
    return Mapper.load(engine, "onnx-cpu")


def test_a_map_is_level_run_unpack(engine: Path, mapper: Mapper) -> None:
    """Step by step, with the channels turned on the whole frame."""
    frame = blocks(1280, 720)
    bev = mapper(frame, CAMERA, TILTED, stamp=123)
    view = Rectifier(CAMERA)(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), TILTED)
    camera = np.array([280, 280, 255.5, 143.5], np.float32)
    probabilities, _ = load_backend(engine, "onnx-cpu").backend.run(view.image, camera)
    np.testing.assert_array_equal(bev.probabilities, probabilities)
    assert bev.stamp == 123
    assert bev.thresholds == THRESHOLDS


@pytest.mark.parametrize("height", [None, 1.2])
def test_observed_is_frustum_and_picture_and_ground(engine: Path, height: float | None) -> None:
    """The engine of the tests has the frustum at the cells' centres, so the geometric rule expects the same."""
    frame = blocks(1280, 720)
    bev = Mapper.load(engine, "onnx-cpu", camera_height=height)(frame, CAMERA, TILTED)
    np.testing.assert_array_equal(bev.observed, observed_cells(Rectifier(CAMERA)(frame, TILTED), height))


def test_what_was_not_observed_stays_unknown(engine: Path) -> None:
    bev = Mapper.load(engine, "onnx-cpu", camera_height=1.2)(blocks(1280, 720), CAMERA, TILTED)
    assert 0.2 < bev.observed.mean() < 0.9
    assert (bev.costs("wheelchair")[~bev.observed] == -1).all()
    assert (bev.labels()[~bev.observed] == 255).all()


def test_the_same_input_gives_the_same_bits_whatever_came_before(mapper: Mapper) -> None:
    frame = blocks(1280, 720)
    first = mapper(frame, CAMERA, TILTED)
    for size in range(320, 960, 64):
        camera = Camera(size, 240, 300, 300, size / 2, 119.5)
        mapper(blocks(size, 240, seed=size), camera, Gravity.from_roll_pitch(0, 0.05))
    again = mapper(frame, CAMERA, TILTED)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    np.testing.assert_array_equal(first.observed, again.observed)


def test_a_camera_s_frames_go_to_the_least_graph_that_holds_them(engine: Path, tmp_path: Path) -> None:
    both = Mapper.load(make_engine_of_heights(tmp_path / "both", 288, 512, thresholds=THRESHOLDS), "onnx-cpu")
    low = Mapper.load(make_engine(tmp_path / "low", height=288, thresholds=THRESHOLDS), "onnx-cpu")
    high = Mapper.load(engine, "onnx-cpu")
    wide, tall = CAMERA, Camera(640, 480, 381, 381, 319.5, 239.5)
    for camera, same, other in ((wide, low, high), (tall, high, None)):
        frame = blocks(camera.width, camera.height)
        found = both(frame, camera, TILTED).probabilities
        np.testing.assert_array_equal(found, same(frame, camera, TILTED).probabilities)
        if other is not None:
            assert not np.array_equal(found, other(frame, camera, TILTED).probabilities)
    # Pitched so far that its lowest rows hold no picture, it is the same camera, and the same graph.
    steep = Gravity.from_roll_pitch(0, math.radians(25))
    found = both(blocks(640, 480), tall, steep).probabilities
    np.testing.assert_array_equal(found, high(blocks(640, 480), tall, steep).probabilities)


def test_the_frame_is_left_as_it_was(mapper: Mapper) -> None:
    frame = blocks(1280, 720)
    before = hashlib.sha256(frame).hexdigest()
    mapper(frame, CAMERA, TILTED)
    assert hashlib.sha256(frame).hexdigest() == before


def test_too_much_tilt_gives_no_map(mapper: Mapper) -> None:
    with pytest.raises(TiltError, match="no map"):
        mapper(blocks(1280, 720), CAMERA, Gravity.from_roll_pitch(0, math.radians(60)))


def test_how_much_tilt_is_too_much_can_be_set(engine: Path) -> None:
    with pytest.raises(TiltError):
        Mapper.load(engine, "onnx-cpu", min_valid=0.99)(blocks(1280, 720), CAMERA, TILTED)


def test_a_frame_of_another_size_is_refused(mapper: Mapper) -> None:
    with pytest.raises(FrameError, match="640 x 480 pixels, but the camera has 1280 x 720"):
        mapper(blocks(640, 480), CAMERA, TILTED)


def test_an_impossible_height_is_refused_at_once(engine: Path) -> None:
    with pytest.raises(CameraError, match="camera_height"):
        Mapper.load(engine, "onnx-cpu", camera_height=-1)


@pytest.mark.parametrize("height", [288, 294])
def test_an_engine_for_wide_frames_skips_the_padding(tmp_path: Path, mapper: Mapper, height: int) -> None:
    """What the network of the tests sees above the cut is the same; only its resize to the grid differs."""
    wide = Mapper.load(make_engine(tmp_path / "wide", height=height), "onnx-cpu")
    frame = blocks(1280, 720)
    bev = wide(frame, CAMERA, TILTED)
    np.testing.assert_array_equal(bev.observed, mapper(frame, CAMERA, TILTED).observed)


def test_an_engine_for_wide_frames_refuses_high_ones(tmp_path: Path) -> None:
    wide = Mapper.load(make_engine(tmp_path / "wide", height=288), "onnx-cpu")
    with pytest.raises(FrameError, match="engine small takes 512 x 288 pixels, but the levelled frame has picture"):
        wide(blocks(640, 480), Camera(640, 480, 500, 500, 319.5, 239.5), Gravity.from_roll_pitch(0, 0))


def test_a_robot_needs_no_torch(engine: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from mia_ros import Camera, Gravity, Mapper\n"
        "mapper = Mapper.load(sys.argv[1])\n"
        "camera = Camera(1280, 720, 700, 700, 639.5, 359.5)\n"
        "mapper(np.zeros((720, 1280, 3), np.uint8), camera, Gravity(0.0, 1.0, 0.0))\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(engine)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(answer.stdout.split())
    assert {"mia_ros", "numpy", "cv2"} <= modules
    assert not {"torch", "onnx", "onnxscript", "offline_tools", "rclpy", "typer"} & modules
