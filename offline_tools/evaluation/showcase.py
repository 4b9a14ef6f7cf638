# SPDX-License-Identifier: Apache-2.0
"""The best and the worst samples, to look at: kept while samples go by, a handful at any time."""

from __future__ import annotations

from dataclasses import dataclass, field

from mia_ros.arrays import BoolArray, Float32Array, IntArray
from offline_tools.dataset.ready import Photographed

#: Observable cells that a sample must have to be shown: of fewer, a picture tells nothing.
LEAST_CELLS = 500


@dataclass(frozen=True, eq=False)
class Shown:
    """A sample with what was predicted; agreement: cells of a class predicted and true, of those that are either."""

    sample: Photographed
    sequence: str
    agreement: float
    probabilities: Float32Array
    frustum: BoolArray

    @property
    def name(self) -> str:
        return f"{self.sample.location}/{self.sample.id}"


@dataclass
class Showcase:
    """At most `size` of the best (`sign` 1) or the worst (-1): one of each sequence if there are so many sequences.

    Neighbours in a drive look alike, so that a row of them would show one place.
    """

    size: int
    sign: int
    _of_sequences: dict[str, Shown] = field(default_factory=dict)
    _of_samples: dict[str, Shown] = field(default_factory=dict)

    def offer(self, shown: Shown) -> None:
        """Keep it if it belongs here."""
        self._keep(self._of_sequences, shown.sequence, shown)
        self._keep(self._of_samples, shown.name, shown)

    def pick(self) -> list[Shown]:
        """Best first, or worst first."""
        kept = self._of_sequences if len(self._of_sequences) >= self.size else self._of_samples
        return sorted(kept.values(), key=self._rank)

    def _keep(self, kept: dict[str, Shown], key: str, shown: Shown) -> None:
        if key in kept and self._rank(kept[key]) <= self._rank(shown):
            return
        kept[key] = shown
        if len(kept) > self.size:
            del kept[max(kept, key=lambda name: self._rank(kept[name]))]

    def _rank(self, shown: Shown) -> tuple[float, str]:
        return -self.sign * shown.agreement, shown.name


def agreement(confusion: IntArray) -> float | None:
    """Of a sample's (6, 3) counts, all classes at once; None where there is nothing to agree on."""
    total = int(confusion.sum())
    return float(confusion[:, 0].sum()) / total if total else None
