# SPDX-License-Identifier: Apache-2.0
"""SemanticMap: what one frame says about the ground around the robot, and how that becomes a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, Int8Array, UInt8Array
from mia_ros.cost_profile import CostProfile, load_profile
from mia_ros.errors import MapError
from mia_ros.grid import NETWORK_GRID, GridSpec
from mia_ros.taxonomy import CLASS_NAMES, NO_LABEL, UNOBSERVED_COLOUR, label_colours

#: OccupancyGrid's own value for unknown.
UNKNOWN = -1
#: In a picture's palette, what was not observed: no class has this number.
_DARK = np.uint8(NO_LABEL - 1)


@dataclass(frozen=True, eq=False)
class SemanticMap:
    """Six independent probabilities for every cell of a grid ahead of the camera.

    probabilities: (6, rows, columns) float32 in [0, 1], classes in the order of taxonomy. observed: (rows, columns)
    bool, False where the camera saw nothing: such a cell is unknown, whatever its probabilities. stamp: nanoseconds,
    of the image. thresholds: per class, it is present where its probability >= its threshold.
    """

    probabilities: Float32Array
    observed: BoolArray
    stamp: int = 0
    grid: GridSpec = NETWORK_GRID
    thresholds: Sequence[float] = (0.5,) * len(CLASS_NAMES)

    def __post_init__(self) -> None:
        probabilities = np.asarray(self.probabilities, np.float32)
        observed = np.asarray(self.observed)
        if probabilities.ndim != 3 or len(probabilities) != len(CLASS_NAMES):
            raise MapError(f"probabilities: shape {probabilities.shape}, want ({len(CLASS_NAMES)}, rows, columns)")
        self.grid.check(probabilities, "probabilities")
        if observed.dtype != np.bool_ or observed.shape != self.grid.shape:
            raise MapError(f"observed: {observed.dtype} {observed.shape}, want bool {self.grid.shape}")
        seen = probabilities[:, observed]
        if not ((seen >= 0) & (seen <= 1)).all():
            raise MapError("probabilities: an observed cell holds a value outside [0, 1] or NaN")
        thresholds = tuple(float(value) for value in self.thresholds)
        if len(thresholds) != len(CLASS_NAMES) or not all(0 <= value <= 1 for value in thresholds):
            raise MapError(f"thresholds: {thresholds}, want {len(CLASS_NAMES)} numbers in [0, 1]")
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "observed", observed)
        object.__setattr__(self, "thresholds", thresholds)

    def present(self) -> BoolArray:
        """(6, rows, columns): the classes that an observed cell holds."""
        limits = np.array(self.thresholds, np.float32)[:, None, None]
        return np.asarray((self.probabilities >= limits) & self.observed)

    def labels(self) -> UInt8Array:
        """(rows, columns): the most probable present class; 255 where none is present or nothing was observed."""
        present = self.present()
        best = np.where(present, self.probabilities, -1.0).argmax(0).astype(np.uint8)
        return np.where(present.any(0), best, np.uint8(NO_LABEL))

    def confidence(self) -> Float32Array:
        """(rows, columns): the largest of the six probabilities; 0 where nothing was observed."""
        return np.where(self.observed, self.probabilities.max(0), np.float32(0))

    def costs(self, profile: str | CostProfile, unknown_value: int = UNKNOWN) -> Int8Array:
        """(rows, columns): 0 free to 100 lethal by a profile (a name or a YAML file), `unknown_value` for unknown.

        The highest cost of the present classes, the profile's `no_class` where none is present, unknown where nothing
        was observed. `unknown_value` is -1, or 100 for planners that take -1 for free.
        """
        if unknown_value not in (UNKNOWN, 100):
            raise MapError(f"unknown_value: {unknown_value}, want -1 or 100; unknown is never free")
        loaded = load_profile(profile)
        per_class = np.array([_cost(value) for value in loaded.class_costs()], np.int8)[:, None, None]
        present = self.present()
        costs = np.where(present, per_class, np.int8(UNKNOWN)).max(0)
        costs[~present.any(0)] = _cost(loaded.no_class)
        costs[~self.observed] = UNKNOWN
        costs[costs == UNKNOWN] = unknown_value
        return costs

    def image(self) -> UInt8Array:
        """(rows, columns, 3) BGR, as OpenCV shows and writes it: labels in their colours, far row on top."""
        return np.take(_picture_colours(), np.where(self.observed, self.labels(), _DARK), axis=0)

    def to_occupancy(self, cells: Array) -> Array:
        """Any (..., rows, columns) of this map -> flat (..., cells) in the order of OccupancyGrid.data."""
        ordered = self.grid.to_occupancy(cells)
        return ordered.reshape(*ordered.shape[:-2], -1)


@lru_cache(1)
def _picture_colours() -> UInt8Array:
    """BGR by label; that of _DARK for what was not observed."""
    table = label_colours()
    table[_DARK] = UNOBSERVED_COLOUR
    return np.ascontiguousarray(table[:, ::-1])


def _cost(value: int | str) -> int:
    return UNKNOWN if value == "unknown" else int(value)
