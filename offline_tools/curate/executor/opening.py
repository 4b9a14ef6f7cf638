# SPDX-License-Identifier: Apache-2.0
"""The executor that a user asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from offline_tools.curate.executor.here import Here
from offline_tools.curate.executor.interface import Executor
from offline_tools.curate.executor.processes import Processes
from offline_tools.errors import DatasetError


@contextmanager
def open_executor(workers: int | None, cluster: str, folder: Path) -> Iterator[Executor]:
    """Of a cluster at an address; else of so many processes, by default one for each core."""
    with closing(_executor(workers, cluster, folder)) as executor:
        yield executor


def _executor(workers: int | None, cluster: str, folder: Path) -> Executor:
    if cluster:
        from offline_tools.curate.executor.cluster import Cluster

        return Cluster(cluster, folder)
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 1:
        raise DatasetError(f"workers: {count}, want at least 1")
    return Here() if count == 1 else Processes(count)
