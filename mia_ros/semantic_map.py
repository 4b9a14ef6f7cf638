# SPDX-License-Identifier: Apache-2.0
"""SemanticMap: what one frame says about the ground around the robot, and how that becomes a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

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
        if (observed & ~((probabilities >= 0) & (probabilities <= 1)).all(0)).any():
            raise MapError("probabilities: an observed cell holds a value outside [0, 1] or NaN")
        thresholds = tuple(float(value) for value in self.thresholds)
        if len(thresholds) != len(CLASS_NAMES) or not all(0 <= value <= 1 for value in thresholds):
            raise MapError(f"thresholds: {thresholds}, want {len(CLASS_NAMES)} numbers in [0, 1]")
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "observed", observed)
        object.__setattr__(self, "thresholds", thresholds)

    def present(self) -> BoolArray:
        """(6, rows, columns), read-only: the classes that an observed cell holds."""
        return self._present

    def labels(self) -> UInt8Array:
        """(rows, columns), read-only: the most probable present class; 255 where none is, or nothing was observed."""
        return self._labels

    @cached_property
    def _present(self) -> BoolArray:
        limits = np.array(self.thresholds, np.float32)[:, None, None]
        return _kept((self.probabilities >= limits) & self.observed)

    @cached_property
    def _labels(self) -> UInt8Array:
        label = np.full(self.grid.shape, NO_LABEL, np.uint8)
        most = np.full(self.grid.shape, -1, np.float32)
        for k, (held, probability) in enumerate(zip(self._present, self.probabilities, strict=True)):
            more = held & (probability > most)
            np.copyto(label, k, where=more, casting="unsafe")
            np.copyto(most, probability, where=more)
        return _kept(label)

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
        which = np.zeros(self.grid.shape, np.uint8)  # classes are present: a bit for each
        for k, held in enumerate(self._present):
            which += held.view(np.uint8) * np.uint8(1 << k)
        costs = _cost_table(load_profile(profile), unknown_value)[which]
        costs[~self.observed] = unknown_value
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


@lru_cache(16)
def _cost_table(profile: CostProfile, unknown_value: int) -> Int8Array:
    """(64,): the cost of each set of classes, the first class being its lowest bit."""
    per_class = np.array([_cost(value) for value in profile.class_costs()], np.int8)
    sets = (np.arange(2 ** len(per_class))[:, None] >> np.arange(len(per_class))) & 1 == 1
    costs = np.where(sets, per_class, np.int8(UNKNOWN)).max(1)
    costs[0] = _cost(profile.no_class)
    return _kept(np.where(costs == UNKNOWN, np.int8(unknown_value), costs))


def _cost(value: int | str) -> int:
    return UNKNOWN if value == "unknown" else int(value)


def _kept(array: Array) -> Any:
    """Read-only: whoever asks again gets the same."""
    array.setflags(write=False)
    return array
