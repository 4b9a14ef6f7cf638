# SPDX-License-Identifier: Apache-2.0
"""Progress on stderr: a bar with rate and time left, or a plain line now and then where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from offline_tools.osm.sources.stream import Progress as MapProgress
from offline_tools.rendering.job import Report

_LINE_EVERY_S = 10.0


@contextmanager
def parsing(name: str) -> Iterator[MapProgress]:
    """What `MapStore.open` reports to; silent for a map that is parsed already."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        lines = _Lines(console)
        yield lambda done, total, what: lines.say(f"{name}: {what}", done, total)
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def update(done: int, total: int | None, what: str) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(f"{name}: {what}", total=None)
            progress.update(tasks[what], completed=done, total=total)

        yield update


@contextmanager
def drawing(name: str, unit: str = "maps", rows: str = "poses") -> Iterator[Report]:
    """What a job reports to, with rows looked at, all rows, and units made."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    begun = time.monotonic()
    if not console.is_terminal:
        lines = _Lines(console)
        yield lambda looked_at, total, drawn: lines.say(
            f"{name}: {drawn} {unit}, {drawn / max(time.monotonic() - begun, 1e-9):.0f}/s; {rows}", looked_at, total
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(name, total=None, rate="")

        def update(looked_at: int, total: int, drawn: int) -> None:
            rate = f"{drawn / max(time.monotonic() - begun, 1e-9):.0f} {unit}/s"
            progress.update(task, completed=looked_at, total=total, rate=rate)

        yield update


class _Lines:
    """A line every few seconds, with the time left at the rate since the first report."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()
        self._begun: tuple[float, int] | None = None

    def say(self, what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self._begun is None or done < self._begun[1]:
            self._begun = now, done
        if now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        since, first = self._begun
        rate = (done - first) / (now - since) if now > since else 0.0
        of = f" of {total}" if total else ""
        left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
        self._console.print(f"{what} {done}{of}{left}", markup=False)
