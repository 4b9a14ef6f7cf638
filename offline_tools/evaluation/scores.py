# SPDX-License-Identifier: Apache-2.0
"""Scores from counts: IoU and its means, precision and recall, calibration, thresholds, and how sure all that is.

A score that nothing speaks for is NaN: the IoU of a class that neither the truth nor the prediction holds anywhere,
the precision of a class that is never predicted, the recall of one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.taxonomy import CLASS_INDEX
from offline_tools.evaluation.counts import STEPS, Counts, confusion

THRESHOLD = 0.5
#: Bins of the reliability plot and of the expected calibration error.
CALIBRATION_BINS = 20

_ROAD_SIDEWALK = [CLASS_INDEX["road"], CLASS_INDEX["sidewalk"]]


@dataclass(frozen=True, eq=False)
class Scores:
    """Of true and false positives and false negatives, (6, 3); everything by class, (6,) float64 with NaN."""

    confusion: IntArray

    @property
    def iou(self) -> FloatArray:
        """Cells that are predicted and true, of those that are one of both; over all samples at once."""
        return iou(self.confusion)

    @property
    def precision(self) -> FloatArray:
        """Of the cells predicted, those that are true."""
        hit, false, _ = _columns(self.confusion)
        return share(hit, hit + false)

    @property
    def recall(self) -> FloatArray:
        """Of the cells that are true, those predicted."""
        hit, _, missed = _columns(self.confusion)
        return share(hit, hit + missed)

    @property
    def macro_mean(self) -> float:
        """Mean IoU of the classes that have one."""
        return float(macro_mean(self.iou))

    @property
    def road_sidewalk(self) -> float:
        """ "Avg. R, S": mean IoU of road and sidewalk; NaN where one of them has none."""
        return float(road_sidewalk(self.iou))


@dataclass(frozen=True, eq=False)
class Reliability:
    """By class and bin of probability, (6, bins): cells, mean probability and share of true cells, NaN where empty."""

    cells: IntArray
    predicted: FloatArray
    observed: FloatArray

    @property
    def error(self) -> FloatArray:
        """(6,) expected calibration error: |predicted - observed|, weighted by the cells; NaN without cells."""
        gap = np.where(self.cells > 0, np.abs(self.predicted - self.observed), 0.0)
        return share((gap * self.cells).sum(1), self.cells.sum(1))


@dataclass(frozen=True, eq=False)
class Interval:
    """Lower and upper ends: iou (6, 2), macro_mean (2,), road_sidewalk (2,). NaN where sequences are fewer than two."""

    iou: FloatArray
    macro_mean: FloatArray
    road_sidewalk: FloatArray


def score(counts: Counts, threshold: float = THRESHOLD) -> Scores:
    """Of all ranges together."""
    return Scores(counts.confusion(threshold).sum(1))


def range_scores(counts: Counts, threshold: float = THRESHOLD) -> list[Scores]:
    """One for each of RANGES."""
    found = counts.confusion(threshold)
    return [Scores(found[:, index]) for index in range(found.shape[1] - 1)]


def iou(confusion: IntArray | FloatArray) -> FloatArray:
    """(...) from (..., 3); NaN where there is nothing."""
    return share(confusion[..., 0], confusion.sum(-1))


def share(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    """part / whole, NaN where whole is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def macro_mean(values: FloatArray) -> FloatArray:
    """Mean over the last axis (classes) of what is not NaN; NaN where everything is."""
    there = ~np.isnan(values)
    return share(np.where(there, values, 0.0).sum(-1), there.sum(-1))


def road_sidewalk(values: FloatArray) -> FloatArray:
    """Mean of these two of the last axis (classes). One of them alone would be another number: NaN."""
    return np.asarray(values[..., _ROAD_SIDEWALK].mean(-1))


def reliability(counts: Counts, bins: int = CALIBRATION_BINS) -> Reliability:
    """Of all ranges together; `bins` divides STEPS."""
    cells = counts.cells.sum(1).reshape(len(counts.cells), bins, STEPS // bins, 2).sum(2)
    total = cells.sum(-1)
    sums = counts.sums.reshape(len(counts.sums), bins, STEPS // bins).sum(2)
    return Reliability(total, share(sums, total), share(cells[..., 1], total))


def threshold_curve(counts: Counts) -> FloatArray:
    """(6, 101) IoU at the thresholds 0, 0.01, ... 1; at 1, nothing is predicted."""
    cells = counts.cells.sum(1)
    return np.stack([iou(confusion(cells, step)) for step in range(STEPS + 1)], -1)


def best_thresholds(counts: Counts) -> tuple[FloatArray, FloatArray]:
    """(6,) thresholds of the largest IoU, and (6,) that IoU; of several, the one nearest to 0.5.

    NaN for a class that the truth does not hold.
    """
    curves = threshold_curve(counts)[:, 1:STEPS]
    steps = np.arange(1, STEPS)
    best, there = np.full(len(curves), np.nan), counts.cells[..., 1].sum((1, 2)) > 0
    for index in np.flatnonzero(there):
        candidates = steps[curves[index] >= np.nanmax(curves[index])]
        best[index] = candidates[np.abs(candidates - STEPS // 2).argmin()] / STEPS
    return best, np.where(there, _at(curves, best), np.nan)


def bootstrap(confusions: IntArray, replicates: int = 1000, seed: int = 0, level: float = 0.95) -> Interval:
    """Percentile intervals from whole sequences drawn again with replacement; `confusions` (sequences, 6, 3).

    Frames of one sequence show the same street, so that single frames would seem to say more than they do.
    """
    sequences, classes, kinds = confusions.shape
    values = np.full((replicates, classes), np.nan)
    if sequences > 1:
        random, flat = np.random.default_rng(seed), confusions.reshape(sequences, -1).astype(np.float64)
        for row in range(replicates):
            weights = np.bincount(random.integers(0, sequences, sequences), minlength=sequences)
            values[row] = iou((weights @ flat).reshape(classes, kinds))
    ends = ((1 - level) / 2, (1 + level) / 2)
    return Interval(*(_quantiles(value, ends) for value in (values, macro_mean(values), road_sidewalk(values))))


def _quantiles(values: FloatArray, ends: tuple[float, float]) -> FloatArray:
    """(..., 2) over the first axis, without what is NaN."""
    if values.ndim > 1:
        return np.stack([_quantiles(column, ends) for column in values.T])
    there = values[~np.isnan(values)]
    return np.quantile(there, ends) if len(there) else np.full(2, np.nan)


def _at(curves: FloatArray, thresholds: FloatArray) -> FloatArray:
    column = np.round(np.nan_to_num(thresholds, nan=0.5) * STEPS).astype(np.int64) - 1
    return np.take_along_axis(curves, column[:, None], 1)[:, 0]


def _columns(confusion: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    return confusion[..., 0], confusion[..., 1], confusion[..., 2]
