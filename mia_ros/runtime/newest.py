# SPDX-License-Identifier: Apache-2.0
"""NewestWorker: a thread that works on the newest item only, so that what comes out is never older than it must be."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class NewestWorker(Generic[T]):
    """Calls `work` with the newest item that was offered, one at a time, in a thread of its own.

    An item that waits is replaced by the next; `skipped` counts them. `max_rate`: calls per second at most, 0: as fast
    as it goes. What `work` raises goes to `on_error` (the log, if none is given), and the thread lives on.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        name: str,
        on_error: Callable[[BaseException], None] | None = None,
        max_rate: float = 0.0,
    ) -> None:
        self._work = work
        self._on_error = on_error
        self._condition = threading.Condition()
        self._waiting: list[T] = []
        self._skipped = 0
        self._max_rate = max_rate
        self._earliest = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def offer(self, item: T) -> None:
        """Let it be worked on next, unless a newer one comes first; never waits. After close() it is skipped."""
        with self._condition:
            self._skipped += 1 if self._closed else len(self._waiting)
            if not self._closed:
                self._waiting[:] = [item]
                self._condition.notify_all()

    @property
    def skipped(self) -> int:
        """Items that were never worked on."""
        return self._skipped

    @property
    def max_rate(self) -> float:
        """Calls per second at most; 0: no limit."""
        return self._max_rate

    @max_rate.setter
    def max_rate(self, value: float) -> None:
        with self._condition:
            self._max_rate = value
            self._earliest = 0.0
            self._condition.notify_all()

    def close(self, timeout: float | None = None) -> bool:
        """Skip what waits and end the thread after what it works on now; False if that took longer than `timeout` s."""
        with self._condition:
            self._closed = True
            self._skipped += len(self._waiting)
            self._waiting.clear()
            self._condition.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            try:
                self._work(taken[0])
            except BaseException as error:  # noqa: BLE001 - a thread that died would be found out by nobody
                self._tell(error)
            del taken  # or it would be kept until the next one comes

    def _take(self) -> tuple[T] | None:
        """The next item when its time has come, None at the end."""
        with self._condition:
            while not self._closed:
                pause = self._earliest - time.monotonic()
                if self._waiting and pause <= 0:
                    self._earliest = time.monotonic() + (1 / self._max_rate if self._max_rate > 0 else 0.0)
                    return (self._waiting.pop(),)
                self._condition.wait(pause if self._waiting else None)
            return None

    def _tell(self, error: BaseException) -> None:
        if self._on_error is None:
            log.error("%s: %s", self._thread.name, error, exc_info=error)
            return
        try:
            self._on_error(error)
        except Exception:
            log.exception("%s: on_error failed", self._thread.name)
