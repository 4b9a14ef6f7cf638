# SPDX-License-Identifier: Apache-2.0
"""A Dask distributed cluster, whose machines see the data set's folder under the same path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import mia_ros
from mia_ros.errors import MiaError
from offline_tools.curate.executor.interface import AHEAD, R, U, name_of
from offline_tools.errors import DatasetError, MissingPart

_PATIENCE = "15s"  # for a scheduler to answer
_TURN = Lock()


class Cluster:
    """An executor of a scheduler's workers. The scheduler itself gives a dead worker's units to others."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._client = _connected(address)
        try:
            self._check(folder)
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[U], R], units: Iterable[U]) -> Iterator[tuple[U, R]]:
        """In the order in which they are done."""
        waiting = iter(units)
        first = list(islice(waiting, max(1, self._threads()) * AHEAD))
        begun = {self._begin(work, unit): unit for unit in first}
        done = _distributed().as_completed(list(begun), loop=self._client.loop)
        for future in done:
            unit = begun.pop(future)
            result = self._result(future, unit)
            future.release()
            for following in islice(waiting, 1):
                more = self._begin(work, following)
                begun[more] = following
                done.add(more)
            yield unit, result

    def close(self) -> None:
        """Leave the cluster; what is under way for us is given up."""
        self._client.close()

    def _begin(self, work: Callable[[Any], Any], unit: object) -> Any:
        return self._client.submit(_alone, work, unit, pure=False)

    def _result(self, future: Any, unit: object) -> Any:
        try:
            return future.result()
        except MiaError:
            raise
        except _distributed().KilledWorker as error:
            raise DatasetError(
                f"{name_of(unit)}: workers of {self._address} died at it again and again; is their memory short? "
                "What is done stays: run it again"
            ) from error
        except Exception as error:
            told = " ".join(str(error).split())[:200]
            raise DatasetError(f"{name_of(unit)}: on {self._address}: {type(error).__name__}: {told}") from error

    def _threads(self) -> int:
        return int(sum(self._client.nthreads().values()))

    def _check(self, folder: Path) -> None:
        """Refuse workers that would write elsewhere, or with another version."""
        try:
            found = self._client.run(_seen, str(folder))
        except Exception as error:
            told = " ".join(str(error).split())[:160]
            raise DatasetError(
                f"cluster {self._address}: its workers cannot do our work ({told}); install mia_ros[curate] there"
            ) from error
        if not found:
            raise DatasetError(f"cluster {self._address}: it has no workers; start some with 'dask worker ADDRESS'")
        for worker, (version, sees) in sorted(found.items()):
            if version != mia_ros.__version__:
                raise DatasetError(f"cluster: worker {worker} has mia_ros {version}, this is {mia_ros.__version__}")
            if not sees:
                raise DatasetError(f"cluster: worker {worker} does not see {folder}; want a folder that all share")


def _connected(address: str) -> Any:
    try:
        return _distributed().Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        told = " ".join(str(error).split())[:160]
        raise DatasetError(
            f"cluster '{address}': no scheduler answers there ({told}); want an address as tcp://host:8786"
        ) from error


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise MissingPart(f"a cluster needs distributed ({error}): pip install 'mia_ros[cluster]'") from error


def _alone(work: Callable[[U], R], unit: U) -> R:
    """On a worker, one unit at a time: a worker may have several threads, and our maps and caches are for one."""
    with _TURN:
        return work(unit)


def _seen(folder: str) -> tuple[str, bool]:
    """On a worker."""
    import offline_tools.curate.tables  # noqa: F401 - all that the work needs must be there

    return mia_ros.__version__, Path(folder).is_dir()
