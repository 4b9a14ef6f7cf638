# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from mia_ros.errors import EngineError, TiltError
from mia_ros.gravity import Gravity
from mia_ros.mapper import Mapper
from mia_ros.rectify import Rectifier
from offline_tools.errors import TrainingError, WeightsError
from offline_tools.evaluation.predictors import CheckpointPredictor, EnginePredictor
from tests.mia_ros.make_engine import make_engine

LANDSCAPE = Camera(512, 256, 400, 410, 250.0, 130.0)
PORTRAIT = Camera(256, 512, 400, 410, 120.0, 250.0)
TILTED = Gravity.from_roll_pitch(0.03, -0.05)


def frame(camera: Camera, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (camera.height, camera.width, 3), dtype=np.uint8)


def frustum(camera: Camera, columns: int, corner: float) -> np.ndarray:
    """Cells between the centres of the first and the last of so many feature columns of 512 pixels.

    `corner` moves the point where a cell is looked at: 0 is its centre, 0.25 m its far-left corner.
    """
    x = (-24.75 - corner + 0.5 * np.arange(100))[None]
    z = (49.75 + corner - 0.5 * np.arange(100))[:, None]
    column = (camera.fx * x / z + camera.cx + 0.5) * columns / 512 - 0.5
    return (column >= -1e-4) & (column <= columns - 1 + 1e-4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_engine(tmp_path_factory.mktemp("engine"))


def test_an_engine_says_what_the_robot_would_say(engine: Path) -> None:
    picture = frame(LANDSCAPE)
    robot = Mapper.load(engine, "onnx-cpu")(np.ascontiguousarray(picture[..., ::-1]), LANDSCAPE, TILTED)
    found = EnginePredictor(engine, "onnx-cpu")(picture, LANDSCAPE, TILTED)
    assert np.array_equal(found.probabilities, robot.probabilities)
    assert np.array_equal(found.view.image, Rectifier(LANDSCAPE)(picture, TILTED).image)


def test_the_frustum_of_an_engine_does_not_depend_on_where_there_is_picture(engine: Path) -> None:
    """A portrait fills a part of the square: the robot does not observe the rest, which the published metric counts."""
    predict, robot = EnginePredictor(engine, "onnx-cpu"), Mapper.load(engine, "onnx-cpu")
    level = Gravity.from_roll_pitch(0, 0)
    found, observed = (
        predict(frame(PORTRAIT), PORTRAIT, level).frustum,
        robot(frame(PORTRAIT), PORTRAIT, level).observed,
    )
    assert np.array_equal(found, frustum(PORTRAIT, 36, 0.0))
    assert (found | observed == found).all() and found.sum() > observed.sum()


def test_the_last_frustum_belongs_to_the_last_frame(engine: Path) -> None:
    predict = EnginePredictor(engine, "onnx-cpu")
    first = predict(frame(PORTRAIT), PORTRAIT, TILTED)
    predict(frame(LANDSCAPE), LANDSCAPE, TILTED)
    assert np.array_equal(first.frustum, frustum(PORTRAIT, 36, 0.0))


def test_too_much_tilt_is_no_map_as_on_the_robot(engine: Path) -> None:
    with pytest.raises(TiltError, match="no map"):
        EnginePredictor(engine, "onnx-cpu")(frame(LANDSCAPE), LANDSCAPE, Gravity.from_roll_pitch(0, 1.0))


def test_an_engine_is_described(engine: Path) -> None:
    found = EnginePredictor(engine, "onnx-cpu").record()
    assert found["kind"] == "engine" and found["name"] == "small" and found["backend"] == "onnx-cpu"
    assert len(found["sha256"]) == 64


def test_a_folder_without_an_engine_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"manifest\.json"):
        EnginePredictor(tmp_path)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="needs torch")
    from offline_tools.network import build
    from offline_tools.weights import WeightsManifest, write_folder

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "edge"
    about = {"preset": "mapper_edge", "kind": "complete", "source": "random"}
    write_folder(
        folder,
        build("mapper_edge").state_dict(),
        lambda sha256: WeightsManifest(**about, source_sha256=sha256, weights_sha256=sha256),
    )
    return folder


@pytest.fixture(scope="module")
def checkpoint(weights: Path) -> CheckpointPredictor:
    return CheckpointPredictor(weights, "cpu")


def test_a_checkpoint_sees_the_published_levelling_in_full_precision(
    weights: Path, checkpoint: CheckpointPredictor
) -> None:
    import torch

    from offline_tools.network import load

    picture = frame(LANDSCAPE)
    view = Rectifier(LANDSCAPE, exact=True)(picture, TILTED)
    assert view.image.dtype == np.float32
    with torch.inference_mode():
        wanted = load(weights)(
            torch.tensor(view.image).permute(2, 0, 1)[None],
            torch.tensor([[LANDSCAPE.fx, LANDSCAPE.fy, LANDSCAPE.cx, LANDSCAPE.cy]]),
        )
    found = checkpoint(picture, LANDSCAPE, TILTED)
    np.testing.assert_allclose(found.probabilities, wanted.probabilities[0].numpy(), atol=1e-6)
    assert found.probabilities.dtype == np.float32


def test_the_frustum_of_a_checkpoint_is_at_the_sampled_corners(checkpoint: CheckpointPredictor) -> None:
    """mapper_edge has 64 feature columns; the published loss and metric take the frustum at the cells' far corners."""
    found = checkpoint(frame(LANDSCAPE), LANDSCAPE, TILTED).frustum
    assert np.array_equal(found, frustum(LANDSCAPE, 64, 0.25))


def test_devices_and_folders_that_are_not_there_are_one_line(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="device: 'gpu' is unknown"):
        CheckpointPredictor(weights, "gpu")
    with pytest.raises(WeightsError, match="no such folder"):
        CheckpointPredictor(tmp_path / "nothing")
