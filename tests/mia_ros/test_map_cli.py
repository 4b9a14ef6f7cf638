# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mia_ros.engine import EngineManifest
from mia_ros.taxonomy import CLASS_NAMES
from tests.commands import mia
from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.scenes import blocks
from tests.mia_ros.test_exif import FOCAL_35, photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo, the same with EXIF, and an engine."""
    frame = blocks(640, 360)
    cv2.imwrite(str(tmp_path / "photo.png"), frame)
    jpeg = cv2.imencode(".jpg", frame)[1].tobytes()
    exif = photo({FOCAL_35: 26}, orientation=3)
    (tmp_path / "phone.jpg").write_bytes(exif[:-2] + jpeg[2:])
    make_engine(tmp_path / "engine")
    return tmp_path


def run(folder: Path, *arguments: str):
    return mia("map", *arguments, "--engine", "engine", "--backend", "onnx-cpu", cwd=folder)


def test_a_photo_becomes_a_sheet_and_arrays(folder: Path) -> None:
    answer = run(
        folder, "photo.png", "--hfov-deg", "70", "--pitch-deg", "4", "--out", "here/map.png", "--npz", "here/map.npz",
        "--camera-height", "1.2", "--profile", "car",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "camera: from a field of view of 70 deg" in answer.stdout
    assert "pitch +4.0 deg" in answer.stdout
    assert "engine: small on onnx-cpu, onnxruntime" in answer.stdout
    assert cv2.imread(str(folder / "here" / "map.png")).shape[1] > 1200
    arrays = np.load(folder / "here" / "map.npz")
    assert arrays["probabilities"].shape == (6, 100, 100)
    assert (arrays["costs"][~arrays["observed"]] == -1).all()
    assert (arrays["labels"][~arrays["observed"]] == 255).all()
    np.testing.assert_allclose(arrays["camera"][:2], 256 / np.tan(np.radians(35)), rtol=1e-6)
    np.testing.assert_allclose(arrays["gravity"], [0, np.cos(np.radians(4)), np.sin(np.radians(4))], atol=1e-12)
    assert sorted(path.name for path in (folder / "here").iterdir()) == ["map.json", "map.npz", "map.png"]


def test_json_says_what_was_used_and_found(folder: Path) -> None:
    answer = run(folder, "photo.png", "--hfov-deg", "70", "--gravity", "0,2,0", "--json")
    record = json.loads(answer.stdout)
    assert record == json.loads((folder / "map.json").read_text())
    assert record["engine_sha256"] == EngineManifest.load(folder / "engine").model_sha256
    assert record["backend"] == "onnx-cpu"
    assert record["gravity"] == [0, 1, 0]
    assert set(CLASS_NAMES) <= set(record["shares"])
    assert sum(record["shares"].values()) == pytest.approx(1, abs=1e-3)


def test_without_a_calibration_the_photo_tells_its_lens(folder: Path) -> None:
    answer = run(folder, "phone.jpg")
    assert answer.returncode == 0, answer.stderr
    focal = 26 / np.hypot(36, 24) * np.hypot(640, 360)
    assert f"camera: from EXIF: 26 mm at 35 mm equivalent, so f = {focal:.0f} px" in answer.stdout
    assert "turned by 180 deg" in answer.stdout
    assert "turned" not in run(folder, "phone.jpg", "--rotate", "0").stdout


def test_a_calibration_file_comes_before_exif(folder: Path) -> None:
    (folder / "camera.yaml").write_text(
        "{image_width: 640, image_height: 360, camera_matrix: {data: [500, 0, 320, 0, 500, 180, 0, 0, 1]}}"
    )
    answer = run(folder, "phone.jpg", "--camera", "camera.yaml", "--json")
    record = json.loads(answer.stdout)
    assert (record["camera"], record["rotate"]) == ("camera.yaml", 0)
    assert record["view_camera"]["fx"] == pytest.approx(400)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photo.png",), "EXIF tells no focal length; give --camera FILE or --hfov-deg ANGLE"),
        (("none.png", "--hfov-deg", "70"), "image none.png: cannot be read: No such file"),
        (("engine/manifest.json", "--hfov-deg", "70"), "not a picture that OpenCV can read"),
        (("photo.png", "--hfov-deg", "70", "--camera", "x.yaml"), "give either --camera FILE or --hfov-deg"),
        (("photo.png", "--hfov-deg", "0"), "hfov-deg: 0"),
        (("photo.png", "--hfov-deg", "70", "--gravity", "0,1"), "gravity vector: shape (2,)"),
        (("photo.png", "--hfov-deg", "70", "--gravity", "down"), "gravity: 'down', want three numbers"),
        (("photo.png", "--hfov-deg", "70", "--gravity", "0,1,0", "--roll-deg", "0"), "give either --gravity"),
        (("photo.png", "--hfov-deg", "70", "--pitch-deg", "60"), "no map"),
        (("photo.png", "--hfov-deg", "70", "--profile", "boat"), "no profile 'boat'"),
        (("photo.png", "--hfov-deg", "70", "--camera-height", "-1"), "camera_height: -1"),
        (("photo.png", "--hfov-deg", "70", "--engine", "none"), "engine none: no such folder"),
        (("photo.png", "--hfov-deg", "70", "--backend", "abacus"), "backend: 'abacus' is unknown"),
        (("photo.png", "--hfov-deg", "70", "--backend", "tensorrt"), "backend tensorrt: not in this version"),
        (("photo.png", "--hfov-deg", "70", "--threads", "0"), "threads: 0"),
        (("photo.png", "--hfov-deg", "70", "--out", "map.xyz"), "out map.xyz: want a file name that ends in"),
        (("photo.png", "--hfov-deg", "70", "--npz", "photo.png/m.npz"), "npz photo.png/m.npz: cannot be written"),
    ],
)
def test_mistakes_get_one_line_and_status_2(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    defaults = ("--engine", "engine") if "--engine" not in arguments else ()
    defaults += ("--backend", "onnx-cpu") if "--backend" not in arguments else ()
    answer = mia("map", *arguments, *defaults, cwd=folder)
    assert answer.returncode == 2
    assert answer.stderr.startswith("mia: ") and message in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_help_has_an_example(tmp_path: Path) -> None:
    answer = mia("map", "--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert "Example: mia map" in answer.stdout
