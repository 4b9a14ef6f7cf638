# SPDX-License-Identifier: Apache-2.0
"""The mean map of a training set: what is known of a place before anything was seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import Array, Float32Array, IntArray
from mia_ros.grid import NETWORK_GRID
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset.ready import Photographed
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.evaluation.progress import Report, quiet

#: Samples that a mean map is made of at most; with so many, its numbers are sure to one percent.
MOST = 20_000


@dataclass(frozen=True, eq=False)
class MeanMap:
    """By cell, of the samples that see it, how many hold each class: held (6, 100, 100), seen (100, 100) int64."""

    held: IntArray
    seen: IntArray
    samples: int = 0
    skipped: int = 0

    @classmethod
    def none(cls) -> MeanMap:
        """Of no sample."""
        shape = NETWORK_GRID.shape
        return cls(np.zeros((len(CLASS_NAMES), *shape), np.int64), np.zeros(shape, np.int64))

    def with_sample(self, masks: Array, visible: Array) -> MeanMap:
        """With one more: masks (6, 100, 100) bool, visible (100, 100) bool."""
        return MeanMap(self.held + (masks & visible), self.seen + visible, self.samples + 1, self.skipped)

    def probabilities(self) -> Float32Array:
        """(6, 100, 100): the share of the samples that see a cell in which it holds a class; 0 where none sees it."""
        return (self.held / np.maximum(self.seen, 1)).astype(np.float32)


def mean_map(samples: Sequence[Photographed], report: Report = quiet) -> MeanMap:
    """Of the masks of samples; what cannot be read is left out and counted."""
    found, skipped = MeanMap.none(), 0
    for done, sample in enumerate(samples, 1):
        try:
            masks, visible = sample.training_mask().transpose(2, 0, 1), sample.training_visibility() == 0
        except DatasetError:
            skipped += 1
            continue
        finally:
            report(done, len(samples))
        found = found.with_sample(masks, visible)
    if not found.samples:
        raise TrainingError(f"baseline: none of {skipped} samples of the training set has masks that can be read")
    return MeanMap(found.held, found.seen, found.samples, skipped)
