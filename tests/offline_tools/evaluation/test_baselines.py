# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offline_tools.dataset import Dataset
from offline_tools.errors import TrainingError
from offline_tools.evaluation.baselines import MeanMap, mean_map
from offline_tools.evaluation.counts import Counts
from offline_tools.evaluation.scores import score
from tests.offline_tools.evaluation.places import make_place, masks, two_drives

CELL = (slice(7, 8), slice(9, 10))


def test_a_cell_has_the_share_of_the_samples_that_see_it() -> None:
    """Three samples: (7, 9) is seen by all and road in two; (1, 1) is seen by one, where it is road; (2, 2) by none."""
    visible = np.ones((100, 100), bool)
    visible[1, 1] = visible[2, 2] = False
    one_sees = visible.copy()
    one_sees[1, 1] = True
    road = masks(road=CELL)
    road[0, 1, 1] = road[0, 2, 2] = True
    found = MeanMap.none().with_sample(road, visible).with_sample(road, one_sees)
    found = found.with_sample(np.zeros((6, 100, 100), bool), visible)
    mean = found.probabilities()
    assert mean[0, 7, 9] == np.float32(2 / 3) and mean[0, 1, 1] == 1 and mean[0, 2, 2] == 0
    assert mean.sum() == pytest.approx(2 / 3 + 1) and found.samples == 3


def test_the_score_of_a_mean_map_by_hand(tmp_path: Path) -> None:
    """Rows 0 to 29 are road in two samples of three, rows 30 to 49 in one: above 0.5 the mean map says 0 to 29."""
    wide = (slice(0, 30), slice(0, 100))
    truth = {1: masks(road=wide), 2: masks(road=wide), 3: masks(road=(slice(30, 50), slice(0, 100)))}
    make_place(tmp_path, "town", {"a": [1, 2, 3]}, truth)
    found = mean_map(list(Dataset.open(tmp_path)))
    test = masks(road=(slice(0, 40), slice(0, 100)))
    assert score(Counts.of(found.probabilities(), test, np.ones((100, 100), bool))).iou[0] == 30 / 40


def test_samples_that_cannot_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    data = two_drives(tmp_path)
    (tmp_path / "town/semantic_masks/3.npz").write_bytes(b"damaged")
    looked_at = []
    found = mean_map(list(data), lambda done, total: looked_at.append((done, total)))
    assert (found.samples, found.skipped) == (3, 1) and looked_at == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_training_set_without_masks_is_refused(tmp_path: Path) -> None:
    data = two_drives(tmp_path)
    for path in (tmp_path / "town/flood_fill").iterdir():
        path.write_bytes(b"")
    with pytest.raises(TrainingError, match="none of 4 samples"):
        mean_map(list(data))
