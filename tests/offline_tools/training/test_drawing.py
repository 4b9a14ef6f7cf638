# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter

import pytest

from offline_tools.training.drawing import Draws


def drawn(draws: Draws, first: int, end: int) -> list[tuple[int, int]]:
    return [(draw.source, draw.sample) for draw in (draws[number] for number in range(first, end))]


def test_an_epoch_takes_every_sample_once() -> None:
    draws = Draws([(7, 7), (5, 5)], seed=3)
    for epoch in range(3):
        found = drawn(draws, 12 * epoch, 12 * (epoch + 1))
        assert sorted(found) == [(0, index) for index in range(7)] + [(1, index) for index in range(5)]


def test_epochs_have_orders_of_their_own_and_sources_mix() -> None:
    draws = Draws([(50, 50), (50, 50)], seed=0)
    first, second = drawn(draws, 0, 100), drawn(draws, 100, 200)
    assert first != second
    assert 10 < sum(source for source, _ in first[:50]) < 40


@pytest.mark.parametrize(("samples", "due"), [(10, 30), (10, 3), (10, 25), (4, 1)])
def test_a_source_is_gone_through_from_end_to_end_whatever_its_weight(samples: int, due: int) -> None:
    draws = Draws([(100, 100), (samples, due)], seed=1)
    found = drawn(draws, 0, 60 * draws.epoch)
    assert draws.epoch == 100 + due
    counts = Counter(sample for source, sample in found if source == 1)
    assert len(counts) == samples and max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == 60 * due


def test_any_draw_can_be_told_alone() -> None:
    draws = Draws([(13, 26), (5, 2)], seed=5)
    row = [draws[number] for number in range(100)]
    for number in (99, 3, 57, 28, 27):
        assert Draws([(13, 26), (5, 2)], seed=5)[number] == row[number]
    assert len({draw.seed for draw in row}) == 100


def test_another_seed_gives_another_order() -> None:
    assert drawn(Draws([(50, 50)], seed=0), 0, 50) != drawn(Draws([(50, 50)], seed=1), 0, 50)
