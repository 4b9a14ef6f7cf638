# SPDX-License-Identifier: Apache-2.0
"""Makes a split: blocks of ground to the parts, each drive to one part, and a gap between the parts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from mia_ros.arrays import Array, IntArray
from offline_tools.dataset import Dataset, write_split
from offline_tools.dataset.files import write_json
from offline_tools.dataset.layout import SPLIT
from offline_tools.errors import TrainingError
from offline_tools.training.splits.figures import Figures, check_figures, figures_of
from offline_tools.training.splits.places import Places, places_of

#: Beside split.json: how it was made.
MADE = "split.made.json"
PARTS = ("train", "val", "test")
_TRAIN, _VAL, _TEST = range(3)
#: Two cameras that look at each other from this far have maps that just touch: 56 m to the farthest corner of each.
DEFAULT_GAP = 112.0

_NOWHERE = "no position"
_DRIVE = "its drive went to another part"
_NEAR = "within the gap"


@dataclass(frozen=True)
class SplitPlan:
    """block: metres, the side of a block of ground. gap: metres between samples of two parts.

    shares: of train, val and test. test_locations: these are for the test, whole.
    """

    block: float = 500.0
    gap: float = DEFAULT_GAP
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    test_locations: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name, value, least in (("block", self.block, 1.0), ("gap", self.gap, 0.0)):
            if not (math.isfinite(value) and least <= value <= 1e6):
                raise TrainingError(f"split: a {name} of {value:g} m, want {least:g} to 1000000 m")
        if not (min(self.shares) >= 0 and self.shares[0] > 0 and math.isclose(sum(self.shares), 1, abs_tol=1e-6)):
            shares = ", ".join(f"{share:g}" for share in self.shares)
            raise TrainingError(f"split: shares {shares}; want train, val and test to make 1, and some for train")


@dataclass(frozen=True)
class NewSplit:
    """parts: {part: {location: ids}}. left_out: how many samples are in no part, by reason. blocks: of each part."""

    parts: Mapping[str, Mapping[str, list[str]]]
    left_out: Mapping[str, int]
    blocks: Mapping[str, int]

    def record(self) -> dict[str, Any]:
        """For JSON; the parts are in split.json."""
        return {"left_out": dict(self.left_out), "blocks": dict(self.blocks)}


def write_made_split(data: Dataset, plan: SplitPlan, overwrite: bool = False) -> tuple[NewSplit, Figures]:
    """Make a split, measure it, and write it: split.json, and split.made.json with the plan and the figures."""
    path = data.root / SPLIT
    if path.exists() and not overwrite:
        raise TrainingError(f"split {path}: is there already; --check measures it, --overwrite replaces it")
    made = make_split(data, plan)
    figures = figures_of(data, made.parts)
    check_figures(figures, plan.gap)
    write_json(data.root / MADE, {"plan": asdict(plan), **made.record(), **figures.record()}, indent=2)
    write_split(data.root, made.parts)
    return made, figures


def make_split(data: Dataset, plan: SplitPlan) -> NewSplit:
    """Always the same for the same data set and plan. A part that is wanted and would be empty is refused."""
    unknown = sorted(set(plan.test_locations) - set(data.locations))
    if unknown:
        raise TrainingError(f"split: no location '{unknown[0]}' to test on, only {', '.join(data.locations)}")
    places = places_of(data, ((place, id_) for place in data.locations for id_ in data.ids(place)))
    blocks = places.blocks(plan.block)
    part_of_block = _shared_out(places, blocks, plan)
    part = np.where(blocks >= 0, part_of_block[blocks], -1)
    left_out = Counter({_NOWHERE: int((part < 0).sum())})
    left_out[_DRIVE] = _keep_drives_together(places, part, plan)
    left_out[_NEAR] = _make_gap(places, part, plan.gap)
    used = {name: len(np.unique(blocks[part == number])) for number, name in enumerate(PARTS)}
    made = NewSplit(_listed(places, part, plan), {why: count for why, count in left_out.items() if count}, used)
    _refuse_empty(made, plan, len(np.unique(blocks[blocks >= 0])))
    return made


def _shared_out(places: Places, blocks: IntArray, plan: SplitPlan) -> IntArray:
    """(blocks,) the part of each: in random order to the part that lacks most, in each location for itself."""
    random = np.random.default_rng(plan.seed)
    part = np.full(int(blocks.max(initial=-1)) + 1, -1, np.int64)
    location = np.array([place for place, _ in places.keys])
    names = np.unique(location)
    for name in sorted(names, key=lambda name: (name not in plan.test_locations, name)):
        here, counts = np.unique(blocks[(location == name) & (blocks >= 0)], return_counts=True)
        if name in plan.test_locations:
            part[here] = _TEST
            continue
        lacking = np.array(plan.shares) * counts.sum()
        for index in random.permutation(len(here)):
            block = here[index]
            if part[block] < 0:
                part[block] = int(np.argmax(np.where(np.array(plan.shares) > 0, lacking, -np.inf)))
            lacking[part[block]] -= counts[index]
    return part


def _keep_drives_together(places: Places, part: IntArray, plan: SplitPlan) -> int:
    """Take every drive out of all parts but one; how many samples that costs.

    It stays where it has most, measured by the parts' shares: else long drives, which lie in blocks for training
    mostly, would leave the others empty.
    """
    counts = np.zeros((int(places.drives.max(initial=-1)) + 1, len(PARTS)))
    inside = part >= 0
    np.add.at(counts, (places.drives[inside], part[inside]), 1)
    shares = np.maximum(np.array(plan.shares), 1e-6)
    home = np.argmax(counts / shares, axis=1)
    away = inside & (part != home[places.drives])
    part[away] = -1
    return int(away.sum())


def _make_gap(places: Places, part: IntArray, gap: float) -> int:
    """Take samples out that lie too near to another part, of validation and above all of training; how many."""
    before = int((part < 0).sum())
    for mine, others in ((_VAL, (_TEST,)), (_TRAIN, (_VAL, _TEST))):
        rows: Array = np.flatnonzero(part == mine)
        near = places.distances(rows, np.flatnonzero(np.isin(part, others))) < gap
        part[rows[near]] = -1
    return int((part < 0).sum()) - before


def _listed(places: Places, part: IntArray, plan: SplitPlan) -> dict[str, dict[str, list[str]]]:
    wanted = [_TRAIN, *(number for number in (_VAL, _TEST) if _is_wanted(number, plan))]
    found: dict[str, dict[str, list[str]]] = {PARTS[number]: {} for number in wanted}
    for row in np.flatnonzero(part >= 0).tolist():
        place, id_ = places.keys[row]
        found[PARTS[part[row]]].setdefault(place, []).append(id_)
    return found


def _is_wanted(number: int, plan: SplitPlan) -> bool:
    return plan.shares[number] > 0 or (number == _TEST and bool(plan.test_locations))


def _refuse_empty(made: NewSplit, plan: SplitPlan, blocks: int) -> None:
    for name, places in made.parts.items():
        if not places:
            why = ", ".join(f"{count} {reason}" for reason, count in made.left_out.items()) or "none"
            raise TrainingError(
                f"split: part '{name}' would be empty: the samples lie in {blocks} blocks of {plan.block:g} m, and "
                f"are left out: {why}; try a smaller --block or --gap, another --seed, or --test-location"
            )
