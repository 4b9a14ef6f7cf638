# SPDX-License-Identifier: Apache-2.0
"""What an executor promises. A unit says in its Parquet file what became of it, so it may be done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

U = TypeVar("U")
R = TypeVar("R")

#: How often a unit is begun at whose work a process dies.
TRIES = 3
#: Units that are read ahead of the workers, for each of them.
AHEAD = 2


class Executor(Protocol):
    """Close it when its work is done."""

    def run(self, work: Callable[[U], R], units: Iterable[U]) -> Iterator[tuple[U, R]]:
        """Each unit with what `work` gave for it, in any order; only a few are read ahead.

        `work` and the units are picklable. A unit whose process dies is begun again, three times in all; then, and
        when `work` raises, a DatasetError ends the run.
        """
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


def name_of(unit: object) -> str:
    """How a message calls a unit."""
    return " ".join(str(unit).split())[:160]
