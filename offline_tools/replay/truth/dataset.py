# SPDX-License-Identifier: Apache-2.0
"""True maps from a data set whose samples are named by the stamps of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mia_ros.errors import ReplayError
from offline_tools.dataset import SEMANTIC_MASK, Dataset
from offline_tools.osm.visibility import VISIBLE
from offline_tools.replay.truth.true_map import TrueMap, TruthSource, true_map


class _DatasetTruth:
    """A sample's id is the stamp in ns, as a number; its location does not matter."""

    name = "dataset"

    def __init__(self, folder: Path) -> None:
        self._data = Dataset.open(folder, needs=(SEMANTIC_MASK,))
        self._places = {id_: place for place in self._data.locations for id_ in self._data.ids(place)}
        if not self._places:
            raise ReplayError(f"data set {folder}: holds no sample with a semantic mask")
        self._asked = self._found = 0

    def of(self, stamp: int) -> TrueMap | None:
        self._asked += 1
        place = self._places.get(str(stamp))
        if place is None:
            return None
        self._found += 1
        sample = self._data.sample(place, stamp)
        found = true_map(np.ascontiguousarray(sample.training_mask().transpose(2, 0, 1)))
        if sample.visibility_path is None:
            return found
        return found._replace(visible=sample.training_visibility() == VISIBLE)

    def record(self) -> dict[str, Any]:
        if self._asked and not self._found:
            raise ReplayError(
                f"data set {self._data.root}: none of {self._asked} images has a sample; ids must be stamps of images "
                f"in ns, but are like '{next(iter(self._places))}'"
            )
        return {"name": self.name, "folder": str(self._data.root), "asked": self._asked, "found": self._found}


def dataset_truth(folder: Path) -> TruthSource:
    """The maps of a data set in the published layout."""
    return _DatasetTruth(folder)
