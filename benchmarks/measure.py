# SPDX-License-Identifier: Apache-2.0
"""Medians of two ways to do the same work, taken in turns, so that a noisy machine is noisy for both."""

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

#: Photos beside the checkout, where a developer has them.
DEFAULT_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "photos"


class Duel(NamedTuple):
    """Milliseconds a call, medians; `ratio` is how many times faster `ours` is."""

    baseline_ms: float
    ours_ms: float
    ours_95_ms: float

    @property
    def ratio(self) -> float:
        return self.baseline_ms / self.ours_ms


def duel(baseline: Sequence[Callable[[], object]], ours: Sequence[Callable[[], object]], rounds: int) -> Duel:
    """Each round runs one piece of the baseline and a few of ours; pieces are taken in order, again and again."""
    slow, fast = [], []
    for index in range(rounds + 1):
        slow.append(_milliseconds(baseline[index % len(baseline)]))
        fast.extend(_milliseconds(ours[(4 * index + step) % len(ours)]) for step in range(4))
    slow, fast = slow[1:], fast[4:]  # the first round warms up
    return Duel(statistics.median(slow), statistics.median(fast), statistics.quantiles(fast, n=20)[-1])


def peak_memory_mb() -> float:
    """Largest memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3
