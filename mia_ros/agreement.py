# SPDX-License-Identifier: Apache-2.0
"""Agreement: how well maps agree with true ones, as intersection over union, summed over all cells of all maps."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import BoolArray
from mia_ros.errors import MapError
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES


class Agreement:
    """Cells count where both maps were observed."""

    def __init__(self) -> None:
        self.maps = 0
        self._both = np.zeros(len(CLASS_NAMES), np.int64)
        self._either = np.zeros(len(CLASS_NAMES), np.int64)

    def add(self, found: SemanticMap, truth: SemanticMap) -> None:
        """One map and its true map."""
        if found.grid != truth.grid:
            raise MapError(f"truth: a grid {truth.grid}, but the map has {found.grid}")
        observed = found.observed & truth.observed
        ours, theirs = (_present(each) & observed for each in (found, truth))
        self.maps += 1
        self._both += np.count_nonzero(ours & theirs, axis=(1, 2))
        self._either += np.count_nonzero(ours | theirs, axis=(1, 2))

    def iou(self) -> dict[str, float | None]:
        """By class; None for a class that was nowhere."""
        pairs = zip(CLASS_NAMES, self._both.tolist(), self._either.tolist(), strict=True)
        return {name: both / either if either else None for name, both, either in pairs}

    def road_and_sidewalk(self) -> float | None:
        """The mean of the two, None before both were seen."""
        found = self.iou()
        values = [found[name] for name in ("road", "sidewalk")]
        known = [value for value in values if value is not None]
        return sum(known) / 2 if len(known) == 2 else None


def _present(semantic_map: SemanticMap) -> BoolArray:
    """(6, rows, columns): where the map says that a class is."""
    thresholds = np.array(semantic_map.thresholds, np.float32)[:, None, None]
    return np.asarray(semantic_map.probabilities >= thresholds)
