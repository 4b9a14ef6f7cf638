# SPDX-License-Identifier: Apache-2.0
"""What is between two replays, and how sure that is: whole stretches of the drive are drawn again, alike for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.evaluation.scores import iou, macro_mean, road_sidewalk
from offline_tools.replay.scoring.scoring import STRETCH

REPLICATES, LEVEL = 1000, 0.95


class Difference(NamedTuple):
    """The other's value less the first's, and its interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def score_differences(first: dict[str, Any], other: dict[str, Any], seed: int = 0) -> dict[str, Difference]:
    """IoU by class, "macro mean" and "Avg. R, S", over the stretches that both scored."""
    shared = sorted(first["stretches"].keys() & other["stretches"].keys(), key=int)
    counts = [np.array([each["stretches"][key] for key in shared], np.int64) for each in (first, other)]
    values = [_means(each.sum(0)) for each in counts]
    drawn = _drawn(counts[0], counts[1], seed) if len(shared) > 1 else None
    names = (*CLASS_NAMES, "macro mean", "Avg. R, S")
    return {name: _difference(values, drawn, k) for k, name in enumerate(names)}


def column_difference(
    first: pl.DataFrame,
    other: pl.DataFrame,
    column: str,
    middle: Callable[[FloatArray], float] = lambda values: float(np.median(values)),
    seed: int = 0,
) -> Difference:
    """Of a column's median over the images that both have."""
    both = first.select("stamp", a=column).join(other.select("stamp", b=column), on="stamp").drop_nulls().sort("stamp")
    if both.is_empty():
        return Difference(None)
    a, b = both["a"].to_numpy(), both["b"].to_numpy()
    value = middle(b) - middle(a)
    stretch = ((both["stamp"] - both["stamp"][0]) // round(STRETCH * 1e9)).to_numpy()
    groups = [np.flatnonzero(stretch == each) for each in np.unique(stretch)]
    if len(groups) < 2:
        return Difference(value)
    random = np.random.default_rng(seed)
    drawn = np.empty(REPLICATES)
    for k in range(REPLICATES):
        rows = np.concatenate([groups[each] for each in random.integers(0, len(groups), len(groups))])
        drawn[k] = middle(b[rows]) - middle(a[rows])
    low, high = np.quantile(drawn, _ends())
    return Difference(value, float(low), float(high))


def _drawn(first: IntArray, other: IntArray, seed: int) -> FloatArray:
    """(REPLICATES, 8) differences."""
    random = np.random.default_rng(seed)
    found = np.empty((REPLICATES, len(CLASS_NAMES) + 2))
    for row in range(REPLICATES):
        chosen = random.integers(0, len(first), len(first))
        found[row] = _means(other[chosen].sum(0)) - _means(first[chosen].sum(0))
    return found


def _means(confusion: IntArray) -> FloatArray:
    """(8,): IoU by class and the two means, of (6, 3)."""
    values = iou(confusion)
    return np.concatenate([values, [macro_mean(values), road_sidewalk(values)]])


def _difference(values: list[FloatArray], drawn: FloatArray | None, k: int) -> Difference:
    value = values[1][k] - values[0][k]
    if np.isnan(value):
        return Difference(None)
    known = np.zeros(0) if drawn is None else drawn[:, k][~np.isnan(drawn[:, k])]
    if not len(known):
        return Difference(float(value))
    low, high = np.quantile(known, _ends())
    return Difference(float(value), float(low), float(high))


def _ends() -> tuple[float, float]:
    return (1 - LEVEL) / 2, (1 + LEVEL) / 2
