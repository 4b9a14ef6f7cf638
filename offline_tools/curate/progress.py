# SPDX-License-Identifier: Apache-2.0
"""Progress on stderr: a bar for each stage, or a plain line now and then where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from offline_tools.curate.stages import Report

_LINE_EVERY_S = 10.0
_MOST_BARS = 10


@contextmanager
def curating() -> Iterator[tuple[Report, Callable[[str], None]]]:
    """What a run reports to, and what it says a line with."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    if not console.is_terminal:
        yield _Lines(console).say, console.print
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    rate = TextColumn("{task.fields[rate]}", markup=False)
    with Progress(*columns, rate, TimeRemainingColumn(), console=console) as progress:
        yield _Bars(progress).update, progress.console.print


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._rates: dict[str, _Rate] = {}

    def update(self, name: str, done: int, total: int, unit: str) -> None:
        if name not in self._tasks:
            self._make_room()
            self._tasks[name] = self._progress.add_task(name, total=total, rate="")
            self._rates[name] = _Rate(done)
        rate = f"{self._rates[name].of(done):.0f} {unit}/s" if total > 1 else ""
        self._progress.update(self._tasks[name], completed=done, total=total, rate=rate)

    def _make_room(self) -> None:
        """A data set of many places has more stages than a terminal has lines."""
        ended = [task.id for task in self._progress.tasks if task.finished]
        for task in ended[: max(0, len(self._progress.tasks) - _MOST_BARS)]:
            self._progress.remove_task(task)


class _Lines:
    """A line every few seconds, with the time left at the rate since the stage began, and one at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()
        self._rates: dict[str, _Rate] = {}

    def say(self, name: str, done: int, total: int, unit: str) -> None:
        rate = self._rates.setdefault(name, _Rate(done))
        now, ended = time.monotonic(), done >= total and not rate.ended
        if now - self._last < _LINE_EVERY_S and not ended:
            return
        self._last, rate.ended = now, rate.ended or ended
        speed = rate.of(done)
        left = f", {(total - done) / speed:.0f} s left" if speed and not ended else ""
        self._console.print(f"{name}: {done} of {total} {unit}{left}")


class _Rate:
    """A second; what was there when the stage began does not count."""

    def __init__(self, first: int) -> None:
        self._first, self._begun = first, time.monotonic()
        self.ended = False

    def of(self, done: int) -> float:
        return (done - self._first) / max(time.monotonic() - self._begun, 1e-3)
