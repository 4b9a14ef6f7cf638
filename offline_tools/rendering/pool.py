# SPDX-License-Identifier: Apache-2.0
"""Processes that are fed chunk by chunk.

Each has a pipe of its own: when this process is killed its ends close, and the others end by themselves. When one of
the others dies, another takes its place, and its chunk is tried again in smaller ones.
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, Protocol, TypeVar

from offline_tools.errors import DatasetError

_PATIENCE_S = 30.0  # for the chunk that a process is at when the job is stopped


R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[R_co]):
    """A chunk of work."""

    def smaller(self) -> Sequence[Any]:
        """How it is tried again after the process that was at it died; nothing: it is not."""
        ...

    def lost(self, status: int | None) -> R_co:
        """What is said of it when it is not tried again; `status` is how the process ended."""
        ...


W = TypeVar("W", bound=Work[Any])
R = TypeVar("R")


@dataclass
class _Member(Generic[W]):
    process: SpawnProcess
    feed: Connection
    chunk: W | None = None  # at which it is
    ready: bool = False


class Pool(Generic[W, R]):
    """Close it when it has run; `run` gives what became of each chunk, in any order.

    `target` runs in each process: it says that it is ready by sending None, answers each chunk that it receives, and
    may send an exception, which ends the job.
    """

    def __init__(self, target: Callable[[Connection], None], workers: int) -> None:
        self._target = target
        self._members: list[_Member[W]] = []
        self._workers = workers

    def close(self) -> None:
        """Let each process finish the chunk at which it is, and end."""
        for member in self._members:
            member.feed.close()
        for member in self._members:
            member.process.join(_PATIENCE_S)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()
            member.process.close()

    def run(self, chunks: Iterator[W]) -> Iterator[R]:
        """Do them all."""
        again: deque[W] = deque()
        first = next(chunks, None)
        if first is None:
            return
        again.append(first)
        with _deaf_to_interrupts():
            self._members = [self._started() for _ in range(self._workers)]
        while True:
            for member in self._members:
                if member.ready and member.chunk is None:
                    self._feed(member, again.popleft() if again else next(chunks, None))
            busy = [member for member in self._members if member.chunk is not None or not member.ready]
            if not any(member.chunk is not None for member in self._members) and not (again or self._starting()):
                return
            for feed in wait([member.feed for member in busy]):
                member = next(member for member in busy if member.feed is feed)
                answer = self._answer(member, again)
                if answer is not None:
                    yield answer

    def _starting(self) -> bool:
        return not any(member.ready for member in self._members)

    def _feed(self, member: _Member[W], chunk: W | None) -> None:
        if chunk is None:
            return
        member.chunk = chunk
        with suppress(BrokenPipeError):  # it died: the wait for its answer will tell
            member.feed.send(chunk)

    def _answer(self, member: _Member[W], again: deque[W]) -> R | None:
        try:
            answer = member.feed.recv()
        except (EOFError, ConnectionResetError):
            return self._replaced(member, again)
        if isinstance(answer, Exception):
            raise answer
        member.ready, member.chunk = True, None
        return answer

    def _replaced(self, member: _Member[W], again: deque[W]) -> R | None:
        """Another process instead of one that died; what is to be said of its chunk, if that is one pose."""
        chunk = member.chunk
        member.process.join()
        status = member.process.exitcode
        if chunk is None:
            raise DatasetError(f"a process that works died at its start (exit status {status}); see above for why")
        member.feed.close()
        member.process.close()
        with _deaf_to_interrupts():
            self._members[self._members.index(member)] = self._started()
        smaller = chunk.smaller()
        again.extend(smaller)
        return None if smaller else chunk.lost(status)

    def _started(self) -> _Member[W]:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._target, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return _Member(process, ours)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start in here ignore Ctrl-C, which a terminal sends to all; the first of them decides."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
