# SPDX-License-Identifier: Apache-2.0
"""Figures of a split, whoever made it: how large its parts are, what they share, and how far apart they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mia_ros.arrays import IntArray
from offline_tools.dataset import Dataset
from offline_tools.errors import TrainingError
from offline_tools.training.splits.places import Places, places_of

_EXAMPLES = 3


@dataclass(frozen=True)
class Part:
    """listed: in split.json; samples: of them those that are whole. unplaced: without a position."""

    listed: int
    samples: int
    locations: int
    drives: int
    unplaced: int


@dataclass(frozen=True)
class Pair:
    """What two parts share. nearest: metres between the samples of both that are nearest; None without positions."""

    samples: tuple[str, ...]
    drives: int
    nearest: float | None


@dataclass(frozen=True)
class Figures:
    """parts: by name; pairs: by both names."""

    parts: Mapping[str, Part]
    pairs: Mapping[tuple[str, str], Pair]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        pairs = {f"{first}-{second}": asdict(pair) for (first, second), pair in self.pairs.items()}
        return {"parts": {name: asdict(part) for name, part in self.parts.items()}, "pairs": pairs}

    def lines(self) -> Iterator[str]:
        """For people."""
        total = sum(part.samples for part in self.parts.values()) or 1
        for name, part in self.parts.items():
            lacking = f", {part.listed - part.samples} more that are not whole" if part.listed > part.samples else ""
            yield (
                f"{name}: {part.samples} samples ({part.samples / total:.1%}) of {part.drives} drives in "
                f"{part.locations} locations{lacking}"
            )
        for (first, second), pair in self.pairs.items():
            apart = "no two positions to compare" if pair.nearest is None else f"{pair.nearest:.0f} m apart at least"
            shared = f"{len(pair.samples)} samples and {pair.drives} drives in common"
            yield f"{first} and {second}: {apart}, {shared if pair.samples or pair.drives else 'nothing in common'}"


def figures_of(data: Dataset, splits: Mapping[str, Mapping[str, Sequence[str]]]) -> Figures:
    """Measured on the data set."""
    keys = {
        part: sorted({(place, id_) for place, ids in places.items() for id_ in ids}) for part, places in splits.items()
    }
    there = {(place, id_) for place in data.locations for id_ in data.ids(place)}
    whole = {part: [key for key in found if key in there] for part, found in keys.items()}
    places = places_of(data, sorted(set().union(*whole.values())))
    number = {key: index for index, key in enumerate(places.keys)}
    rows = {part: np.array([number[key] for key in found], np.int64) for part, found in whole.items()}
    parts = {part: _part(places, rows[part], len(keys[part])) for part in splits}
    pairs = {(a, b): _pair(places, rows[a], rows[b], set(keys[a]) & set(keys[b])) for a, b in combinations(splits, 2)}
    return Figures(parts, pairs)


def check_figures(figures: Figures, gap: float) -> None:
    """Refuse a split whose parts share samples or drives, or lie less than `gap` metres apart."""
    for (first, second), pair in figures.pairs.items():
        where = f"split: parts '{first}' and '{second}'"
        if pair.samples:
            some = ", ".join(pair.samples[:_EXAMPLES])
            raise TrainingError(f"{where} have {len(pair.samples)} samples in common ({some})")
        if pair.drives:
            raise TrainingError(f"{where} have {pair.drives} drives in common, whose photos show the same places")
        if pair.nearest is not None and pair.nearest < gap:
            raise TrainingError(f"{where} lie {pair.nearest:.1f} m apart, less than the gap of {gap:g} m")


def _part(places: Places, rows: IntArray, listed: int) -> Part:
    locations = {places.keys[row][0] for row in rows.tolist()}
    drives = len(np.unique(places.drives[rows]))
    return Part(listed, len(rows), len(locations), drives, int((~places.known[rows]).sum()))


def _pair(places: Places, first: IntArray, second: IntArray, common: set[tuple[str, str]]) -> Pair:
    known = places.known
    distances = places.distances(first[known[first]], second[known[second]])
    nearest = float(distances.min()) if len(distances) and np.isfinite(distances).any() else None
    drives = len(np.intersect1d(places.drives[first], places.drives[second]))
    return Pair(tuple(f"{place}/{id_}" for place, id_ in sorted(common)), drives, nearest)
