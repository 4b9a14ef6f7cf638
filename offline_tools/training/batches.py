# SPDX-License-Identifier: Apache-2.0
"""Batches: batch k of a run is a function of its seed and of k, so that a run that was stopped goes on exactly.

Samples are read, levelled and changed in processes of their own while the network learns. Which process does it, and
how many there are, changes nothing.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mia_ros.arrays import Array
from mia_ros.errors import MiaError
from offline_tools.dataset.ready import Photographed, Ready, name_of
from offline_tools.errors import TrainingError
from offline_tools.training.augmentation import Augmentation, Change, Input, changed
from offline_tools.training.drawing import Draw, Draws
from offline_tools.training.sources import Damage, Source

#: Samples tried in place of one that is damaged, before the data counts as unusable.
_TRIES = 20
#: Batches that each process makes ahead.
_AHEAD = 2


class Skipped(NamedTuple):
    """A sample that could not be used."""

    name: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """images (B, 3, H, W) uint8 RGB, cameras (B, 4) float32 fx fy cx cy, masks (B, 6, 100, 100) bool, visible
    (B, 100, 100) bool, heights (B,) float32, NaN where not known. skipped: samples that others stand for here.
    """

    images: Tensor
    cameras: Tensor
    masks: Tensor
    visible: Tensor
    heights: Tensor
    names: list[str]
    skipped: tuple[Skipped, ...] = ()

    def pin_memory(self) -> Batch:
        """Where a GPU fetches it by itself; the loader calls it."""
        return Batch(
            self.images.pin_memory(),
            self.cameras.pin_memory(),
            self.masks.pin_memory(),
            self.visible.pin_memory(),
            self.heights.pin_memory(),
            self.names,
            self.skipped,
        )


@dataclass(frozen=True)
class Plan:
    """What decides the batches, beside the sources; but `workers`, processes that make them (0: this one), does not.

    exact, target_focal, multiple: as Rectifier has them.
    """

    batch: int
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    exact: bool = False
    target_focal: float | None = None
    multiple: int | None = None
    workers: int = 0

    def input(self, size: int) -> Input:
        """How photos become pictures of `size` pixels a side."""
        return Input(size, self.exact, self.target_focal, self.multiple)


class Batches:
    """What a run learns from, and what it is validated with. `damage` grows while batches are taken."""

    def __init__(self, training: Sequence[Source], validation: Sequence[Source], plan: Plan) -> None:
        self.plan = plan
        self.damage = Damage()
        self._training, self._validation = tuple(training), tuple(validation)
        self._draws = Draws([(len(source.samples), source.draws) for source in training], plan.seed)

    def __len__(self) -> int:
        """Samples in an epoch, in which each is drawn as often as its source's weight says."""
        return self._draws.epoch

    def batch(self, index: int, size: int, share: tuple[int, int] = (0, 1)) -> Batch:
        """One batch, made here; `share`: the part of it, as (which, of how many)."""
        return _Maker(self._training, self._draws, self.plan, size, share)[index]

    def batches(self, first: int, end: int, size: int, share: tuple[int, int] = (0, 1)) -> Generator[Batch, None, None]:
        """Batches `first` to `end` (not included), in order."""
        which, parts = share
        if self.plan.batch % parts:
            raise TrainingError(
                f"batch: {self.plan.batch} samples cannot be shared by {parts} devices; want a multiple"
            )
        maker = _Maker(self._training, self._draws, self.plan, size, (which, parts))
        for batch in _made(maker, range(first, end), self.plan.workers):
            self.damage.add(batch.skipped)
            yield batch

    def validation(self, size: int, most: int) -> Iterator[Ready]:
        """At most so many samples, spread evenly over those that are not learnt from; always the same, unchanged."""
        ends = np.cumsum([0, *(len(source.samples) for source in self._validation)])
        total = int(ends[-1])
        for position in np.linspace(0, total - 1, min(most, total)).round().astype(int):
            which = int(np.searchsorted(ends, position, "right")) - 1
            sample = self._validation[which].samples[int(position - ends[which])]
            try:
                yield changed(sample, Change(), self.plan.input(size))
            except MiaError as error:
                self.damage.add([Skipped(name_of(sample), str(error))])

    def describe(self) -> Mapping[str, Any]:
        """What decides the batches."""
        plan = self.plan
        return {
            "training": [source.describe() for source in self._training],
            "validation": [source.describe() for source in self._validation],
            "augmentation": plan.augmentation.model_dump(mode="json"),
            "exact": plan.exact,
            "target_focal": plan.target_focal,
            "multiple": plan.multiple,
        }

    def in_words(self) -> str:
        """What is learnt from, for people."""
        return "; ".join(
            f"{source.root.name}, part {source.part}, {len(source.samples)} samples"
            + ("" if source.weight == 1 else f" with weight {source.weight:g}")
            for source in self._training
        )


def collate(samples: Sequence[Ready], skipped: Iterable[Skipped] = ()) -> Batch:
    """Samples together; pictures of different sizes get black at the right and the bottom."""
    height = max(sample.image.shape[0] for sample in samples)
    width = max(sample.image.shape[1] for sample in samples)
    images = np.zeros((len(samples), 3, height, width), np.uint8)
    for image, sample in zip(images, samples, strict=True):
        rows, columns = sample.image.shape[:2]
        image[:, :rows, :columns] = sample.image.transpose(2, 0, 1)
    return Batch(
        images=torch.from_numpy(images),
        cameras=_stacked([sample.camera for sample in samples]),
        masks=_stacked([sample.masks for sample in samples]),
        visible=_stacked([sample.visible for sample in samples]),
        heights=torch.tensor([sample.height for sample in samples], dtype=torch.float32),
        names=[sample.name for sample in samples],
        skipped=tuple(skipped),
    )


def frames_per_second(batches: Batches, size: int, count: int, warm: int = 4) -> float:
    """How fast samples come when nobody uses them: over `count` batches, after `warm` others."""
    taken = batches.batches(0, warm + count, size)
    for _ in range(warm):
        next(taken)
    begun, frames = time.perf_counter(), 0
    for batch in taken:
        frames += len(batch.names)
    return frames / (time.perf_counter() - begun)


@dataclass(frozen=True)
class _Maker:
    """Makes batches by their numbers; goes to other processes."""

    sources: tuple[Source, ...]
    draws: Draws
    plan: Plan
    size: int
    share: tuple[int, int]

    def __getitem__(self, index: int) -> Batch:
        which, parts = self.share
        skipped: list[Skipped] = []
        numbers = range(index * self.plan.batch + which, (index + 1) * self.plan.batch, parts)
        samples = [self._sample(self.draws[number], skipped) for number in numbers]
        return collate(samples, skipped)

    def _sample(self, draw: Draw, skipped: list[Skipped]) -> Ready:
        """The sample that was drawn; in place of a damaged one another of its source, drawn by the same dice."""
        source = self.sources[draw.source]
        dice = np.random.default_rng(draw.seed)
        index = draw.sample
        for _ in range(_TRIES):
            change = self.plan.augmentation.draw(dice)
            found = self._tried(source.samples[index], change)
            if isinstance(found, Ready):
                return found
            skipped.append(found)
            index = int(dice.integers(len(source.samples)))
        first = skipped[-_TRIES]
        raise TrainingError(f"data {source.name}: {_TRIES} samples after another cannot be used; {first.reason}")

    def _tried(self, sample: Photographed, change: Change) -> Ready | Skipped:
        try:
            return changed(sample, change, self.plan.input(self.size))
        except MiaError as error:
            return Skipped(name_of(sample), str(error))


def _made(maker: _Maker, numbers: range, workers: int) -> Iterator[Batch]:
    if not workers:
        yield from (maker[number] for number in numbers)
        return
    loader: Iterable[Batch | MiaError] = DataLoader(
        _Told(maker),
        sampler=numbers,
        batch_size=None,  # the maker makes whole ones
        num_workers=workers,
        prefetch_factor=_AHEAD,
        multiprocessing_context=_processes(),
        worker_init_fn=_alone,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # without one it takes a number from the dice that all share
        pin_memory=torch.cuda.is_available(),
    )
    try:
        for batch in loader:
            if isinstance(batch, MiaError):
                raise batch
            yield batch
    except (RuntimeError, EOFError, ConnectionError) as error:  # also what receives tensors sees when they end
        problem = " ".join(str(error).split())[:200] or type(error).__name__
        raise TrainingError(f"data: a process that makes batches died ({problem}); out of memory? Try fewer") from error


@dataclass(frozen=True)
class _Told:
    """The same, but what is wrong with the data comes as an answer: as an exception it would grow a traceback."""

    maker: _Maker

    def __getitem__(self, index: int) -> Batch | MiaError:
        try:
            return self.maker[index]
        except MiaError as error:
            return error


def _as_it_is(batch: Batch | MiaError) -> Batch | MiaError:
    return batch


def _processes() -> BaseContext:
    """Forks of a server that holds no threads and no GPU: neither may be in a process that forks."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _alone(_: int) -> None:
    """At the start of a process: there are as many as is good, so that each works alone; Ctrl-C is for the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)


def _stacked(arrays: Sequence[Array]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))
