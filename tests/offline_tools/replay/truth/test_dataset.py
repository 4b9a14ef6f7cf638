# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.errors import ReplayError
from offline_tools.dataset import SEMANTIC_MASK, VISIBILITY_MASK, LocationWriter
from offline_tools.replay.truth import dataset_truth

STAMP = 1_700_000_000_123_456_789


def written(root, *, visibility):
    kinds = (SEMANTIC_MASK, VISIBILITY_MASK) if visibility else (SEMANTIC_MASK,)
    writer = LocationWriter(root, "town", kinds=kinds)
    mask = np.zeros((224, 224, 9), bool)
    mask[111, 62, 2] = True  # a sidewalk in the nearest row, at the left edge of the network's ground
    mask[60, 100:120, 4] = True  # a wall
    writer.semantic_mask(STAMP, mask)
    if visibility:
        seen = np.full((224, 224), 127, np.uint8)
        seen[12, 62] = 0
        writer.visibility_mask(STAMP, seen)
    return root


def test_a_sample_is_found_by_the_stamp_of_the_image(tmp_path):
    truth = dataset_truth(written(tmp_path, visibility=True))
    found = truth.of(STAMP)
    assert np.argwhere(found.masks[2]).tolist() == [[99, 0]]
    assert truth.of(STAMP + 1) is None
    assert truth.record() == {"name": "dataset", "folder": str(tmp_path), "asked": 2, "found": 1}


def test_its_own_mask_says_what_is_visible(tmp_path):
    found = dataset_truth(written(tmp_path, visibility=True)).of(STAMP)
    assert np.argwhere(found.visible).tolist() == [[0, 0]]


def test_without_such_a_mask_its_buildings_do(tmp_path):
    visible = dataset_truth(written(tmp_path, visibility=False)).of(STAMP).visible
    assert visible[80, 50] and not visible[20, 50]


def test_ids_that_are_no_stamps_of_these_images_are_named(tmp_path):
    truth = dataset_truth(written(tmp_path, visibility=True))
    truth.of(5)
    with pytest.raises(ReplayError, match=f"ids must be stamps of images in ns, but are like '{STAMP}'"):
        truth.record()
