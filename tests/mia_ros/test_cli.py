# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import cv2
import pytest

from tests.commands import mia, python


def test_doctor_says_that_the_base_works(tmp_path: Path) -> None:
    answer = mia("doctor", cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "the base works" in answer.stdout
    for name in ("numpy", "geometry", "onnxruntime", "GPU", "ROS 2", "messages"):
        assert name in answer.stdout


def test_doctor_for_programs(tmp_path: Path) -> None:
    report = json.loads(mia("doctor", "--json", cwd=tmp_path).stdout)
    assert report["base_works"] is True
    assert {"name", "ok", "detail", "needed"} == set(report["checks"][0])


def test_doctor_fails_where_a_base_part_is_missing(tmp_path: Path) -> None:
    """A folder named like a part hides the real one, as a broken installation would."""
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text("raise ImportError('broken')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['mia', 'doctor']; "
    code += "from mia_ros.cli import main; main()"
    answer = python("-c", code, cwd=tmp_path)
    assert answer.returncode == 1
    assert "FAIL geometry" in answer.stdout
    assert "Traceback" not in answer.stderr


def test_demo_writes_its_picture(tmp_path: Path) -> None:
    answer = mia("demo", "--still", "--out", "here", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    sheet = cv2.imread(str(tmp_path / "here" / "street.png"))
    assert sheet is not None and sheet.shape[1] > 1500
    assert str(Path("here") / "street.png") in answer.stdout


def test_level_writes_frame_and_view(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), cv2.merge([cv2.UMat(480, 640, cv2.CV_8U, 90).get()] * 3))
    answer = mia("level", "frame.png", "--hfov-deg", "60", "--pitch-deg", "-4", "--out", "out.png", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "fx 443.41" in answer.stdout
    assert (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("level", "none.png", "--hfov-deg", "60"), "image none.png: cannot be read: No such file"),
        (("level", "text.png", "--hfov-deg", "60"), "image text.png: not a picture"),
        (("level", "frame.png"), "give either --camera FILE or --hfov-deg"),
        (("level", "frame.png", "--hfov-deg", "200"), "hfov-deg: 200"),
        (("level", "frame.png", "--camera", "none.yaml"), "camera none.yaml: cannot be read"),
        (("level", "frame.png", "--hfov-deg", "60", "--pitch-deg", "70"), "pitch 70.0 deg leave 0%"),
        (("level", "frame.png", "--hfov-deg", "60", "--rotate", "45"), "rotate: 45"),
        (("level", "frame.png", "--hfov-deg", "60", "--out", "out.xyz"), "out out.xyz: want a file name that ends in"),
        (
            ("level", "frame.png", "--hfov-deg", "60", "--out", "text.png/x.png"),
            "out text.png/x.png: cannot be written",
        ),
    ],
)
def test_mistakes_get_one_line_and_status_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    cv2.imwrite(str(tmp_path / "frame.png"), cv2.merge([cv2.UMat(480, 640, cv2.CV_8U, 90).get()] * 3))
    (tmp_path / "text.png").write_text("no picture")
    answer = mia(*arguments, cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith("mia: ") and message in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["doctor", "demo", "level"])
def test_every_verb_has_help_with_an_example(tmp_path: Path, verb: str) -> None:
    answer = mia(verb, "--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert f"Example: mia {verb}" in answer.stdout


def test_version(tmp_path: Path) -> None:
    import mia_ros

    assert mia("--version", cwd=tmp_path).stdout == f"mia_ros {mia_ros.__version__}\n"
