# SPDX-License-Identifier: Apache-2.0
"""LiveDrive: a drive that is filmed while it is played."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress

from mia_ros.bag import RawMessage, Topic, fields_of, to_cdr
from offline_tools.osm import MapStore
from offline_tools.simworld.drive import drive_messages, drive_topics, plan_drive
from offline_tools.simworld.filming import FilmPlan, drawing_of, frames_of, truth_of

#: Messages that are made ahead: some seconds, for while the next world is built.
_AHEAD = 1500
_POLL_S = 0.2


class LiveDrive:
    """What mia_ros.playing plays as it plays a bag; nothing is written to disk."""

    def __init__(self, store: MapStore, plan: FilmPlan) -> None:
        self._plan = plan
        self._drive = plan_drive(store, plan.drive)
        self._drawing = drawing_of(store, plan.drive)
        self.title = f"a drive through {store.source.name}"
        self.notes = self._drive.notes
        self.topics: dict[str, Topic] = drive_topics(plan.images, truth=True)
        self.start: int = self._drive.epoch
        self.end: int = self.start + round(plan.drive.seconds * 1e9)

    def fields(self, kind: str) -> list[str]:
        """Names of the fields of a message type."""
        return fields_of(kind)

    def raw(
        self, topics: Iterable[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> Iterator[RawMessage]:
        """Messages in the order of time; start <= received < stop. What is not wanted is made all the same."""
        wanted = set(self.topics if topics is None else topics)
        first, last = self.start if start is None else start, self.end if stop is None else stop
        with closing(_ahead(self._messages())) as messages:
            for message in messages:
                if message.received >= last:
                    return
                if message.topic in wanted and message.received >= first:
                    yield message

    def _messages(self) -> Iterator[RawMessage]:
        frames = frames_of(self._drive, self._drawing, self._plan)
        truth = truth_of(self._drive, self._drawing, self._plan.camera)
        for entry in drive_messages(self._drive, frames, truth, self._plan.camera, images=self._plan.images):
            kind = self.topics[entry.topic].type
            yield RawMessage(entry.topic, kind, entry.stamp, to_cdr(entry.message, kind))


def _ahead(messages: Iterator[RawMessage]) -> Generator[RawMessage, None, None]:
    """The same messages, made in a thread that works ahead; what it raises is raised here."""
    made: queue.Queue[RawMessage | BaseException | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def hand_over(item: RawMessage | BaseException | None) -> None:
        waiting = True
        while waiting and not stopped.is_set():
            with suppress(queue.Full):
                made.put(item, timeout=_POLL_S)
                waiting = False

    def work() -> None:
        try:
            for message in messages:
                hand_over(message)
                if stopped.is_set():
                    return
            hand_over(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where the messages are wanted
            hand_over(error)

    thread = threading.Thread(target=work, name="filming", daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
