# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import SemanticMap
from offline_tools.replay.scoring import Scoring
from offline_tools.replay.truth import TrueMap

SECOND = 10**9
ALL = np.ones((100, 100), bool)


def mapped(road_rows, observed=ALL, stamp=0):
    layers = np.zeros((6, 100, 100), np.float32)
    layers[0, road_rows] = 0.9
    return SemanticMap(layers, observed, stamp)


def truth(road_rows, visible=ALL):
    masks = np.zeros((6, 100, 100), bool)
    masks[0, road_rows] = True
    return TrueMap(masks, visible)


def test_the_agreement_of_a_frame_is_its_iou():
    # 10 rows in common, 30 in one or the other.
    assert Scoring().add(0, mapped(slice(0, 20)), truth(slice(10, 30))) == pytest.approx(1 / 3)


def test_a_frame_that_holds_nothing_has_no_agreement():
    assert Scoring().add(0, mapped(slice(0, 0)), truth(slice(0, 0))) is None


def test_cells_that_are_not_observed_or_not_visible_do_not_count():
    left, top = ALL.copy(), ALL.copy()
    left[:, 50:] = False
    top[50:] = False
    scoring = Scoring()
    scoring.add(0, mapped(slice(0, 100), left), truth(slice(0, 100), top))
    assert scoring.record()["observable_cells"] == 2500


def test_all_frames_are_counted_together():
    scoring = Scoring()
    scoring.add(0, mapped(slice(0, 20)), truth(slice(0, 20)))
    scoring.add(SECOND, mapped(slice(0, 20)), truth(slice(20, 40)))
    record = scoring.record()
    # 20 of 60 rows.
    assert record["iou"]["road"] == pytest.approx(1 / 3)
    assert record["precision"]["road"] == record["recall"]["road"] == pytest.approx(0.5)
    assert record["iou"]["sidewalk"] is None
    assert record["frames"] == 2


def test_frames_of_five_seconds_are_one_sequence():
    scoring = Scoring()
    for k in range(22):
        scoring.add(10**18 + k * SECOND // 2, mapped(slice(0, 20)), truth(slice(0, 20 + k)))
    record = scoring.record()
    assert record["sequences"] == 3
    low, high = record["intervals"]["iou"]["road"]
    assert low < record["iou"]["road"] < high


def test_distances_are_scored_apart():
    scoring = Scoring()
    scoring.add(0, mapped(slice(80, 100)), truth(slice(0, 100)))
    near, *_, far = scoring.record()["ranges"]
    assert (near["from_m"], near["to_m"]) == (0, 10)
    assert near["iou"]["road"] == 1 and far["iou"]["road"] == 0
