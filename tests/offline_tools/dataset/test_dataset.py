# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from mia_ros.camera import Camera
from offline_tools.dataset import SEMANTIC_MASK, Dataset, LocationWriter, write_split
from offline_tools.errors import DatasetError
from tests.offline_tools.dataset.test_dump import PUBLISHED

RANDOM = np.random.default_rng(0)
MASK = RANDOM.random((224, 224, 9)) < 0.2
SEEN = np.where(RANDOM.random((224, 224)) < 0.5, 0, 127).astype(np.uint8)
PHOTO = RANDOM.integers(0, 255, (30, 40, 3), dtype=np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Samples 7, 11 and 100 of one location, complete, and 8, which has a mask alone."""
    writer = LocationWriter(tmp_path, "paris")
    for id_ in (100, "7", 11):
        writer.image(id_, PHOTO)
        writer.semantic_mask(id_, MASK)
        writer.visibility_mask(id_, SEEN)
    writer.semantic_mask(8, MASK)
    (tmp_path / "paris/dump.json").write_text(json.dumps(PUBLISHED))
    return tmp_path


def test_what_is_written_is_read(root: Path) -> None:
    sample = Dataset.open(root).sample("paris", 7)
    assert (sample.location, sample.id) == ("paris", "7")
    assert np.array_equal(sample.semantic_mask(), MASK) and sample.semantic_mask().dtype == bool
    assert np.array_equal(sample.visibility_mask(), SEEN)
    assert sample.image_path == root / "paris/images/7_undistorted.jpg"
    assert cv2.imread(str(sample.image_path)).shape == PHOTO.shape


def test_files_stand_where_the_published_loader_looks(root: Path) -> None:
    folder = root / "paris"
    assert {path.name for path in (folder / "semantic_masks").iterdir()} == {"7.npz", "8.npz", "11.npz", "100.npz"}
    with np.load(folder / "flood_fill/7.npz", allow_pickle=False) as found:
        assert np.array_equal(found["arr_0"], SEEN)


def test_training_mask_is_the_published_crop_and_the_six_classes(root: Path) -> None:
    sample = Dataset.open(root).sample("paris", "7")
    assert np.array_equal(sample.training_mask(), MASK[12:112, 62:162][..., [0, 1, 2, 4, 6, 7]])
    assert np.array_equal(sample.training_visibility(), SEEN[12:112, 62:162])


def test_the_view_is_of_the_sample(root: Path) -> None:
    view = Dataset.open(root).sample("paris", 11).view
    assert view.camera == Camera(512, 384, 400, 401, 255.5, 191.5) and view.heading_deg == 12.5


def test_ids_are_in_the_order_of_numbers(root: Path) -> None:
    data = Dataset.open(root)
    assert list(data.ids("paris")) == ["7", "11", "100"]
    assert [sample.id for sample in data] == ["7", "11", "100"] and len(data) == 3


def test_incomplete_samples_are_listed_and_counted(root: Path) -> None:
    data = Dataset.open(root)
    assert data.incomplete("paris") == {"8": ("no image", "no visibility mask")}
    assert data.missing == {"no image": 1, "no visibility mask": 1}
    with pytest.raises(DatasetError, match="sample '8': no image, no visibility mask"):
        data.sample("paris", 8)


def test_what_is_not_needed_may_be_missing(root: Path) -> None:
    data = Dataset.open(root, needs=[SEMANTIC_MASK])
    assert list(data.ids("paris")) == ["7", "8", "11", "100"] and data.missing == {}
    sample = data.sample("paris", 8)
    assert sample.image_path is None
    with pytest.raises(DatasetError, match="sample paris/8: has no visibility mask"):
        sample.visibility_mask()


def test_opening_reads_no_file_of_a_sample(root: Path) -> None:
    (root / "paris/semantic_masks/7.npz").write_bytes(b"damaged")
    (root / "paris/dump.json").write_text("damaged")
    sample = Dataset.open(root).sample("paris", 7)
    with pytest.raises(DatasetError, match=r"7\.npz: damaged"):
        sample.training_mask()
    with pytest.raises(DatasetError, match=r"dump\.json: not JSON"):
        _ = sample.view


def test_the_other_published_variants_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    for name in ("images", "semantic_masks", "flood_fill", "flood_masks"):
        (folder / name).mkdir(parents=True)
    for id_ in "12":
        cv2.imwrite(str(folder / f"images/{id_}_undistorted.png"), PHOTO)
        np.save(folder / f"semantic_masks/{id_}.npy", MASK)
    np.save(folder / "flood_fill/1.npz.npy", SEEN)
    cv2.imwrite(str(folder / "flood_masks/2.png"), SEEN)
    data = Dataset.open(tmp_path)
    assert list(data.ids("here")) == ["1", "2"]
    for sample in data:
        assert np.array_equal(sample.semantic_mask(), MASK) and np.array_equal(sample.visibility_mask(), SEEN)


def test_masks_of_another_size_are_no_training_masks(tmp_path: Path) -> None:
    LocationWriter(tmp_path, "a").semantic_mask(1, MASK[:100])
    sample = Dataset.open(tmp_path, needs=[SEMANTIC_MASK]).sample("a", 1)
    assert sample.semantic_mask().shape == (100, 224, 9)
    with pytest.raises(DatasetError, match="100 x 224 pixels, want 224 x 224"):
        sample.training_mask()


@pytest.mark.parametrize("mask", [np.zeros((224, 224), bool), np.zeros((224, 224, 8), bool), np.zeros((4, 4, 9))])
def test_masks_that_are_none_are_refused_by_both_sides(mask, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="want"):
        LocationWriter(tmp_path, "a").semantic_mask(1, mask)
    np.savez(tmp_path / "a/semantic_masks/1.npz", mask)
    with pytest.raises(DatasetError, match=r"1\.npz: an array .* want \(rows, columns, 9\) bool"):
        Dataset.open(tmp_path, needs=[SEMANTIC_MASK]).sample("a", 1).semantic_mask()


def test_the_split_names_samples_that_are_complete(root: Path) -> None:
    write_split(root, {"train": {"paris": ["7", 8, 12345]}, "val": {"nowhere": [1]}, "test": {"paris": [100, "x-1"]}})
    assert json.loads((root / "split.json").read_text())["test"] == {"paris": [100, "x-1"]}
    data = Dataset.open(root)
    assert data.split("train") == [("paris", "7")] and data.split("val") == []
    assert data.splits()["train"] == {"paris": ["7", "8", "12345"]}
    with pytest.raises(DatasetError, match="has no part 'valid', only train, val, test"):
        data.split("valid")


@pytest.mark.parametrize("content", ["{", "[]", '{"train": [1]}', '{"train": {"a": 1}}', '{"train": {"a": [1.5]}}'])
def test_a_split_that_is_none_is_one_line(root: Path, content: str) -> None:
    (root / "split.json").write_text(content)
    with pytest.raises(DatasetError, match=r"split\.json: (not JSON|want)"):
        Dataset.open(root).split("train")


def test_names_that_are_not_there_are_named(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = Dataset.open(root)
    with pytest.raises(DatasetError, match="no location 'london', only paris"):
        data.sample("london", 1)
    with pytest.raises(DatasetError, match="sample '99': not there"):
        data.sample("paris", 99)
    with pytest.raises(DatasetError, match="no such folder"):
        Dataset.open(root / "nothing")
    with pytest.raises(DatasetError, match="holds no location"):
        Dataset.open(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize("id_", ["../7", "", "a/b"])
def test_ids_that_leave_the_folder_are_not_written(root: Path, id_: str) -> None:
    writer = LocationWriter(root, "paris")
    with pytest.raises(DatasetError, match="want 1 to 120 letters"):
        writer.semantic_mask(id_, MASK)
    with pytest.raises(DatasetError, match="location '../x'"):
        LocationWriter(root, "../x")


def test_a_data_set_goes_to_other_processes(root: Path) -> None:
    data = pickle.loads(pickle.dumps(Dataset.open(root)))  # noqa: S301 - our own, as a data loader sends it
    assert data.sample("paris", 11).view.heading_deg == 12.5
