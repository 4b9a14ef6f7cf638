# SPDX-License-Identifier: Apache-2.0
"""How far work on samples is: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

#: Gets the samples done, and all of them.
Report = Callable[[int, int], None]

_LINE_EVERY_S = 10.0


def quiet(done: int, total: int) -> None:
    """A report that says nothing."""


@contextmanager
def counting(name: str) -> Iterator[Report]:
    """A report on stderr, with rate and time left."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    begun = time.monotonic()
    if not console.is_terminal:
        yield _lines(console, name, begun)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(name, total=None, rate="")
        yield lambda done, total: progress.update(task, completed=done, total=total, rate=f"{_rate(done, begun):.1f}/s")


def _lines(console: Console, name: str, begun: float) -> Report:
    last = begun

    def say(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _LINE_EVERY_S:
            return
        last, rate = now, _rate(done, begun)
        console.print(f"{name}: {done} of {total}, {rate:.1f}/s, {(total - done) / rate:.0f} s left", markup=False)

    return say


def _rate(done: int, begun: float) -> float:
    return max(done, 1) / max(time.monotonic() - begun, 1e-9)
