# SPDX-License-Identifier: Apache-2.0
"""Ahead: a thread that makes the next items of an iterator while the last ones are worked on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class Ahead(Generic[T]):
    """Iterates over `items`, which is run in another thread, no farther ahead than their weights allow.

    Ready are items of `limit` together, or one that weighs more; as many again may have been handed over.

    with Ahead(items, weight, 8.0) as ahead:
        for item in ahead: ...

    What `items` raises is raised here, after the items before it. At the end of the block the thread has ended.
    """

    def __init__(self, items: Iterable[T], weight: Callable[[T], float], limit: float) -> None:
        self._items = items
        self._weight = weight
        self._limit = limit
        self._ready: deque[T] = deque()
        self._load = 0.0
        self._error: BaseException | None = None
        self._ended = False
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while batch := self._all_ready():
            while batch:
                yield batch.popleft()
        if self._error is not None:
            raise self._error

    def _all_ready(self) -> deque[T]:
        """Taken one by one, two threads would wait for each other at every item. Nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._ended)
            batch, self._ready, self._load = self._ready, deque(), 0.0
            self._changed.notify_all()
            return batch

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._hand_over(item):
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised where it is seen
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _hand_over(self, item: T) -> bool:
        """Wait for room; False where nobody wants any more."""
        weight = self._weight(item)
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not self._ready or self._load + weight <= self._limit)
            if self._stopped:
                return False
            self._ready.append(item)
            self._load += weight
            self._changed.notify_all()
        return True
