# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import polars as pl
import pytest

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.compare.paired import Difference, column_difference, score_differences

NOTHING = [[0, 0, 0]] * 5


def scored(*roads):
    """Stretches that hold nothing but road: true and false positives and false negatives of each."""
    return {"stretches": {str(k): [list(road), *NOTHING] for k, road in enumerate(roads)}}


def column(values, every=1.0):
    stamps = [round(k * every * 1e9) for k in range(len(values))]
    return pl.DataFrame({"stamp": stamps, "flicker": values}, schema_overrides={"flicker": pl.Float64})


def test_a_score_less_itself_is_zero_and_so_is_its_interval():
    same = scored((10, 5, 5), (1, 9, 0), (7, 0, 3))
    found = score_differences(same, same)
    assert found["road"] == Difference(0.0, 0.0, 0.0) and found["macro mean"] == Difference(0.0, 0.0, 0.0)
    assert not found["road"].clear


def test_the_difference_is_that_of_all_stretches_together():
    found = score_differences(scored((50, 50, 0), (50, 0, 50)), scored((90, 10, 0), (60, 0, 40)))
    assert found["road"].value == pytest.approx(150 / 200 - 100 / 200)
    assert found["road"].low == pytest.approx(0.1) and found["road"].high == pytest.approx(0.4)
    assert found["road"].clear


def test_classes_that_are_nowhere_have_no_difference():
    found = score_differences(scored((1, 0, 0), (1, 0, 0)), scored((1, 1, 0), (1, 1, 0)))
    assert found["building"] == Difference(None) and found["Avg. R, S"] == Difference(None)
    assert set(found) == {*CLASS_NAMES, "macro mean", "Avg. R, S"}


def test_one_stretch_has_no_interval():
    assert score_differences(scored((1, 0, 1)), scored((1, 0, 0)))["road"] == Difference(0.5)


def test_only_stretches_that_both_have_are_compared():
    found = score_differences(scored((50, 50, 0)), scored((90, 10, 0), (0, 100, 0)))
    assert found["road"].value == pytest.approx(0.4)


def test_what_differs_in_one_place_alone_is_not_sure():
    first = scored(*[(80, 20, 0)] * 10)
    other = scored(*[(80, 20, 0)] * 9, (20, 80, 0))
    found = score_differences(first, other)["road"]
    assert found.value < 0 and found.high == 0 and not found.clear


def test_a_column_less_itself_is_zero():
    values = np.random.default_rng(0).random(60).tolist()
    assert column_difference(column(values), column(values), "flicker") == Difference(0.0, 0.0, 0.0)


def test_a_shifted_column_differs_by_the_shift():
    values = np.random.default_rng(0).random(60)
    found = column_difference(column(values), column(values + 0.25), "flicker")
    assert (found.value, found.low, found.high) == (pytest.approx(0.25),) * 3 and found.clear


def test_the_interval_covers_a_known_difference_of_noisy_columns():
    held = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        first, other = random.normal(0, 1, 200), random.normal(0.3, 1, 200)
        found = column_difference(column(first), column(other), "flicker")
        held += found.low <= 0.3 <= found.high
    assert held >= 16  # 95 % of 20, less three standard deviations


def test_only_images_that_both_have_are_compared():
    first, other = column([1.0, None, 3.0, 4.0]), column([2.0, 9.0, None])
    assert column_difference(first, other, "flicker") == Difference(1.0)


def test_without_such_images_there_is_no_difference():
    assert column_difference(column([None]), column([1.0]), "flicker") == Difference(None)


def test_the_same_seed_gives_the_same_interval():
    random = np.random.default_rng(1)
    tables = column(random.random(60)), column(random.random(60))
    assert column_difference(*tables, "flicker", seed=3) == column_difference(*tables, "flicker", seed=3)
    assert not math.isnan(column_difference(*tables, "flicker", seed=3).value)
