# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import EngineError
from tests.mia_ros.make_engine import make_engine

HIGH = {"width": 512, "height": 512, "channels": "rgb", "size": 512}


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    return make_engine(tmp_path / "engine")


def changed(engine: Path, **changes: Any) -> Path:
    """The same engine, its manifest edited by hand; None takes a field out."""
    file = engine / "manifest.json"
    content = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    return engine


@pytest.mark.parametrize("name", ["", "manifest.json"])
def test_loads_from_its_folder_or_its_file(engine: Path, name: str) -> None:
    manifest = EngineManifest.load(engine / name)
    assert manifest.name == "small"
    assert manifest.model_sha256 == hashlib.sha256((engine / "model.onnx").read_bytes()).hexdigest()
    assert manifest.thresholds == (0.5,) * 6


def test_what_is_saved_loads_as_it_was(engine: Path) -> None:
    manifest = EngineManifest.load(engine)
    richer = manifest.model_copy(update={"thresholds": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), "quality": {"iou": 0.3}})
    richer.save(engine)
    assert EngineManifest.load(engine) == richer
    assert sorted(path.name for path in engine.iterdir()) == ["manifest.json", "model.onnx"]


def test_a_changed_file_shows_both_hashes(engine: Path) -> None:
    wanted = EngineManifest.load(engine).model_sha256
    with (engine / "model.onnx").open("ab") as stream:
        stream.write(b"x")
    found = hashlib.sha256((engine / "model.onnx").read_bytes()).hexdigest()
    with pytest.raises(EngineError, match=f"model.onnx: sha256 is {found}, but manifest.json .* says {wanted}"):
        EngineManifest.load(engine)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latent": 3}, r"unknown key 'latent'; known are format, name, "),
        (
            {"grid": {"rows": 100, "columns": 100, "resolution": 0.5, "cells": 3}},
            r"unknown key 'grid.cells'; known are",
        ),
        ({"licence": None}, r"'licence' is missing"),
        ({"format": 2}, r"format: 2"),
        ({"classes": ["road", "sidewalk"]}, r"classes: \['road', 'sidewalk'\]: want road, crossing, sidewalk"),
        ({"grid": {"rows": 50, "columns": 100, "resolution": 0.5}}, r"grid: .*'rows': 50.*: want rows 100"),
        ({"thresholds": [0.5] * 5}, r"thresholds"),
        ({"thresholds": [0.5] * 5 + [1.5]}, r"thresholds.5: 1.5"),
        ({"input": {"width": 640, "height": 288, "channels": "rgb", "size": 512}}, r"input: .*do not fit into .* 512"),
        ({"input": {"width": 512, "height": 512, "channels": "bgr", "size": 512}}, r"input.channels: 'bgr'"),
        ({"feature_columns": "36"}, r"feature_columns: '36'"),
        ({"precision": "int4"}, r"precision: 'int4'"),
        ({"files": {}}, r"files: {}: model.onnx is not listed"),
        ({"input": HIGH | {"cut_heights": [288, 512]}}, r"cut_heights: \[288, 512\] do not grow, or are not below 512"),
        ({"input": HIGH | {"cut_heights": [384, 288]}}, r"cut_heights: \[384, 288\] do not grow"),
        ({"input": HIGH | {"cut_heights": [288]}}, r"files: .*: model_288.onnx is not listed"),
        ({"files": {"model.onnx": "12"}}, r"files.model.onnx: '12'"),
        ({"files": {"model.onnx": "0" * 64, "../secret": "0" * 64}}, r"files.../secret.*: '../secret'"),
        ({"quality": {"iou": float("nan")}}, r"quality.iou: nan"),
    ],
)
def test_a_wrong_field_is_named(engine: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        EngineManifest.load(changed(engine, **changes))
    assert str(engine / "manifest.json") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(engine: Path) -> None:
    (engine / "model.onnx").unlink()
    with pytest.raises(EngineError, match=r"model.onnx: cannot be read: No such file"):
        EngineManifest.load(engine)


def test_weights_that_nobody_vouches_for_are_refused(engine: Path) -> None:
    (engine / "model.onnx.data").write_bytes(b"weights")
    with pytest.raises(EngineError, match=r"model.onnx.data: not listed in manifest.json \(files\)"):
        EngineManifest.load(engine)


def test_weights_beside_the_graph_are_checked_like_it(engine: Path) -> None:
    (engine / "model.onnx.data").write_bytes(b"weights")
    files = json.loads((engine / "manifest.json").read_text())["files"]
    changed(engine, files={**files, "model.onnx.data": hashlib.sha256(b"weights").hexdigest()})
    assert set(EngineManifest.load(engine).files) == {"model.onnx", "model.onnx.data"}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not valid JSON"), (b"[]", "the file"), (b" " * (2 << 20), "larger than"), (b"\xff\xfe", "not valid JSON")],
)
def test_a_file_that_is_no_manifest(engine: Path, content: bytes, message: str) -> None:
    (engine / "manifest.json").write_bytes(content)
    with pytest.raises(EngineError, match=message):
        EngineManifest.load(engine)


@pytest.mark.parametrize(
    ("name", "message"), [("none", "no such folder"), ("engine/model.onnx", "is not a manifest.json")]
)
def test_a_path_that_is_no_engine(engine: Path, name: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        EngineManifest.load(engine.parent / name)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(
        EngineError, match=r"manifest.json: cannot be read: No such file .*; is this an engine's folder"
    ):
        EngineManifest.load(tmp_path)
