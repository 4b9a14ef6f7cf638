# SPDX-License-Identifier: Apache-2.0
"""One location of a data set: which samples are whole, found by listing its folders once."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from mia_ros.arrays import UInt8Array
from offline_tools.dataset.dump import View, Views
from offline_tools.dataset.layout import DUMP, KINDS, Kind, in_order, is_safe
from offline_tools.dataset.sample import Sample
from offline_tools.errors import DatasetError

_ABSENT = 255


class Location:
    """`ids` are the samples that have all that is needed; `incomplete` says what the others lack."""

    def __init__(self, folder: Path, needs: Sequence[Kind]) -> None:
        self.folder = folder
        found = [kind.scan(folder) for kind in KINDS]
        every = set().union(*found)
        self.incomplete = _incomplete(every, found, needs)
        self.ids = sorted((id_ for id_ in every if id_ not in self.incomplete), key=in_order)
        self._variants: UInt8Array = np.array(
            [[variants.get(id_, _ABSENT) for variants in found] for id_ in self.ids], np.uint8
        ).reshape(-1, len(KINDS))

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def missing(self) -> dict[str, int]:
        """How many samples are incomplete, by reason."""
        return dict(Counter(reason for reasons in self.incomplete.values() for reason in reasons))

    def has(self, id_: str) -> bool:
        """Whether a sample is there and whole."""
        row = bisect_left(self.ids, in_order(id_), key=in_order)
        return row < len(self.ids) and self.ids[row] == id_

    def sample(self, id_: str) -> Sample:
        """A sample that is whole."""
        if not self.has(id_):
            reasons = ", ".join(self.incomplete.get(id_, ("not there",)))
            raise DatasetError(f"data set {self.folder}: sample {id_[:80]!r}: {reasons}")
        variants = self._variants[bisect_left(self.ids, in_order(id_), key=in_order)].tolist()
        image, semantic, visibility = (
            None if variant == _ABSENT else kind.path(self.folder, id_, variant)
            for kind, variant in zip(KINDS, variants, strict=True)
        )
        return Sample(self.name, id_, image, semantic, visibility, self._view)

    def _view(self, id_: str) -> View:
        return self.views.of(id_)

    @cached_property
    def views(self) -> Views:
        """Of dump.json, which is read here."""
        return Views(self.folder / DUMP)


def is_location(folder: Path) -> bool:
    """Whether a folder looks like one."""
    return any((folder / name).is_dir() for kind in KINDS for name in kind.folders)


def _incomplete(every: set[str], found: list[dict[str, int]], needs: Sequence[Kind]) -> dict[str, tuple[str, ...]]:
    needed = [(f"no {kind.name}", ids) for kind, ids in zip(KINDS, found, strict=True) if kind in needs]
    reasons = {id_: tuple(reason for reason, ids in needed if id_ not in ids) for id_ in every if is_safe(id_)}
    unsafe = {id_: ("the name is no id",) for id_ in every if not is_safe(id_)}
    return {id_: lacking for id_, lacking in reasons.items() if lacking} | unsafe
