# SPDX-License-Identifier: Apache-2.0
"""What is counted of predictions and truth. Counts of samples add up, so that no number of samples takes memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import Array, BoolArray, FloatArray, IntArray
from mia_ros.grid import NETWORK_GRID, GridSpec
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.errors import TrainingError

#: Metres from the camera to a cell's centre, from and below. The grid's far corners are farther: they are in the total
#: alone, and counted in one range more.
RANGES = ((0.0, 10.0), (10.0, 20.0), (20.0, 35.0), (35.0, 50.0))
#: Probabilities are counted in steps of 0.01: every threshold that is a multiple of it can be asked for afterwards.
STEPS = 100

_CLASSES = len(CLASS_NAMES)
_BELTS = len(RANGES) + 1
_SHAPE = (_CLASSES, _BELTS, STEPS, 2)
#: Where a class begins in the flat histogram, and where in that of the sums.
_CLASS_START = (np.arange(_CLASSES, dtype=np.int32) * (_BELTS * STEPS * 2))[:, None]
_CLASS_SUM_START = (np.arange(_CLASSES, dtype=np.int32) * STEPS)[:, None]


@dataclass(frozen=True, eq=False)
class Counts:
    """Observable cells of some samples.

    cells: (6, 5, 100, 2) int64, by class, range (the last: beyond RANGES), step of the probability, and truth.
    sums: (6, 100) float64, the probabilities' sums by class and step. samples: how many there are.
    """

    cells: IntArray
    sums: FloatArray
    samples: int = 0

    @classmethod
    def none(cls) -> Counts:
        """Of no sample."""
        return cls(np.zeros(_SHAPE, np.int64), np.zeros((_CLASSES, STEPS)))

    @classmethod
    def of(cls, probabilities: Array, masks: Array, observable: Array) -> Counts:
        """Of one sample: probabilities (6, 100, 100) in [0, 1], masks (6, 100, 100) bool, observable (100, 100) bool.

        Only observable cells are looked at; see `observable_cells`.
        """
        _check(probabilities, masks, observable)
        seen = np.flatnonzero(observable)
        p = np.take(np.asarray(probabilities, np.float32).reshape(_CLASSES, -1), seen, axis=1)
        if not ((p >= 0) & (p <= 1)).all():
            raise TrainingError("probabilities: an observable cell holds a value outside [0, 1] or NaN")
        truth = np.take(masks.reshape(_CLASSES, -1), seen, axis=1)
        step = np.minimum((p * np.float32(STEPS)).astype(np.int32), STEPS - 1)
        code = _CLASS_START + _BELT_START[seen] + step * 2 + truth
        cells = np.bincount(code.ravel(), minlength=int(np.prod(_SHAPE))).reshape(_SHAPE)
        sums = np.bincount((_CLASS_SUM_START + step).ravel(), p.ravel(), minlength=_CLASSES * STEPS)
        return cls(cells.astype(np.int64, copy=False), sums.astype(np.float64, copy=False).reshape(_CLASSES, STEPS), 1)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.cells + other.cells, self.sums + other.sums, self.samples + other.samples)

    @property
    def observable(self) -> int:
        """How many cells were looked at, of all samples together."""
        return int(self.cells[0].sum())

    def confusion(self, threshold: float = 0.5) -> IntArray:
        """(6, 5, 3) int64, by class and range: true positives, false positives, false negatives.

        A class is predicted where its probability >= `threshold`, which is a multiple of 0.01.
        """
        return confusion(self.cells, round(threshold * STEPS))


def observable_cells(frustum: Array, visible: Array) -> BoolArray:
    """(100, 100) bool: what the metric looks at, inside the network's frustum and not hidden by buildings."""
    return np.asarray(frustum, np.bool_) & np.asarray(visible, np.bool_)


def confusion(cells: IntArray, step: int) -> IntArray:
    """(..., 3): true positives, false positives, false negatives of (..., 100, 2), predicted from `step` on."""
    above, below = cells[..., step:, :].sum(-2), cells[..., :step, :].sum(-2)
    return np.stack([above[..., 1], above[..., 0], below[..., 1]], -1)


def range_of_cells(grid: GridSpec = NETWORK_GRID) -> IntArray:
    """(rows, columns): the index in RANGES of every cell's distance from the camera, len(RANGES) beyond the last."""
    x, z = grid.centres()
    return np.searchsorted([end for _, end in RANGES], np.hypot(x, z), side="right")


_BELT_START = range_of_cells().ravel().astype(np.int32) * (STEPS * 2)


def _check(probabilities: Array, masks: Array, observable: Array) -> None:
    shape = (_CLASSES, *NETWORK_GRID.shape)
    if probabilities.shape != shape:
        raise TrainingError(f"probabilities: shape {probabilities.shape}, want {shape}")
    for name, given, wanted in (("masks", masks, shape), ("observable", observable, NETWORK_GRID.shape)):
        if given.shape != wanted or given.dtype != np.bool_:
            raise TrainingError(f"{name}: {given.dtype} {given.shape}, want bool {wanted}")
