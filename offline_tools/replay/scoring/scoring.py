# SPDX-License-Identifier: Apache-2.0
"""Scoring: maps against true maps, frame by frame and in total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mia_ros.arrays import Float32Array
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.evaluation.counts import observable_cells
from offline_tools.evaluation.evaluate import Evaluation, Tally, Truth
from offline_tools.evaluation.record import record_of
from offline_tools.evaluation.scores import THRESHOLD
from offline_tools.evaluation.showcase import agreement
from offline_tools.replay.truth.true_map import TrueMap

_PUBLISHED = (THRESHOLD,) * len(CLASS_NAMES)
#: Frames of one stretch, s, show the same street: intervals draw whole stretches.
STRETCH = 5.0


class Scoring:
    """Feed it frames with `add`; memory does not grow but for a few numbers per stretch.

    Scored is what a robot does with the maps: a class is there where its probability reaches the map's threshold.
    """

    def __init__(self) -> None:
        self._tally = Tally()
        self._thresholds: Sequence[float] = _PUBLISHED

    def add(self, stamp: int, found: SemanticMap, truth: TrueMap) -> float | None:
        """The frame's agreement: IoU over all classes at once, None where there is nothing to compare.

        Looked at are cells that the map calls observed and the truth visible.
        """
        stretch = stamp // round(STRETCH * 1e9)  # of the clock, so that replays of one drive have the same
        observable = observable_cells(found.observed, truth.visible)
        self._thresholds = found.thresholds
        true = Truth(truth.masks, truth.visible, str(stretch))
        return agreement(self._tally.add(_decided_at_half(found), true, observable))

    @property
    def frames(self) -> int:
        """How many there were."""
        return self._tally.counts.samples

    def record(self) -> dict[str, Any]:
        """For metrics.json, as an evaluation writes it: iou, macro_mean_iou, avg_road_sidewalk, precision, recall,
        intervals, ranges, shares; and how much was looked at. With the published thresholds of one half also
        best_thresholds, threshold_curves, calibration."""
        scores = record_of(Evaluation(found=self._tally), {})["scores"]
        if tuple(self._thresholds) != _PUBLISHED:
            for name in ("best_thresholds", "threshold_curves", "calibration"):
                del scores[name]
        return {
            "frames": self.frames,
            "sequences": len(self._tally.sequences),
            "sequence_s": STRETCH,
            "observable_cells": self._tally.counts.observable,
            "thresholds": list(self._thresholds),
            **scores,
            # True and false positives and false negatives by class: what `mia compare` draws from.
            "stretches": {name: group.confusion.tolist() for name, group in self._tally.sequences.items()},
        }


def _decided_at_half(found: SemanticMap) -> Float32Array:
    """Probabilities, moved so that a class is there from one half on."""
    if tuple(found.thresholds) == _PUBLISHED:
        return found.probabilities
    p, t = found.probabilities, np.clip(np.array(found.thresholds, np.float32), 1e-6, 1 - 1e-6)[:, None, None]
    return np.where(p >= t, 1 - (1 - p) / (2 * (1 - t)), np.minimum(p / (2 * t), 0.499)).astype(np.float32)
