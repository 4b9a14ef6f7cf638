# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from offline_tools.dataset.ready import prepare
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.training.others import nuscenes, roddick
from offline_tools.training.sources import check_sources, open_source
from tests.offline_tools.training.others.tiny_nuscenes import square, write

#: 3.2 to 4.8 m right of the camera, 10.2 to 11.8 m ahead: rows 76 to 79 (z 12 to 10), columns 56 to 59 (x 3 to 5).
BLOCK = square(103.2, 211.7, 104.8, 213.3)
BLOCK_CELLS = {(row, column) for row in range(76, 80) for column in range(56, 60)}


def cells(layer: np.ndarray) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in np.argwhere(layer)}


def first(root: Path, part: str = "train") -> nuscenes.NuScenesSample:
    samples, _ = nuscenes.samples_of(root, part)
    return samples[0]


@pytest.mark.parametrize(
    ("layer", "channel"), [("drivable_area", 0), ("ped_crossing", 1), ("walkway", 2), ("carpark_area", 5)]
)
def test_each_layer_is_its_class_at_its_cells(tmp_path: Path, layer: str, channel: int) -> None:
    mask = first(write(tmp_path, {"scene-0061": 1}, {layer: [[BLOCK]]})).training_mask()
    assert mask.shape == (100, 100, 6) and mask.dtype == bool
    assert cells(mask[..., channel]) == BLOCK_CELLS and mask.sum() == 16


def test_holes_are_not_filled_and_polygons_that_overlap_are(tmp_path: Path) -> None:
    large = square(90.2, 205.7, 109.8, 219.3)
    hole, other = square(95.2, 211.7, 96.8, 213.3), square(91.2, 206.7, 99.8, 207.3)
    road = first(write(tmp_path, {"scene-0061": 1}, {"drivable_area": [[large, hole], [other]]})).training_mask()[
        ..., 0
    ]
    assert not road[77:79, 41:43].any()  # 4.2 m to the left, 11 m ahead: the inside of the hole
    assert road[72:76, 41:43].all() and road[90, 35] and road[89, 35]


def test_the_view_is_level_where_the_vehicle_is(tmp_path: Path) -> None:
    view = first(write(tmp_path, {"scene-0061": 1}, {}, pitch=math.radians(3))).view
    assert view.camera == Camera(80, 60, 60, 60, 40, 30)
    assert (view.roll, view.pitch) == (pytest.approx(0, abs=1e-9), pytest.approx(math.radians(3)))
    assert view.heading_deg % 360 == pytest.approx(0, abs=1e-6) and view.sequence == "scene-0061"


def test_the_ground_lies_the_same_though_the_nose_dips(tmp_path: Path) -> None:
    mask = first(write(tmp_path, {"scene-0061": 1}, {"walkway": [[BLOCK]]}, pitch=math.radians(2))).training_mask()
    # The camera is 1.5 m ahead of the turning point and 1.6 m above it, so that it moves by less than 6 cm.
    assert cells(mask[..., 2]) == BLOCK_CELLS


def test_beyond_the_points_of_the_lidar_nothing_is_seen(tmp_path: Path) -> None:
    # A wall 20 m ahead of the camera, from 10 m left to 10 m right; behind the vehicle, points that mean nothing.
    wall = np.stack([np.full(4001, 21.5), np.linspace(10, -10, 4001), np.zeros(4001)], 1)
    behind = np.array([[-30.0, 0.0, 0.0]])
    hidden = first(write(tmp_path, {"scene-0061": 1}, {}, np.concatenate([wall, behind]))).training_visibility()
    assert hidden.dtype == np.uint8 and set(np.unique(hidden)) == {0, 127}
    assert not hidden[61:95, 50].any() and hidden[:60, 50].all()  # z of row 60 is 19.75 m
    assert hidden[75, 80] == 127  # 15.25 m to the right at 12.25 m: no point in this direction


def test_without_points_nothing_is_hidden(tmp_path: Path) -> None:
    assert not first(write(tmp_path, {"scene-0061": 1}, {})).training_visibility().any()


def test_parts_are_scenes_of_the_split_and_key_frames_alone(tmp_path: Path) -> None:
    write(tmp_path, {"scene-0061": 2, "scene-0001": 3, "scene-0410": 4}, {})
    train, val = (nuscenes.samples_of(tmp_path, part)[0] for part in ("train", "val"))
    assert [sample.id for sample in train] == ["scene-0061-0", "scene-0061-1"]
    assert {sample.sequence for sample in val} == {"scene-0001"} and len(val) == 3
    with pytest.raises(DatasetError, match="part 'test', want train, val, train_1 or train_10"):
        nuscenes.samples_of(tmp_path, "test")


def test_subsets_are_the_first_key_frames(tmp_path: Path) -> None:
    write(tmp_path, {"scene-0061": 30}, {})
    sizes = [len(nuscenes.samples_of(tmp_path, part)[0]) for part in ("train_1", "train_10", "train_100", "train")]
    assert sizes == [1, 3, 30, 30]
    assert first(tmp_path, "train_10").id == "scene-0061-0"


def test_the_split_has_the_published_sizes() -> None:
    assert len(roddick.VALIDATION) == 148 and len(roddick.NEITHER) == 4
    assert [roddick.part_of(f"scene-{number}") for number in ("0002", "0001", "0410", "1110", "x")] == [
        "train", "val", "", "train", ""
    ]  # fmt: skip


def test_it_is_a_source_whose_classes_are_checked(tmp_path: Path) -> None:
    source = open_source(write(tmp_path, {"scene-0061": 2, "scene-0001": 1}, {"walkway": [[BLOCK]]}), "train")
    assert source.classes == ("road", "crossing", "sidewalk", "parking")
    ready = prepare(source.samples[1], 64)
    assert ready.name == "town/scene-0061-1" and ready.sequence == "town/scene-0061"
    assert cells(ready.masks[2]) == BLOCK_CELLS and ready.image.shape == (64, 64, 3)
    with pytest.raises(TrainingError, match="do not know building, terrain"):
        check_sources([source], [], ["road", "building", "terrain"])
    assert pickle.loads(pickle.dumps(source)).samples[0].id == "scene-0061-0"  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("sample_data", {"filename": "samples/CAM_FRONT/../../../x.jpg"}, "which is not below"),
        ("sample_data", {"ego_pose_token": "gone"}, r"ego_pose\.json has no gone"),
        ("calibrated_sensor", {"camera_intrinsic": []}, "its camera is none"),
        ("ego_pose", {"rotation": ["a"]}, "a pose of .* is none"),
    ],
)
def test_tables_that_are_wrong_are_named(tmp_path: Path, table: str, change: dict[str, object], message: str) -> None:
    path = write(tmp_path, {"scene-0061": 1}, {}) / f"v1.0-mini/{table}.json"
    path.write_text(
        json.dumps([{**row, **change} for row in json.loads(path.read_text())[:1]] + json.loads(path.read_text())[1:])
    )
    with pytest.raises(DatasetError, match=message):
        nuscenes.samples_of(tmp_path, "train")


def test_a_row_without_a_key_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"scene-0061": 1}, {}) / "v1.0-mini/scene.json"
    path.write_text('[{"token": "t"}]')
    with pytest.raises(DatasetError, match=r"scene\.json: row 0 has no name"):
        nuscenes.samples_of(tmp_path, "train")


def test_a_map_that_is_none_is_named(tmp_path: Path) -> None:
    sample = first(write(tmp_path, {"scene-0061": 1}, {}))
    (tmp_path / "maps/expansion/town.json").write_text('{"node": []}')
    with pytest.raises(DatasetError, match=r"town\.json: no map expansion: KeyError 'polygon'"):
        sample.training_mask()
