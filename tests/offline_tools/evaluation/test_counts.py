# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from offline_tools.errors import TrainingError
from offline_tools.evaluation.counts import RANGES, Counts, observable_cells, range_of_cells

RANDOM = np.random.default_rng(3)
EVERYWHERE = np.ones((100, 100), bool)


def drawn(share: float = 0.6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, masks and observable cells by lot."""
    cells = RANDOM.random((100, 100)) < share
    return RANDOM.random((6, 100, 100), np.float32), RANDOM.random((6, 100, 100)) < 0.3, cells


def brute_force(p: np.ndarray, masks: np.ndarray, cells: np.ndarray, threshold: float) -> list[list[int]]:
    said = p >= threshold
    return [
        [int((yes & true & cells).sum()), int((yes & ~true & cells).sum()), int((~yes & true & cells).sum())]
        for yes, true in zip(said, masks, strict=True)
    ]


@pytest.mark.parametrize("threshold", [0.5, 0.25, 0.75])
def test_hits_false_alarms_and_misses_are_counted(threshold: float) -> None:
    sample = drawn()
    assert Counts.of(*sample).confusion(threshold).sum(1).tolist() == brute_force(*sample, threshold)


def test_a_probability_of_one_half_is_a_yes_and_the_number_below_it_a_no() -> None:
    p, masks = np.zeros((6, 100, 100), np.float32), np.zeros((6, 100, 100), bool)
    p[0, 0, 0], p[0, 0, 1] = 0.5, np.nextafter(np.float32(0.5), np.float32(0))
    assert Counts.of(p, masks, EVERYWHERE).confusion()[0].sum(0).tolist() == [0, 1, 0]


def test_certainty_is_counted_in_the_last_step() -> None:
    counts = Counts.of(np.ones((6, 100, 100), np.float32), np.ones((6, 100, 100), bool), EVERYWHERE)
    assert counts.cells[:, :, 99, 1].sum() == 6 * 100 * 100 and counts.sums[0, 99] == 100 * 100


def test_counts_of_samples_add_up() -> None:
    samples = [drawn() for _ in range(3)]
    total = sum((Counts.of(*sample) for sample in samples), Counts.none())
    each = np.array([brute_force(*sample, 0.5) for sample in samples])
    assert np.array_equal(total.confusion().sum(1), each.sum(0)) and total.samples == 3
    assert total.observable == sum(int(cells.sum()) for *_, cells in samples)


def test_only_observable_cells_count() -> None:
    p, masks, cells = drawn()
    other, other_masks = np.where(cells, p, np.float32(math.nan)), np.where(cells, masks, ~masks)
    assert np.array_equal(Counts.of(p, masks, cells).cells, Counts.of(other, other_masks, cells).cells)


def test_a_mirror_image_counts_the_same() -> None:
    p, masks, cells = drawn()
    mirrored = Counts.of(p[..., ::-1], masks[..., ::-1], cells[:, ::-1])
    straight = Counts.of(p, masks, cells)
    assert np.array_equal(mirrored.cells, straight.cells)
    np.testing.assert_allclose(mirrored.sums, straight.sums, rtol=1e-12)


def test_ranges_are_those_of_the_cells_centres() -> None:
    found = range_of_cells()
    for row, column in RANDOM.integers(0, 100, (500, 2)):
        distance = math.hypot(49.75 - 0.5 * row, -24.75 + 0.5 * column)
        wanted = next((i for i, (near, far) in enumerate(RANGES) if near <= distance < far), len(RANGES))
        assert found[row, column] == wanted
    assert found[99, 50] == 0 and found[80, 50] == 0 and found[79, 50] == 1 and found[0, 50] == 3 and found[0, 0] == 4


def test_each_range_holds_its_own_cells() -> None:
    p, masks, cells = drawn()
    found, ranges = Counts.of(p, masks, cells).confusion(), range_of_cells()
    for index in range(5):
        assert found[:, index].tolist() == brute_force(p, masks, cells & (ranges == index), 0.5)


def test_observable_is_in_the_frustum_and_not_hidden() -> None:
    frustum, visible = np.array([[True, True, False]]), np.array([[True, False, True]])
    assert observable_cells(frustum, visible).tolist() == [[True, False, False]]


@pytest.mark.parametrize("value", [math.nan, -0.01, 1.01])
def test_what_is_no_probability_is_refused(value: float) -> None:
    p, masks, _ = drawn()
    p[2, 3, 4] = value
    with pytest.raises(TrainingError, match="an observable cell holds a value outside"):
        Counts.of(p, masks, EVERYWHERE)


def test_arrays_of_another_shape_or_kind_are_named() -> None:
    p, masks, cells = drawn()
    with pytest.raises(TrainingError, match=r"probabilities: shape \(6, 100, 101\)"):
        Counts.of(np.zeros((6, 100, 101)), masks, cells)
    with pytest.raises(TrainingError, match=r"masks: uint8 \(6, 100, 100\), want bool"):
        Counts.of(p, masks.astype(np.uint8), cells)
    with pytest.raises(TrainingError, match="observable: bool"):
        Counts.of(p, masks, cells[:50])
