# SPDX-License-Identifier: Apache-2.0
"""Progress of a training on stderr: a bar with loss, rate and time left, or a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from offline_tools.training.run import Progress

_LINE_EVERY_S = 10.0
#: How fast the loss that is shown follows that of the steps.
_FOLLOW = 0.05


@contextmanager
def training_progress(name: str) -> Iterator[Callable[[Progress], None]]:
    """What `train` reports to."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    shown = _Shown()
    if not console.is_terminal:
        lines = _Lines(console, name)
        yield lambda progress: lines.say(progress, shown.text(progress))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}"))
    with Bar(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(name, total=None, text="")

        def update(progress: Progress) -> None:
            bar.update(task, completed=progress.step, total=progress.length, text=shown.text(progress))

        yield update


class _Shown:
    """The numbers beside the bar; the loss is a running mean, because single ones jump."""

    def __init__(self) -> None:
        self._loss: float | None = None

    def text(self, progress: Progress) -> str:
        before = progress.loss if self._loss is None else self._loss
        self._loss = before + _FOLLOW * (progress.loss - before)
        score = progress.scores.get("road_sidewalk")
        validated = f", Avg. R, S {score:.3f}" if score is not None else ""
        return f"loss {self._loss:.3f}, {progress.rate:.1f} pictures/s{validated}"


class _Lines:
    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name
        self._last = time.monotonic()
        self._begun: tuple[float, int] | None = None

    def say(self, progress: Progress, text: str) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, progress.step
        if now - self._last < _LINE_EVERY_S and progress.step < progress.length:
            return
        self._last = now
        since, first = self._begun
        rate = (progress.step - first) / (now - since) if now > since else 0.0
        left = f", {(progress.length - progress.step) / rate:.0f} s left" if rate else ""
        self._console.print(f"{self._name}: step {progress.step} of {progress.length}{left}, {text}")
