# SPDX-License-Identifier: Apache-2.0
"""Replay: a recording through the core of the live node, nothing dropped.

Maps of several frames are to be fused over time one day; that will go between `Replay.frames` and what becomes of them.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING

from mia_ros.bag import BagReader
from mia_ros.engine.choice import usable_cores
from mia_ros.errors import MiaError, ReplayError
from mia_ros.nodes.convert import read_image
from mia_ros.rectify import picture_rows
from mia_ros.replay.ahead import Ahead
from mia_ros.replay.course import Course, Workers
from mia_ros.replay.incoming import Other, Shot, Stretch, foreknown, incoming, weight
from mia_ros.replay.notes import Note, NoteBook
from mia_ros.replay.noticed import note_course
from mia_ros.replay.plan import Replayed, ReplayPlan
from mia_ros.replay.recorded_gravity import RecordedGravity
from mia_ros.replay.senses import Senses
from mia_ros.replay.topics import ReplayTopics, read_topics
from mia_ros.runtime.step import MapperStep

if TYPE_CHECKING:
    from typing_extensions import Self

#: Bytes of decoded frames that are ready, and as many again that wait for their turn.
_AHEAD = 16e6
#: Images of which one should be readable.
_TRIED = 8
#: Maps made at once, where there are cores for them: each has its own set of the network's buffers.
_MOST_AT_ONCE = 4


class Replay:
    """Reads a bag and maps its images, one by one.

    with Replay(ReplayPlan(bag, config)) as replay:
        for replayed in replay.frames(): ...
        for note in replay.notes(): ...

    topics: what was chosen. start, stop: ns, the stretch. images: how many are to come, about. camera_source: bag, file
    or nominal. ended: where a damaged bag ended, for people; empty where it is whole.
    """

    topics: ReplayTopics
    step: MapperStep
    start: int
    stop: int
    images: int

    def __init__(self, plan: ReplayPlan) -> None:
        self.plan = plan
        self.ended = ""
        self.camera_source = ""
        self._at_once = 1
        self._notes = NoteBook()
        self._running: Generator[Replayed, None, None] | None = None

    def __enter__(self) -> Self:
        with BagReader(self.plan.bag, salvage=True) as bag:
            self.topics = read_topics(bag, self.plan.wishes)
            self.ended = bag.damage
            self._place(bag)
            rows = self._rows(bag)
        # Several images, a core or a few for each, and not all cores for one: nobody waits for this one map, and
        # threads that share a network's layers wait for each other after every one of them.
        self._at_once = min(self.plan.config.threads or usable_cores(), _MOST_AT_ONCE)
        self.step = MapperStep.load(self.plan.config, self._at_once, rows)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self.step.close()

    def frames(self, skip: int = 0) -> Iterator[Replayed]:
        """Each image with its map, or with the reason why it has none; in the order of receipt.

        The first `skip` are neither decoded nor mapped, and do not come out; those after them are the same in any case.
        Whoever begins anew, or leaves the `with` block, ends what was begun before.
        """
        self._stop()
        self._running = self._frames(skip)
        return self._running

    def notes(self) -> list[Note]:
        """What was noticed; complete when the frames have come to their end."""
        book = NoteBook()
        for number, line in enumerate(self.topics.notes):
            book.info(f"topics.{number}", line)
        if self.ended:
            book.warn("bag.damaged", f"bag: {self.ended}")
        return [*book.all(), *self._notes.all()]

    def _frames(self, skip: int) -> Generator[Replayed, None, None]:
        self._notes = NoteBook()
        recorded = self._recorded_gravity()
        try:
            senses = Senses(self.plan, self.topics, self._notes)
            items = self._incoming(Stretch(self.start, self.stop, self.plan.every, skip))
            with (
                ThreadPoolExecutor(self._at_once, "mapping") as mappers,
                ThreadPoolExecutor(1, "levelling") as leveller,
                Ahead(items, weight, _AHEAD) as ahead,
            ):
                course = Course(senses, self.step, recorded, Workers(leveller, mappers, self._at_once))
                for item in ahead:
                    yield from course.take(item)
                yield from course.finish()
            self.camera_source = senses.cameras.source
            note_course(self._notes, senses, course, self.topics, self.plan)
        finally:
            if recorded is not None:
                recorded.close()

    def _stop(self) -> None:
        """End what runs, and its threads: left alone, they would be cut off in the middle when the process ends."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def _place(self, bag: BagReader) -> None:
        """The stretch, in the bag's time."""
        plan, length = self.plan, (bag.end - bag.start) * 1e-9
        if plan.start >= length:
            raise ReplayError(f"start: {plan.start:g} s, but {plan.bag} is over after {length:.1f} s")
        self.start = bag.start + round(plan.start * 1e9)
        self.stop = bag.end if plan.end is None else min(bag.end, bag.start + round(plan.end * 1e9))
        share = (self.stop - self.start) * 1e-9 / length
        self.images = math.ceil(self.topics.images * share / plan.every)

    def _rows(self, bag: BagReader) -> int | None:
        """Of the levelled pictures, by the first image that can be read; None where that is not among the first."""
        for message in islice(bag.messages([self.topics.image], self.start, self.stop), _TRIED):
            try:
                height, width = read_image(message.message).shape[:2]
            except MiaError:
                continue
            upright = (height, width) if self.plan.config.rotate in (90, 270) else (width, height)
            return picture_rows(*upright)
        return None

    def _incoming(self, stretch: Stretch) -> Iterator[Shot | Other]:
        """Runs in a thread of its own, with a reader of its own."""
        last = self.start
        with BagReader(self.plan.bag, salvage=True) as bag:
            yield from foreknown(bag, self.topics, stretch)
            for item in incoming(bag, self.topics, stretch):
                last = max(last, item.received)
                yield item
            if bag.damage != self.ended:  # which was found on the way
                self.ended = f"{bag.damage}; it was read up to {(last - bag.start) * 1e-9:.1f} s"

    def _recorded_gravity(self) -> RecordedGravity | None:
        if not self.plan.gravity_topic:
            return None
        return RecordedGravity(self.plan.bag, self.plan.gravity_topic, self.start)
