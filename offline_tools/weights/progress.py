# SPDX-License-Identifier: Apache-2.0
"""Progress of a download on stderr: a bar with rate and time left, or a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

if TYPE_CHECKING:
    from offline_tools.weights.download import Report

_LINE_EVERY_S = 10.0


@contextmanager
def download_progress(name: str) -> Iterator[Report]:
    """What `fetch` reports to."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, name)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


class _Lines:
    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._begun = self._last = time.monotonic()
        self._had: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._had is None:
            self._had = done
        now = time.monotonic()
        if now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        rate = (done - self._had) / (now - self._begun)
        left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
        of = f" of {total / 1e6:.0f}" if total else ""
        self._console.print(f"{self._name}: {done / 1e6:.0f}{of} MB, {rate / 1e6:.1f} MB/s{left}", highlight=False)
