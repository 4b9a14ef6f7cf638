# SPDX-License-Identifier: Apache-2.0
"""One unit after the other in this process: nothing to start, for small places and one worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from offline_tools.curate.executor.interface import R, U


class Here:
    """An executor of one worker."""

    def run(self, work: Callable[[U], R], units: Iterable[U]) -> Iterator[tuple[U, R]]:
        """In the order of the units."""
        for unit in units:
            yield unit, work(unit)

    def close(self) -> None:
        """Nothing is held."""
