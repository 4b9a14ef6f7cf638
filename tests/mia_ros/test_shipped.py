# SPDX-License-Identifier: Apache-2.0
"""The engines that come with the package."""

import math

import numpy as np
import pytest

from mia_ros import Camera, Gravity, Mapper
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import EngineError
from mia_ros.gravity import LEVEL
from mia_ros.shipped import shipped_engine, shipped_engines
from tests.mia_ros.scenes import blocks


def test_they_are_small_free_and_say_what_they_have_not_seen() -> None:
    folders = shipped_engines()
    assert folders[0].name == "mapper_edge_sim" == shipped_engine().name
    assert sum(path.stat().st_size for folder in folders for path in folder.iterdir()) <= 15e6
    for folder in folders:
        manifest = EngineManifest.load(folder)  # which checks hashes
        assert manifest.name == folder.name and manifest.licence == "Apache-2.0"
        assert "it has never seen a real photo" in manifest.training
        assert {"road", "sidewalk", "avg_road_sidewalk"} <= manifest.quality.keys()


def test_one_is_loaded_by_its_name_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Mapper.load("mapper_edge_sim").manifest.name == "mapper_edge_sim"
    with pytest.raises(EngineError, match="no such folder; want .* or one of ours: mapper_edge_sim"):
        Mapper.load("mapper_edge_simm")


@pytest.mark.parametrize("backend", ["onnx-cpu", "openvino"])
@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
def test_the_same_bits_on_any_number_of_threads(backend: str, size: tuple[int, int]) -> None:
    """Wide frames and tall ones go to different graphs."""
    pytest.importorskip("openvino" if backend == "openvino" else "onnxruntime")
    camera = Camera(*size, 500.0, 500.0, (size[0] - 1) / 2, (size[1] - 1) / 2)
    frame = blocks(*size)
    alone, *others = (
        Mapper.load("mapper_edge_sim", backend, threads, callers=callers)(frame, camera, LEVEL)
        for threads, callers in ((1, 1), (2, 1), (3, 1), (4, 2))
    )
    for each in others:
        np.testing.assert_array_equal(each.probabilities, alone.probabilities)


def test_what_is_not_seen_stays_unknown_whatever_it_takes_a_black_picture_for() -> None:
    mapper = Mapper.load("mapper_edge_sim")
    camera = Camera(640, 480, 500.0, 500.0, 319.5, 239.5)
    found = mapper(np.zeros((480, 640, 3), np.uint8), camera, Gravity.from_roll_pitch(0.0, math.radians(10)))
    assert (found.costs("wheelchair")[~found.observed] == -1).all() and (~found.observed).any()
