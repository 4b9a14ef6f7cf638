# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from mia_ros.lens import Lens
from offline_tools.dataset import Drive, LocationWriter, PosedImage
from offline_tools.dataset.dump import Views
from offline_tools.errors import DatasetError

PUBLISHED = {
    "seq": {
        "views": {
            "11_undistorted": {
                "camera_id": "cam",
                "latlong": [48.5, 2.25],
                "t_c2w": [1.0, 2.0, 3.0],
                "R_c2w": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
                "roll_pitch_yaw": [90.0, -45.0, 10.0],
                "capture_time": 1500000000000,
                "gps_position": [48.5, 2.25, 30.0],
                "compass_angle": 12.5,
                "chunk_id": 5,
                "index": 0,
            }
        },
        "cameras": {
            "cam": {
                "id": "cam",
                "model": "PINHOLE",
                "width": 512,
                "height": 384,
                "params": [400.0, 401.0, 256.0, 192.0],
            }
        },
    }
}


def views_of(tmp_path: Path, dump: object) -> Views:
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(dump))
    return Views(path)


def changed(**changes: object) -> dict[str, object]:
    dump = json.loads(json.dumps(PUBLISHED))
    dump["seq"]["views"]["11_undistorted"].update(changes)
    return dump


def test_the_corner_of_the_image_becomes_the_centre_of_its_first_pixel(tmp_path: Path) -> None:
    assert views_of(tmp_path, PUBLISHED).of("11").camera == Camera(512, 384, 400.0, 401.0, 255.5, 191.5)


def test_angles_are_radians_but_for_the_heading(tmp_path: Path) -> None:
    view = views_of(tmp_path, PUBLISHED).of("11")
    assert (view.roll, view.pitch) == pytest.approx((math.pi / 2, -math.pi / 4))
    assert (view.lat, view.lon, view.heading_deg) == (48.5, 2.25, 12.5)


def test_without_a_compass_angle_the_yaw_is_the_heading(tmp_path: Path) -> None:
    assert views_of(tmp_path, changed(compass_angle=None)).of("11").heading_deg == 10.0


@pytest.mark.parametrize("angles", [None, "x", [1.0], [1, 2, "x"], {}])
def test_angles_that_are_none_are_not_a_number(angles: object, tmp_path: Path) -> None:
    view = views_of(tmp_path, changed(roll_pitch_yaw=angles)).of("11")
    assert math.isnan(view.roll) and math.isnan(view.pitch) and view.heading_deg == 12.5


@pytest.mark.parametrize(
    "camera",
    [
        None,
        {},
        {"model": "FISHEYE", "width": 2, "height": 2, "params": [1, 1, 1, 1]},
        {"model": "PINHOLE", "width": 2, "height": 2, "params": [1, 1, 1]},
        {"model": "PINHOLE", "width": 2, "height": 2, "params": [-1, 1, 1, 1]},
        {"model": "PINHOLE", "width": "x", "height": 2, "params": [1, 1, 1, 1]},
    ],
)
def test_a_view_without_a_pinhole_camera_is_none(camera: object, tmp_path: Path) -> None:
    dump = changed()
    dump["seq"]["cameras"]["cam"] = camera
    with pytest.raises(DatasetError, match="sample 11 has no view there with a PINHOLE camera"):
        views_of(tmp_path, dump).of("11")


@pytest.mark.parametrize("dump", [{}, [], None, {"seq": None}, {"seq": {"views": [], "cameras": 3}}])
def test_a_dump_of_nothing_has_no_views(dump: object, tmp_path: Path) -> None:
    assert len(views_of(tmp_path, dump)) == 0


def test_text_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "dump.json").write_text("{")
    with pytest.raises(DatasetError, match=r"dump\.json: not JSON"):
        Views(tmp_path / "dump.json")


def test_each_of_many_views_is_found(tmp_path: Path) -> None:
    dump = changed()
    view = dump["seq"]["views"].pop("11_undistorted")
    for number in range(200):
        dump["seq"]["views"][f"{number}_undistorted"] = {**view, "compass_angle": number}
    views = views_of(tmp_path, dump)
    assert [views.of(str(number)).heading_deg for number in range(200)] == list(range(200))


def posed(**changes: object) -> PosedImage:
    rotation = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    values = {"id": "11", "camera": "cam", "lat": 48.5, "lon": 2.25, "altitude": 30.0, "roll": math.pi / 2}
    values |= {"pitch": -math.pi / 4, "yaw": math.radians(10), "position": np.array([1.0, 2, 3]), "rotation": rotation}
    return PosedImage(**{**values, "capture_time": 1500000000000, "chunk": 5, **changes})


def test_a_drive_is_written_as_the_published_file(tmp_path: Path) -> None:
    camera = Camera(512, 384, 400.0, 401.0, 255.5, 191.5)
    LocationWriter(tmp_path, "here").dump({"seq": Drive({"cam": camera}, [posed()])})
    found = json.loads((tmp_path / "here/dump.json").read_text())
    view, wanted = found["seq"]["views"]["11_undistorted"], PUBLISHED["seq"]["views"]["11_undistorted"]
    assert view.keys() == wanted.keys()
    assert found["seq"]["cameras"] == PUBLISHED["seq"]["cameras"]
    assert view["roll_pitch_yaw"] == pytest.approx([90, -45, 10]) and view["compass_angle"] == pytest.approx(10)
    same = ("latlong", "t_c2w", "R_c2w", "gps_position", "capture_time", "chunk_id", "index", "camera_id")
    assert {key: view[key] for key in same} == {key: wanted[key] for key in same}


@pytest.mark.parametrize(
    ("camera", "image", "problem"),
    [
        (Camera(4, 4, 2, 2, 1, 1, Lens.from_ros("plumb_bob", [0.1, 0, 0, 0, 0])), posed(), "has a lens"),
        (Camera(4, 4, 2, 2, 1, 1), posed(camera="other"), "name cameras that it does not have"),
        (Camera(4, 4, 2, 2, 1, 1), posed(id="../11"), "want 1 to 120 letters"),
        (Camera(4, 4, 2, 2, 1, 1), posed(lat=math.nan), "not finite"),
    ],
)
def test_a_drive_that_cannot_be_written_is_refused(camera, image, problem: str, tmp_path: Path) -> None:
    writer = LocationWriter(tmp_path, "here")
    with pytest.raises(DatasetError, match=problem):
        writer.dump({"seq": Drive({"cam": camera}, [image])})
    assert not (tmp_path / "here/dump.json").exists()
