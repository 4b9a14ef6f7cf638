# SPDX-License-Identifier: Apache-2.0
"""A real scheduler and two real workers on loopback, as processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def _process(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    settings = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    with subprocess.Popen(command, cwd=cwd, env=settings, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def _told(started: subprocess.Popen[str], pattern: str) -> str:
    """What it says on the way to being ready."""
    assert started.stderr is not None
    for line in started.stderr:
        found = re.search(pattern, line)
        if found:
            return found[1]
    raise AssertionError("it ended before it was ready")


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    plain = ("--no-dashboard", "--host", "127.0.0.1")
    with _process("dask_scheduler", *plain, "--port", "0", cwd=folder) as scheduler:
        address = _told(scheduler, r"Scheduler at:\s+(tcp://\S+)")
        worker = ("dask_worker", address, *plain, "--no-nanny", "--nthreads", "1")
        with _process(*worker, cwd=folder) as first, _process(*worker, cwd=folder) as second:
            for started in (first, second):
                _told(started, r"(Registered to):")
            yield address, [first, second]
