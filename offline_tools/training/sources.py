# SPDX-License-Identifier: Apache-2.0
"""Sources: what a training learns from, several data sets at once with weights, and what of them could not be used."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mia_ros.arrays import IntArray
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset import Dataset
from offline_tools.dataset.ready import Photographed, name_of
from offline_tools.errors import TrainingError
from offline_tools.training.others import open_other

_EXAMPLES = 3


class Samples(Protocol):
    """Samples by number. They go to other processes, so that they hold no open file."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Photographed: ...
    def name(self, index: int, /) -> str:
        """As `name_of` gives it."""


@dataclass(frozen=True)
class Source:
    """name: as the user named it. root: its folder. classes: those that its maps know, in the taxonomy's order.

    weight: how often each sample is drawn in an epoch, on the average. lacking: how many samples the part lists that
    are not whole, by reason.
    """

    name: str
    root: Path
    part: str
    samples: Samples
    classes: tuple[str, ...] = CLASS_NAMES
    weight: float = 1.0
    lacking: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and 0 < self.weight <= 1000):
            raise TrainingError(f"data {self.name}: a weight of {self.weight:g}, want more than 0 and at most 1000")
        if not len(self.samples):
            lacking = ", ".join(f"{count} with {reason}" for reason, count in sorted(self.lacking.items()))
            raise TrainingError(
                f"data {self.name}: part '{self.part}' holds no sample that is whole"
                + (f" ({lacking})" if lacking else "; `mia splits` makes a new split")
            )

    @property
    def draws(self) -> int:
        """Samples that an epoch takes from it."""
        return max(1, round(self.weight * len(self.samples)))

    def names(self) -> Iterator[str]:
        """Of all samples, in order."""
        return (self.samples.name(index) for index in range(len(self.samples)))

    def share(self, share: float, seed: int = 0) -> Source:
        """Only a random share of the samples, at least one; of the same seed, a larger share holds a smaller one."""
        if not 0 < share <= 1:
            raise TrainingError(f"data {self.name}: a share of {share:g}, want more than 0 and at most 1")
        if share == 1:
            return self
        total = len(self.samples)
        order = np.random.default_rng([seed, total]).permutation(total)
        chosen = np.sort(order[: max(1, round(share * total))])
        return replace(self, samples=_Chosen(self.samples, chosen))

    def describe(self) -> dict[str, Any]:
        """What decides the samples: for a resolved recipe. The digest is of their names, in order."""
        digest = hashlib.sha256()
        for name in self.names():
            digest.update(f"{name}\n".encode())
        return {
            "data": self.name,
            "part": self.part,
            "samples": len(self.samples),
            "weight": self.weight,
            "classes": list(self.classes),
            "lacking": dict(self.lacking),
            "names_sha256": digest.hexdigest(),
        }


def parse_source(text: str) -> tuple[Path, float]:
    """ROOT or ROOT=WEIGHT."""
    root, equals, weight = text.rpartition("=")
    if not equals or Path(text).is_dir():
        return Path(text), 1.0
    try:
        return Path(root), float(weight)
    except ValueError:
        raise TrainingError(f"data {text}: want ROOT or ROOT=WEIGHT with a number, as data/paris=0.5") from None


def open_source(root: str | Path, part: str, weight: float = 1.0) -> Source:
    """A part of a data set in the published layout, or of nuScenes or KITTI-360-BEV in theirs.

    Samples that are in two parts of its split are refused.
    """
    other = open_other(Path(root), part)
    if other is not None:
        lacking = {"no metadata": other.unknown} if other.unknown else {}
        listed = ListedSamples(other.samples)
        return Source(str(root), Path(root).resolve(), part, listed, other.classes, weight, lacking)
    data = Dataset.open(root)
    splits = data.splits()
    check_split(splits, str(root))
    found = data.split(part)
    return Source(
        name=str(root),
        root=data.root.resolve(),
        part=part,
        samples=DatasetSamples(data, found),
        weight=weight,
        lacking=_lacking(data, splits[part], len(found)),
    )


def check_split(splits: Mapping[str, Mapping[str, Sequence[str]]], where: str) -> None:
    """Refuse a split of which two parts hold the same sample."""
    names = {
        part: {f"{place}/{id_}" for place, ids in places.items() for id_ in ids} for part, places in splits.items()
    }
    for first, second in combinations(names, 2):
        _refuse_common(names[first] & names[second], f"data {where}: parts '{first}' and '{second}' of split.json")


def check_sources(training: Sequence[Source], validation: Sequence[Source], classes: Sequence[str]) -> None:
    """Refuse sources that do not fit together: maps of other classes, and samples both learnt and validated with."""
    for source in (*training, *validation):
        unknown = [name for name in classes if name not in source.classes]
        if unknown:
            raise TrainingError(
                f"data {source.name}: its maps do not know {', '.join(unknown)}, which would be learnt as absent "
                f"everywhere; leave it out of the recipe's classes, which are {', '.join(classes)}"
            )
    for source in validation:
        learnt = {name for other in training if other.root == source.root for name in other.names()}
        where = f"data {source.name}: the part '{source.part}' for validation and what is learnt"
        _refuse_common(learnt.intersection(source.names()) if learnt else set(), where)


@dataclass
class Damage:
    """Samples that were drawn and could not be used: why, by name; and how often they were drawn."""

    reasons: dict[str, str] = field(default_factory=dict)
    draws: int = 0

    def add(self, found: Iterable[tuple[str, str]]) -> None:
        """(name, reason) of samples that were skipped."""
        for name, reason in found:
            self.draws += 1
            self.reasons.setdefault(name, reason)

    def __len__(self) -> int:
        """Different samples."""
        return len(self.reasons)

    def lines(self, most: int = 5) -> Iterator[str]:
        """For people: a count, and the first of them with their reasons."""
        if not self.reasons:
            return
        yield f"{len(self)} samples could not be used and were replaced, in {self.draws} draws:"
        for _, (name, reason) in zip(range(most), self.reasons.items(), strict=False):
            yield f"  {name}: {reason}"
        if len(self) > most:
            yield f"  and {len(self) - most} more"


class DatasetSamples:
    """Samples of a Dataset, by number; a million of them take some 20 MB."""

    def __init__(self, data: Dataset, keys: Sequence[tuple[str, str]]) -> None:
        self._data = data
        self._locations = data.locations
        place_of = {name: index for index, name in enumerate(self._locations)}
        self._places = np.array([place_of[place] for place, _ in keys], np.int32)
        self._ids = np.array([id_.encode() for _, id_ in keys]) if keys else np.zeros(0, "S1")

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, index: int, /) -> Photographed:
        return self._data.sample(self._locations[self._places[index]], self._ids[index].decode())

    def name(self, index: int, /) -> str:
        """Without reading anything."""
        return f"{self._locations[self._places[index]]}/{self._ids[index].decode()}"


@dataclass(frozen=True)
class ListedSamples:
    """Samples that are all at hand."""

    samples: Sequence[Photographed]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int, /) -> Photographed:
        return self.samples[index]

    def name(self, index: int, /) -> str:
        return name_of(self.samples[index])


@dataclass(frozen=True)
class _Chosen:
    """Some of the samples."""

    samples: Samples
    indices: IntArray

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int, /) -> Photographed:
        return self.samples[int(self.indices[index])]

    def name(self, index: int, /) -> str:
        return self.samples.name(int(self.indices[index]))


def _lacking(data: Dataset, places: Mapping[str, Sequence[str]], whole: int) -> dict[str, int]:
    """Why samples that a split lists are not among those that are whole, with counts."""
    listed = sum(len(ids) for ids in places.values())
    if listed == whole:
        return {}
    found: Counter[str] = Counter()
    for place, ids in places.items():
        if place not in data.locations:
            found["no such location"] += len(ids)
            continue
        complete, incomplete = set(data.ids(place)), data.incomplete(place)
        for id_ in ids:
            if id_ not in complete:
                found.update(incomplete.get(id_, ("no file",)))
    return dict(found)


def _refuse_common(common: set[str], what: str) -> None:
    if common:
        some = ", ".join(sorted(common)[:_EXAMPLES])
        raise TrainingError(
            f"{what} have {len(common)} samples in common ({some}); a score on them would mean nothing: "
            f"`mia splits` makes parts that share none"
        )
