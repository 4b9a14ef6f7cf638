# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from mia_ros.camera_file import read_camera
from mia_ros.errors import CameraError

CALIBRATION = """\
image_width: 640
image_height: 480
camera_matrix: {rows: 3, cols: 3, data: [500, 0, 320, 0, 501, 240, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, -0.2, 0.001, 0, 0]}
projection_matrix: {rows: 3, cols: 4, data: [490, 0, 321, 0, 0, 491, 241, 0, 0, 0, 1, 0]}
"""
TOPIC = """\
header: {frame_id: camera}
height: 480
width: 640
distortion_model: equidistant
d: [0.01, 0, 0, 0]
k: [500, 0, 320, 0, 501, 240, 0, 0, 1]
binning_x: 2
binning_y: 2
roi: {x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "camera.yaml"
    path.write_text(text)
    return path


def test_calibration_file(tmp_path: Path) -> None:
    camera = read_camera(written(tmp_path, CALIBRATION))
    assert (camera.width, camera.height, camera.fy, camera.cx) == (640, 480, 501, 320)
    assert camera.lens.model == "plumb_bob"
    assert read_camera(written(tmp_path, CALIBRATION), rectified=True).fx == 490
    assert read_camera(written(tmp_path, CALIBRATION), rotate=90).width == 480


def test_printed_topic(tmp_path: Path) -> None:
    camera = read_camera(written(tmp_path, TOPIC))
    assert (camera.width, camera.height, camera.fx) == (320, 240, 250)
    assert camera.lens.coefficients == (0.01, 0, 0, 0)


def test_real_files(shared: Path) -> None:
    files = sorted((shared / "data/calib/ros_camera_info").glob("*.yaml"))
    assert len(files) >= 7
    for path in files:
        camera = read_camera(path)
        assert camera.width >= 250
        assert camera.lens.model in ("plumb_bob", "rational_polynomial")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("just words", "not a camera_info"),
        (CALIBRATION.replace("image_width: 640", "image_width: wide"), "image_width: 'wide', want a whole number"),
        (CALIBRATION.replace("image_width: 640\n", ""), "image_width: None"),
        (CALIBRATION.replace("[500, 0, 320", "[0, 0, 320"), "K: focal lengths 0.0"),
        (CALIBRATION.replace("plumb_bob", "equidistant"), "D: 5 coefficients"),
        (
            CALIBRATION.replace("[0.1, -0.2, 0.001, 0, 0]", "[a, b]"),
            "distortion_coefficients: .*want a list of numbers",
        ),
    ],
)
def test_bad_files_are_refused_by_field(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CameraError, match=f"^camera {path}: {message}"):
        read_camera(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="cannot be read"):
        read_camera(tmp_path / "none.yaml")
