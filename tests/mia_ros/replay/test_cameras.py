# SPDX-License-Identifier: Apache-2.0
import math

import pytest
import yaml

from mia_ros import Camera
from mia_ros.nodes.convert import camera_info_message
from mia_ros.replay import Replay
from tests.mia_ros.replay.recordings import (
    CAMERA,
    FRAME,
    HEIGHT,
    INFO,
    MESSAGES,
    START,
    WIDTH,
    changed,
    robot,
    without,
)

NOMINAL = Camera(WIDTH, HEIGHT, 100.0, 100.0, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)


def seen_by(camera):
    """A recording whose camera_info is of that camera."""
    return changed(robot(0.3), INFO, lambda _: camera_info_message(MESSAGES, camera, START, FRAME))


def uncalibrated(message):
    message.k[:] = 0
    return message


def test_the_camera_is_that_of_camera_info(replayed):
    frames, notes = replayed(robot(0.3))
    assert {each.camera for each in frames} == {CAMERA}
    assert not any(key.startswith("camera_info") for key in notes)


def test_camera_info_may_come_after_the_first_image(replayed):
    late = [each._replace(received=each.received + 10**8) if each.topic == INFO else each for each in robot(0.3)]
    frames, _ = replayed(late)
    assert [each.problem for each in frames] == [None] * 3


def test_a_file_is_used_instead_of_camera_info_where_one_is_named(replayed, tmp_path):
    matrix = [90.0, 0, 80.0, 0, 90.0, 60.0, 0, 0, 1]
    content = {
        "image_width": WIDTH,
        "image_height": HEIGHT,
        "camera_matrix": {"data": matrix},
        "distortion_model": "plumb_bob",
        "distortion_coefficients": {"data": [0.01, 0, 0, 0, 0]},
    }
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(content))
    frames, notes = replayed(robot(0.3), parameters={"camera_info_url": str(tmp_path / "camera.yaml")})
    assert {each.camera.fx for each in frames} == {90.0}
    assert not any(key.startswith("camera_info") for key in notes)


@pytest.mark.parametrize(("given", "hfov"), [(None, 70.0), (100.0, 100.0)])
def test_without_camera_info_a_nominal_camera_is_taken_and_that_is_a_warning(replayed, given, hfov):
    frames, notes = replayed(without(robot(0.3), INFO), hfov_deg=given)
    camera = frames[0].camera
    assert math.degrees(2 * math.atan(WIDTH / 2 / camera.fx)) == pytest.approx(hfov)
    assert (camera.cx, camera.cy) == ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    assert frames[0].problem is None
    note = notes["camera_info.missing"]
    assert note.level == "warn" and f"{hfov:g} deg" in note.line
    assert ("--hfov-deg" in note.line) == (given is None)


def test_a_driver_that_is_not_calibrated_is_told_and_a_nominal_camera_taken(replayed):
    frames, notes = replayed(changed(robot(0.3), INFO, uncalibrated))
    assert frames[0].problem is None and frames[0].camera.fx == pytest.approx(WIDTH / 2 / math.tan(math.radians(35)))
    assert (
        notes["camera_info.uncalibrated"].level == "warn" and "K is all zero" in notes["camera_info.uncalibrated"].line
    )
    assert "camera_info.missing" not in notes


def test_a_camera_info_of_another_size_names_both(replayed):
    frames, notes = replayed(seen_by(Camera(320, 240, 200.0, 201.0, 150.0, 120.0)))
    assert [each.problem.key for each in frames] == ["camera"] * 3
    said = "camera_info is 320 x 240 but images are 160 x 120"
    assert said in frames[0].problem.line and said in notes["camera_info.size"].line
    assert notes["camera_info.size"].level == "error"


def test_a_camera_info_that_nobody_measured_is_a_warning(replayed):
    frames, notes = replayed(seen_by(NOMINAL))
    assert frames[0].problem is None
    assert notes["camera_info.nominal"].level == "warn" and "nobody had calibrated" in notes["camera_info.nominal"].line


def test_a_camera_info_that_cannot_be_is_told_and_nothing_is_guessed(replayed):
    def strange(message):
        message.distortion_model = "rubber"
        return message

    frames, notes = replayed(changed(robot(0.3), INFO, strange))
    assert [each.problem.key for each in frames] == ["camera"] * 3
    assert notes["camera_info.invalid"].level == "error" and "rubber" in notes["camera_info.invalid"].line


def test_where_the_camera_is_from_is_told(plan):
    sources = []
    for entries in (robot(0.2), without(robot(0.2), INFO)):
        with Replay(plan(entries)) as replay:
            list(replay.frames())
            sources.append(replay.camera_source)
    assert sources == ["bag", "nominal"]
