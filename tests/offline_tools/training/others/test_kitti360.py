# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mia_ros.camera import Camera
from offline_tools.dataset.ready import prepare
from offline_tools.errors import DatasetError
from offline_tools.training.others import kitti360
from offline_tools.training.sources import open_source

ID = "2013_05_28_drive_0000_sync;0000000042"
CATEGORIES = ["road", "sidewalk", "building", "terrain", "person", "two-wheeler", "car", "truck"]


def packed(value: object) -> bytes:
    """MessagePack in its longest forms."""
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(packed(item) for item in value)
    assert isinstance(value, dict)
    return b"\xdf" + struct.pack(">I", len(value)) + b"".join(packed(k) + packed(v) for k, v in value.items())


def write(root: Path, segments: np.ndarray, cat: list[int], categories: list[str] = CATEGORIES) -> Path:
    """Frame ID, and another one that is listed but not there."""
    front = {"id": ID, "size": [60, 80], "cam_intrinsic": [[60.0, 0.0, 40.5], [0.0, 60.0, 30.5], [0.0, 0.0, 1.0]]}
    for folder in ("img", "bev_msk/bev_ortho", "split/percentages", "KITTI-360/data_2d_raw"):
        (root / folder).mkdir(parents=True)
    meta = {"categories": categories, "num_stuff": 4}
    (root / "metadata_ortho.bin").write_bytes(packed({"meta": meta, "images": [{"id": ID, "cat": cat}]}))
    (root / "metadata_front.bin").write_bytes(packed({"meta": meta, "images": [front]}))
    (root / "img/front.json").write_text(json.dumps([{f"{ID}.png": "data_2d_raw/42.png"}]))
    (root / "split/train.txt").write_text(f"{ID}\ndrive;7\n{ID}\n")
    (root / "split/percentages/train_1.txt").write_text(f"{ID}\n")
    cv2.imwrite(str(root / f"bev_msk/bev_ortho/{ID}.png"), segments)
    cv2.imwrite(str(root / "KITTI-360/data_2d_raw/42.png"), np.full((60, 80, 3), 70, np.uint8))
    return root


def drawn(row: int, column: int, segment: int) -> np.ndarray:
    """(768, 704): 10 x 10 cells from a cell on hold a segment. Ahead is to the right, left is at the top."""
    upright = np.zeros((704, 768), np.uint16)  # far at the top, left at the left; 48 columns more at each side
    top, left = round(6.72 * row), 48 + round(6.72 * column)
    upright[top : top + 67, left : left + 67] = segment
    turned = np.zeros((768, 704), np.uint16)
    for index in range(704):
        turned[:, 703 - index] = upright[index]
    return turned


@pytest.mark.parametrize(("category", "channel"), [(0, 0), (1, 2), (2, 3), (3, 4)])
def test_segments_become_classes_at_their_cells(tmp_path: Path, category: int, channel: int) -> None:
    (sample,), _ = kitti360.samples_of(write(tmp_path, drawn(20, 30, 5), [255, 0, 0, 0, 0, category]), "train")
    mask = sample.training_mask()
    assert mask.shape == (100, 100, 6) and mask.sum() == 100 and mask[20:30, 30:40, channel].all()
    hidden = sample.training_visibility()
    assert not hidden[20:30, 30:40].any() and (hidden == 127).sum() == 9900


@pytest.mark.parametrize("category", [4, 6, 255])
def test_cars_and_what_has_no_category_are_no_class_and_not_seen(tmp_path: Path, category: int) -> None:
    (sample,), _ = kitti360.samples_of(write(tmp_path, drawn(20, 30, 1), [255, category]), "train")
    assert not sample.training_mask().any() and (sample.training_visibility() == 127).all()


def test_cameras_are_level_and_count_from_the_first_pixel(tmp_path: Path) -> None:
    (sample,), _ = kitti360.samples_of(write(tmp_path, drawn(0, 0, 1), [255, 0]), "train")
    view = sample.view
    assert view.camera == Camera(80, 60, 60, 60, 40, 30) and (view.roll, view.pitch) == (0, 0)
    ready = prepare(sample, 512, target_focal=30, multiple=14)
    assert ready.image.shape == (42, 42, 3) and ready.sequence.endswith("2013_05_28_drive_0000_sync")


def test_it_is_a_source_that_counts_what_is_listed_in_vain(tmp_path: Path) -> None:
    source = open_source(write(tmp_path, drawn(0, 0, 1), [255, 0]), "train")
    assert source.classes == ("road", "sidewalk", "building", "terrain")
    assert len(source.samples) == 1 and dict(source.lacking) == {"no metadata": 1}


def test_subsets_are_the_published_lists(tmp_path: Path) -> None:
    write(tmp_path, drawn(0, 0, 1), [255, 0])
    assert [sample.id for sample in kitti360.samples_of(tmp_path, "train_1")[0]] == [ID]
    assert len(kitti360.samples_of(tmp_path, "train_100")[0]) == 1
    with pytest.raises(DatasetError, match=r"train_10\.txt: the part 'train_10' cannot be read"):
        kitti360.samples_of(tmp_path, "train_10")


def test_categories_that_do_not_match_are_refused(tmp_path: Path) -> None:
    write(tmp_path, drawn(0, 0, 1), [255, 0], ["road", "lawn", "building", "sidewalk"])
    with pytest.raises(DatasetError, match="has no category terrain, only road, lawn, building, sidewalk"):
        kitti360.samples_of(tmp_path, "train")


def test_a_segment_that_is_not_known_is_named(tmp_path: Path) -> None:
    (sample,), _ = kitti360.samples_of(write(tmp_path, drawn(0, 0, 9), [255, 0]), "train")
    with pytest.raises(DatasetError, match=r"0000000042\.png: segment 9, but metadata_ortho\.bin knows 2"):
        sample.training_mask()


@pytest.mark.parametrize("content", [b"", b"\x01", packed({"meta": {}}), packed({"images": [{"id": 1}], "meta": {}})])
def test_metadata_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, drawn(0, 0, 1), [255, 0])
    (tmp_path / "metadata_ortho.bin").write_bytes(content)
    with pytest.raises(DatasetError, match=r"metadata_ortho\.bin: no metadata of KITTI-360-BEV"):
        kitti360.samples_of(tmp_path, "train")


def test_photos_elsewhere_are_refused(tmp_path: Path) -> None:
    write(tmp_path, drawn(0, 0, 1), [255, 0])
    (tmp_path / "img/front.json").write_text(json.dumps([{f"{ID}.png": "../../secret.png"}]))
    with pytest.raises(DatasetError, match=r"front\.json: names the file '\.\./\.\./secret\.png', which is not below"):
        kitti360.samples_of(tmp_path, "train")
