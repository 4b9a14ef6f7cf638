# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from offline_tools.evaluation.counts import Counts
from offline_tools.evaluation.scores import (
    Scores,
    best_thresholds,
    bootstrap,
    range_scores,
    reliability,
    score,
    threshold_curve,
)
from tests.offline_tools.evaluation.places import masks

EVERYWHERE = np.ones((100, 100), bool)
ROWS = slice(0, 10)


def two_classes() -> Counts:
    """Road: 100 cells said, 100 true, 50 both. Sidewalk: 40 said, 80 true, 40 both. Terrain said, parking true."""
    said = masks(
        road=(ROWS, ROWS), sidewalk=(slice(20, 24), ROWS), terrain=(slice(50, 60), ROWS), building=(ROWS, slice(30, 31))
    )
    true = masks(
        road=(slice(5, 15), ROWS), sidewalk=(slice(20, 28), ROWS), parking=(ROWS, ROWS), building=(ROWS, slice(30, 31))
    )
    return Counts.of(said.astype(np.float32), true, EVERYWHERE)


def one_class(cells: list[tuple[float, int, int]]) -> Counts:
    """Road alone, elsewhere nothing to see: (probability, cells, of which so many are true)."""
    p, true, seen = np.zeros((6, 10000), np.float32), np.zeros((6, 10000), bool), np.zeros(10000, bool)
    at = 0
    for value, count, hits in cells:
        p[0, at : at + count], true[0, at : at + hits], seen[at : at + count] = value, True, True
        at += count
    return Counts.of(p.reshape(6, 100, 100), true.reshape(6, 100, 100), seen.reshape(100, 100))


def test_iou_precision_and_recall_are_those_of_the_hand() -> None:
    found = score(two_classes())
    assert found.iou.tolist() == pytest.approx([50 / 150, math.nan, 40 / 80, 1, 0, 0], nan_ok=True)
    assert found.precision.tolist() == pytest.approx([0.5, math.nan, 1, 1, 0, math.nan], nan_ok=True)
    assert found.recall.tolist() == pytest.approx([0.5, math.nan, 0.5, 1, math.nan, 0], nan_ok=True)


def test_hidden_cells_change_the_score_as_by_hand() -> None:
    said, true = masks(road=(ROWS, ROWS)), masks(road=(slice(5, 15), ROWS))
    seen = EVERYWHERE.copy()
    seen[:5] = False
    assert score(Counts.of(said.astype(np.float32), true, seen)).iou[0] == 50 / 100


def test_a_class_that_is_nowhere_is_left_out_of_the_macro_mean() -> None:
    found = score(two_classes())
    assert math.isnan(found.iou[1])
    assert found.macro_mean == pytest.approx((1 / 3 + 0.5 + 1 + 0 + 0) / 5)


def test_samples_are_pooled_and_not_averaged() -> None:
    few = Counts.of(masks(road=(ROWS, slice(0, 1))).astype(np.float32), masks(road=(ROWS, slice(0, 1))), EVERYWHERE)
    many = Counts.of(np.zeros((6, 100, 100), np.float32), masks(road=(ROWS, slice(0, 9))), EVERYWHERE)
    assert score(few + many).iou[0] == 10 / 100


def test_the_mean_of_road_and_sidewalk_needs_both() -> None:
    assert score(two_classes()).road_sidewalk == pytest.approx((1 / 3 + 1 / 2) / 2)
    road_alone = Counts.of(masks(road=(ROWS, ROWS)).astype(np.float32), masks(road=(ROWS, ROWS)), EVERYWHERE)
    found = score(road_alone)
    assert found.macro_mean == 1 and math.isnan(found.road_sidewalk)


def test_without_any_sample_nothing_is_claimed() -> None:
    found = score(Counts.none())
    assert np.isnan(found.iou).all() and math.isnan(found.macro_mean) and math.isnan(found.road_sidewalk)
    assert np.isnan(reliability(Counts.none()).error).all() and np.isnan(best_thresholds(Counts.none())[0]).all()


def test_a_mirror_image_scores_the_same() -> None:
    random = np.random.default_rng(1)
    p, true, seen = random.random((6, 100, 100), np.float32), random.random((6, 100, 100)) < 0.3, EVERYWHERE.copy()
    seen[:, :30] = False
    straight, mirrored = (
        Counts.of(p, true, seen),
        Counts.of(p[..., ::-1].copy(), true[..., ::-1].copy(), seen[:, ::-1]),
    )
    assert score(straight).iou.tolist() == score(mirrored).iou.tolist()
    np.testing.assert_allclose(reliability(straight).error, reliability(mirrored).error, rtol=1e-12)


def test_scores_by_distance() -> None:
    """Cells of the column right of the axis: rows 80 to 99 lie within 10 m, 60 to 79 within 20 m."""
    said, true = masks(road=(slice(60, 100), slice(50, 51))), masks(road=(slice(70, 100), slice(50, 51)))
    found = range_scores(Counts.of(said.astype(np.float32), true, EVERYWHERE))
    assert [part.iou[0] for part in found] == pytest.approx([1, 0.5, math.nan, math.nan], nan_ok=True)


def test_calibration_error_is_that_of_the_hand() -> None:
    """4 cells at 0.2, of which 1 is true, and 6 at 0.9, of which 3 are: 0.4 * |0.2 - 0.25| + 0.6 * |0.9 - 0.5|."""
    found = reliability(one_class([(0.2, 4, 1), (0.9, 6, 3)]))
    assert found.error[0] == pytest.approx(0.4 * 0.05 + 0.6 * 0.4, abs=1e-6)
    assert found.error[1:].tolist() == [0] * 5
    assert found.cells[0].nonzero()[0].tolist() == [4, 18]
    assert found.predicted[0, [4, 18]] == pytest.approx([0.2, 0.9]) and found.observed[0, [4, 18]].tolist() == [
        0.25,
        0.5,
    ]


def test_probabilities_that_keep_their_word_have_no_calibration_error() -> None:
    assert reliability(one_class([(0.25, 8, 2), (0.75, 4, 3)])).error[0] == 0


def test_the_best_threshold_is_the_one_nearest_to_one_half() -> None:
    """All true cells have 0.3 or more, all others 0.2: everything from 0.21 to 0.3 is right."""
    thresholds, reached = best_thresholds(one_class([(0.2, 5, 0), (0.3, 2, 2), (0.6, 1, 1)]))
    assert (thresholds[0], reached[0]) == (0.3, 1.0)
    assert np.isnan(thresholds[1:]).all() and np.isnan(reached[1:]).all()


def test_the_threshold_curve_has_the_score_at_one_half_and_ends_in_nothing() -> None:
    counts = one_class([(0.4, 5, 2), (0.7, 5, 4)])
    curve = threshold_curve(counts)
    assert curve.shape == (6, 101)
    assert curve[0, [0, 40, 50, 100]] == pytest.approx([6 / 10, 6 / 10, 4 / 7, 0])
    assert curve[0, 50] == score(counts).iou[0]


def test_sequences_that_are_alike_leave_no_doubt() -> None:
    alike = np.array([score(two_classes()).confusion] * 7)
    found = bootstrap(alike)
    assert found.iou[0].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert found.iou[0, 0] == found.iou[0, 1] and found.road_sidewalk[0] == found.road_sidewalk[1]
    assert found.macro_mean[0] == found.macro_mean[1]
    assert np.isnan(found.iou[1]).all()


def test_one_sequence_gives_no_interval() -> None:
    found = bootstrap(score(two_classes()).confusion[None])
    assert np.isnan(found.iou).all() and np.isnan(found.macro_mean).all() and np.isnan(found.road_sidewalk).all()


def test_an_interval_holds_the_score_and_follows_from_its_seed() -> None:
    random = np.random.default_rng(5)
    sequences = random.integers(1, 100, (30, 6, 3))
    found, pooled = bootstrap(sequences, seed=1), Scores(sequences.sum(0))
    assert (found.iou[:, 0] < pooled.iou).all() and (pooled.iou < found.iou[:, 1]).all()
    assert found.macro_mean[0] < pooled.macro_mean < found.macro_mean[1]
    assert np.array_equal(found.iou, bootstrap(sequences, seed=1).iou)
    assert not np.array_equal(found.iou, bootstrap(sequences, seed=2).iou)


def test_the_interval_has_the_width_that_theory_gives() -> None:
    """400 sequences of one road cell, true or missed by a coin: a share, whose standard error is 0.5 / sqrt(400)."""
    hit = np.arange(400) % 2
    sequences = np.zeros((400, 6, 3), np.int64)
    sequences[:, 0, 0], sequences[:, 0, 2] = hit, 1 - hit
    low, high = bootstrap(sequences, replicates=4000).iou[0]
    assert high - low == pytest.approx(2 * 1.96 * 0.025, rel=0.1)
