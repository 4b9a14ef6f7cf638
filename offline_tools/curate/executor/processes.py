# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine. They end with the process that started them, however that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from mia_ros.errors import MiaError
from offline_tools.curate.executor.interface import TRIES, R, U, name_of
from offline_tools.errors import DatasetError


class Processes:
    """An executor of several processes, which start when work comes."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def run(self, work: Callable[[U], R], units: Iterable[U]) -> Iterator[tuple[U, R]]:
        """In the order in which they are done."""
        from offline_tools.rendering.pool import Pool

        begun: dict[int, U] = {}
        pool: Pool[_Task, _Done] = Pool(partial(_serve, work), self._workers)
        with closing(pool):
            for done in pool.run(_tasks(units, begun)):
                unit = begun.pop(done.number)
                if done.died is not None:
                    raise DatasetError(_death(unit, done.died))
                yield unit, done.result

    def close(self) -> None:
        """Each run ends its processes."""


@dataclass(frozen=True)
class _Done:
    """died: how the last process ended that was at the unit."""

    number: int
    result: Any = None
    died: str | None = None


@dataclass(frozen=True)
class _Task:
    number: int
    unit: Any
    tries: int = TRIES

    def smaller(self) -> Sequence[_Task]:
        """The same again, while tries are left."""
        return [replace(self, tries=self.tries - 1)] if self.tries > 1 else []

    def lost(self, status: int | None) -> _Done:
        """What is said when none is."""
        return _Done(self.number, died=f"signal {-status}" if status is not None and status < 0 else f"status {status}")


def _tasks(units: Iterable[U], begun: dict[int, U]) -> Iterator[_Task]:
    for number, unit in enumerate(units):
        begun[number] = unit
        yield _Task(number, unit)


def _death(unit: object, died: str) -> str:
    return (
        f"{name_of(unit)}: {TRIES} processes died at it ({died}); is memory short? Fewer --workers need less. "
        "What is done stays: run it again"
    )


def _serve(work: Callable[[Any], Any], feed: Connection) -> None:
    """Do the units that come in until no more do; what is raised ends the run."""
    task: _Task | None = None
    try:
        feed.send(None)
        while True:
            task = feed.recv()
            feed.send(_Done(task.number, work(task.unit)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the run is over, or its process was killed
    except MiaError as error:
        feed.send(error)
    except Exception as error:  # noqa: BLE001 - another process cannot show its traceback, but it can say what it met
        told = " ".join(str(error).split())[:200]
        feed.send(DatasetError(f"{name_of(task and task.unit)}: {type(error).__name__}: {told}"))
