# SPDX-License-Identifier: Apache-2.0
"""Draws: which sample of which source comes when. Any draw can be told without those before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import IntArray

#: What keeps the dice of epochs, of passes through a source, and of single draws apart.
_EPOCH, _PASS, _DRAW = 1, 2, 3


class Draw(NamedTuple):
    """Which source, and which of its samples; `seed` starts the dice of what else is drawn for it."""

    source: int
    sample: int
    seed: tuple[int, ...]


class Draws:
    """An endless row of draws from sources, given as (samples, draws in an epoch).

    An epoch takes from each source what is its due, in random order. Each source is gone through from end to end, in a
    new random order each time, whether that takes a part of an epoch or several.
    """

    def __init__(self, sources: Sequence[tuple[int, int]], seed: int) -> None:
        self._sources = tuple(sources)
        self._seed = seed
        self.epoch = sum(draws for _, draws in sources)
        self._kept: tuple[int, IntArray] | None = None

    def __getitem__(self, number: int) -> Draw:
        epoch, place = divmod(number, self.epoch)
        source, sample = self._order(epoch)[place].tolist()
        return Draw(source, sample, (self._seed, _DRAW, number))

    def _order(self, epoch: int) -> IntArray:
        """(draws of an epoch, 2): source and sample."""
        if self._kept is None or self._kept[0] != epoch:
            due = [self._due(source, epoch) for source in range(len(self._sources))]
            order = np.concatenate(due)
            np.random.default_rng((self._seed, _EPOCH, epoch)).shuffle(order)
            self._kept = epoch, order
        return self._kept[1]

    def _due(self, source: int, epoch: int) -> IntArray:
        samples, draws = self._sources[source]
        numbers = np.arange(epoch * draws, (epoch + 1) * draws)
        passes = numbers // samples
        indices = np.empty(draws, np.int64)
        for round_ in range(int(passes[0]), int(passes[-1]) + 1):
            order = np.random.default_rng((self._seed, _PASS, source, round_)).permutation(samples)
            here = passes == round_
            indices[here] = order[numbers[here] % samples]
        return np.stack([np.full(draws, source), indices], 1)
