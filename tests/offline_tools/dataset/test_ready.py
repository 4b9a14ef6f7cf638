# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from mia_ros.errors import FrameError, TiltError
from offline_tools.dataset import Dataset
from offline_tools.dataset.ready import prepare
from offline_tools.errors import DatasetError
from tests.offline_tools.training.data_sets import (
    brightest,
    photo_of,
    posed,
    seen_at,
    semantic_mask,
    simple,
    write_samples,
)

CAMERA = Camera(640, 480, 500.0, 500.0, 330.0, 230.0)


@pytest.mark.parametrize("exact", [False, True])
def test_a_point_of_the_ground_is_where_the_level_camera_projects_it(tmp_path: Path, exact: bool) -> None:
    roll, pitch, point = math.radians(4), math.radians(-6), (2.0, 1.6, 10.0)
    photo = photo_of(seen_at(point, CAMERA, roll, pitch), CAMERA, spread=5)
    write_samples(tmp_path, "a", {"d": [posed(1, roll=roll, pitch=pitch)]}, photo, camera=CAMERA)
    ready = prepare(Dataset.open(tmp_path).sample("a", 1), 320, exact)
    fx, fy, cx, cy = ready.camera
    assert ready.image.shape == (320, 320, 3) and ready.image.dtype == np.uint8 and ready.camera.dtype == np.float32
    assert (fx, cx) == (pytest.approx(250), pytest.approx(330.5 / 2 - 0.5))
    expected = fx * point[0] / point[2] + cx, fy * point[1] / point[2] + cy
    assert brightest(ready.image) == pytest.approx(expected, abs=0.3)


def test_masks_have_the_class_first_and_say_what_is_seen(tmp_path: Path) -> None:
    hidden = np.zeros((224, 224), np.uint8)
    hidden[12 + 7, 62 + 30] = 127
    write_samples(tmp_path, "a", {"d": [posed(1)]}, mask=semantic_mask((2, 5, 9), (7, 0, 99)), hidden=hidden)
    ready = prepare(Dataset.open(tmp_path).sample("a", 1), 64)
    assert ready.masks.shape == (6, 100, 100) and ready.masks.dtype == bool
    assert np.argwhere(ready.masks).tolist() == [[2, 5, 9], [5, 0, 99]]
    assert ready.visible.dtype == bool and np.argwhere(~ready.visible).tolist() == [[7, 30]]


def test_drives_of_two_places_are_two_though_they_share_a_name(tmp_path: Path) -> None:
    for place in ("a", "b"):
        write_samples(tmp_path, place, {"world_0": [posed(1)]})
    found = [prepare(sample, 64) for sample in Dataset.open(tmp_path)]
    assert [(ready.name, ready.sequence) for ready in found] == [("a/1", "a/world_0"), ("b/1", "b/world_0")]


def test_red_is_the_first_channel(tmp_path: Path) -> None:
    photo = np.zeros((60, 80, 3), np.uint8)
    photo[..., 2] = 200  # BGR
    write_samples(tmp_path, "a", {"d": [posed(1)]}, photo)
    middle = prepare(Dataset.open(tmp_path).sample("a", 1), 64).image[20, 30]
    assert middle[0] > 180 and middle[2] < 20


def test_a_target_focal_length_sets_the_size(tmp_path: Path) -> None:
    write_samples(tmp_path, "a", {"d": [posed(1)]}, np.zeros((480, 640, 3), np.uint8), camera=CAMERA)
    ready = prepare(Dataset.open(tmp_path).sample("a", 1), 512, target_focal=250, multiple=14)
    assert ready.camera[0] == 250 and ready.image.shape == (252, 322, 3)


def test_a_photo_of_another_size_than_its_camera_is_refused(tmp_path: Path) -> None:
    write_samples(tmp_path, "a", {"d": [posed(1)]}, np.zeros((50, 80, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"1_undistorted\.jpg: 80 x 50 pixels, but the camera .* has 80 x 60"):
        prepare(Dataset.open(tmp_path).sample("a", 1), 64)


def test_a_photo_without_tilt_cannot_be_levelled(tmp_path: Path) -> None:
    simple(tmp_path, count=1)
    dump = tmp_path / "here/dump.json"
    dump.write_text(dump.read_text().replace("roll_pitch_yaw", "unknown"))
    with pytest.raises(DatasetError, match="sample here/0: has no roll and pitch"):
        prepare(Dataset.open(tmp_path).sample("here", 0), 64)


def test_a_photo_of_the_sky_gives_no_map(tmp_path: Path) -> None:
    write_samples(tmp_path, "a", {"d": [posed(1, pitch=math.radians(-60))]})
    with pytest.raises(TiltError, match=r"pitch -60\.0 deg"):
        prepare(Dataset.open(tmp_path).sample("a", 1), 64)


def test_a_damaged_photo_is_named(tmp_path: Path) -> None:
    photo = simple(tmp_path, count=1) / "here/images/0_undistorted.jpg"
    photo.write_bytes(photo.read_bytes()[:100])
    with pytest.raises(FrameError, match=r"0_undistorted\.jpg: not a picture"):
        prepare(Dataset.open(tmp_path).sample("here", 0), 64)
