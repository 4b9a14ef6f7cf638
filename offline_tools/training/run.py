# SPDX-License-Identifier: Apache-2.0
"""A run of training, in as many slices as one likes: what is computed does not depend on where it was stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lightning_fabric import Fabric

from offline_tools.dataset.ready import Ready
from offline_tools.errors import TrainingError
from offline_tools.training.checkpoints import Checkpoints
from offline_tools.training.kept import WEIGHTS, claim, describe_run, digest, write_weights
from offline_tools.training.learner import Batch, Learner, NotANumber
from offline_tools.training.recipe import Recipe
from offline_tools.training.record import Record
from offline_tools.training.validation import validate
from offline_tools.weights.folder import check_folder


class Feed(Protocol):
    """Where samples come from."""

    def __len__(self) -> int:
        """Samples to learn from."""

    def batches(self, first: int, end: int, size: int, share: tuple[int, int]) -> Generator[Batch, None, None]:
        """Batches `first` to `end` (not included) of the run; `share`: the part of each, as (which, of how many)."""

    def validation(self, size: int, most: int) -> Iterable[Ready]:
        """At most so many samples that are not learnt from, always the same."""

    def describe(self) -> Mapping[str, Any]:
        """What decides the batches, for run.json: sources, their weights, how many samples."""

    def in_words(self) -> str:
        """What the data is, for the manifest of the weights."""


@dataclass(frozen=True)
class RunPlan:
    """What to train. weights: folder to begin from. teacher: folder of a network to learn from. minutes: of a slice."""

    recipe: Recipe
    out: Path
    weights: Path | None = None
    teacher: Path | None = None
    minutes: float | None = None
    devices: int = 1
    accelerator: str = "auto"


@dataclass(frozen=True)
class Progress:
    """After a step: how many are done, of how many; the loss; pictures a second in this slice; last validation."""

    step: int
    length: int
    loss: float
    rate: float
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """finished: all steps are done; else the same command goes on. scores: the last validation's, if any.

    leads: of several processes, this is the one that speaks for all.
    """

    step: int
    length: int
    finished: bool
    weights: Path
    scores: Mapping[str, float]
    notes: tuple[str, ...]
    leads: bool


def train(
    plan: RunPlan,
    feed: Feed,
    report: Callable[[Progress], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train until all steps are done, the slice's minutes are over, or `stop` says so; it is asked after each step."""
    end = time.monotonic() + plan.minutes * 60 if plan.minutes is not None else float("inf")
    if not len(feed):
        raise TrainingError("data: holds no sample to learn from: is the split's part empty?")
    fabric = _fabric(plan)
    run = _Run(plan, feed, fabric)
    run.go(report, lambda: stop() or time.monotonic() >= end)
    finished, weights = run.step == run.length, plan.out / WEIGHTS
    return Outcome(run.step, run.length, finished, weights, run.scores, tuple(run.notes), fabric.is_global_zero)


class _Run:
    """One slice: made ready from what the folder holds, then gone through."""

    def __init__(self, plan: RunPlan, feed: Feed, fabric: Fabric) -> None:
        self._plan, self._feed, self._fabric, self._recipe = plan, feed, fabric, plan.recipe
        self.length = plan.recipe.length(len(feed))
        description = describe_run(plan.recipe, self.length, feed.describe(), _start(plan))
        self._digest = digest(description)
        self._first = fabric.is_global_zero
        if self._first:
            claim(plan.out, plan.recipe, description)
        fabric.barrier()
        self._learner = Learner.start(plan.recipe, self.length, fabric, plan.weights, plan.teacher)
        self._checkpoints = Checkpoints(plan.out / "checkpoints", self._first)
        self.notes: list[str] = []
        self.step = self._resume()
        self._record = Record(plan.out, self.step) if self._first else None
        self.scores = self._record.last_scores() if self._record else {}
        self._validated = _validated_steps(plan.recipe.validation.share, self.length)
        self._saved_step = self.step
        self._due = time.monotonic() + 60 * plan.recipe.checkpoint_minutes

    def go(self, report: Callable[[Progress], object], stop: Callable[[], bool]) -> None:
        """Step by step; at the end of the slice the state and the weights are kept."""
        begun, first = time.monotonic(), self.step
        try:
            with closing(self._batches()) as batches:
                for batch in batches:
                    loss = self._step(batch)
                    rate = (self.step - first) * self._recipe.batch / (time.monotonic() - begun)
                    if self._first:
                        report(Progress(self.step, self.length, loss, rate, self.scores))
                    if self._agreed(stop):
                        break
            self._save()
            if self._first:
                self._write_weights()
        finally:
            if self._record:
                self._record.close()

    def _batches(self) -> Generator[Batch, None, None]:
        """All that are left, stage by stage."""
        share = (self._fabric.global_rank, self._fabric.world_size)
        while self.step < self.length:
            first = self.step
            size, end = self._recipe.stage_at(first, self.length)
            with closing(self._feed.batches(first, end, size, share)) as found:
                yield from found
            if self.step < end:
                raise TrainingError(f"data: gave {self.step - first} batches from step {first} on, want {end - first}")

    def _step(self, batch: Batch) -> float:
        try:
            losses = self._learner.step(self.step, batch)
        except NotANumber as error:
            kept = self._checkpoints.paths()
            good = f"the last good checkpoint is {kept[-1]}" if kept else "no checkpoint is kept yet"
            raise TrainingError(f"{error}; {good}; look at these samples, or lower optimiser.rate") from error
        self.step += 1
        if self._record:
            self._record.losses(self.step, losses)
        if self.step in self._validated:
            self._validate()
        if self.step in self._validated or time.monotonic() >= self._due:
            self._save()
        return losses["loss"]

    def _validate(self) -> None:
        """On one process: the others wait."""
        wanted = self._recipe.validation
        if self._record:
            samples = self._feed.validation(wanted.size or self._recipe.last_size, wanted.samples)
            half = self._recipe.precision == "bf16-mixed"
            found = validate(self._learner.averaged(), samples, self._fabric.device, half, wanted.pictures)
            self.scores = self._record.validation(self.step, found)
            self._write_weights()
        self._fabric.barrier()

    def _save(self) -> None:
        if self._first and self.step > self._saved_step:
            self._checkpoints.save(self.step, self._digest, self._learner.state())
        self._saved_step = self.step
        self._due = time.monotonic() + 60 * self._recipe.checkpoint_minutes

    def _write_weights(self) -> None:
        done = f"{self.step} of {self.length} steps"
        text = f"{self._recipe.note} Recipe {self._recipe.name}, {done}, on {self._feed.in_words()}.".strip()
        write_weights(self._plan.out / WEIGHTS, self._learner.average.state(), self._recipe, self._digest, text)

    def _resume(self) -> int:
        """The step to go on with; the learner is brought there."""
        found, problems = self._checkpoints.newest()
        self.notes += problems
        if found is None:
            return 0
        if found.run != self._digest:
            raise TrainingError(f"checkpoint {found.path}: is of another run; give a new folder")
        self._learner.restore(found.tensors)
        return found.step

    def _agreed(self, stop: Callable[[], bool]) -> bool:
        """What the first process says, for all of them."""
        return bool(self._fabric.broadcast(stop())) if self._fabric.world_size > 1 else stop()


def _fabric(plan: RunPlan) -> Fabric:
    """The devices, ready. More than one takes an equal part of each batch."""
    if plan.recipe.batch % plan.devices:
        raise TrainingError(f"devices: a batch of {plan.recipe.batch} has no {plan.devices} equal parts")
    try:
        fabric = Fabric(accelerator=plan.accelerator, devices=plan.devices, precision=plan.recipe.precision)
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"devices: {plan.devices} of {plan.accelerator}: {' '.join(str(error).split())}") from error
    return fabric


def _start(plan: RunPlan) -> dict[str, str]:
    """Hashes of the weights that the run begins with, and that it learns from."""
    folders = {"weights": plan.weights, "teacher": plan.teacher}
    return {name: check_folder(folder).weights_sha256 for name, folder in folders.items() if folder is not None}


def _validated_steps(share: float, length: int) -> frozenset[int]:
    """Steps after which the network is scored: evenly, and after the last."""
    times = max(1, round(1 / share))
    return frozenset(max(1, round(length * index / times)) for index in range(1, times + 1))
