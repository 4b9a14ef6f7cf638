# SPDX-License-Identifier: Apache-2.0
"""Dice: every random choice of a town, from one seed.

Only PCG64's raw uniform numbers are used. Other methods of NumPy's generator may change between its versions, and a
seed must stand for one town for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import PCG64, Generator

Item = TypeVar("Item")


class Dice:
    """Thrown in a fixed order: the same seed gives the same throws."""

    def __init__(self, seed: int) -> None:
        self._generator = Generator(PCG64(seed))

    def between(self, low: float, high: float) -> float:
        """Any number in [low, high)."""
        return low + (high - low) * float(self._generator.random())

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int((high - low + 1) * float(self._generator.random()))

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return float(self._generator.random()) < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items; name one twice to make it twice as likely."""
        return items[self.whole(0, len(items) - 1)]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order."""
        keyed = [(float(self._generator.random()), index) for index in range(len(items))]
        return [items[index] for _, index in sorted(keyed)]
