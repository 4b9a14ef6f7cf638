# SPDX-License-Identifier: Apache-2.0
"""TrueMap: what is on the ground ahead, and which of it no building hides."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from mia_ros.arrays import BoolArray
from mia_ros.taxonomy import CLASS_INDEX
from offline_tools.dataset.sample import CROP, MAP_SIZE
from offline_tools.osm.visibility import VISIBLE, visibility

_BUILDING = CLASS_INDEX["building"]


class TrueMap(NamedTuple):
    """masks: (6, 100, 100) bool, classes in the order of the taxonomy. visible: (100, 100) bool."""

    masks: BoolArray
    visible: BoolArray


class TruthSource(Protocol):
    """True maps by the stamps (ns) of images, asked for with rising stamps."""

    name: str

    def of(self, stamp: int) -> TrueMap | None:
        """The map at the image; None where there is none."""

    def record(self) -> dict[str, Any]:
        """What it was made from, and how many maps there were."""


def visible_cells(building: BoolArray) -> BoolArray:
    """(100, 100): ground that is seen past the buildings (100, 100) of the network's own ground.

    The masks of a data set are made from 224 x 224 cells; beyond the network's ground no building can hide any of it.
    """
    around = np.zeros((MAP_SIZE, MAP_SIZE), np.bool_)
    around[CROP] = building
    return np.asarray(visibility(around)[CROP] == VISIBLE)


def true_map(masks: BoolArray) -> TrueMap:
    """Of (6, 100, 100) masks alone."""
    return TrueMap(masks, visible_cells(masks[_BUILDING]))
