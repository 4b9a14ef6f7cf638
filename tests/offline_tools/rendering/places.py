# SPDX-License-Identifier: Apache-2.0
"""A map that the tests write, poses on it, and jobs in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from tests.offline_tools.osm.sources.xml_maps import TOWN, square, way, write

#: Of TOWN, with room for a window of 112 m around it: west, south, east, north.
INSIDE = (2.0025, 48.0015, 2.0075, 48.0085)

MEADOW = (*square(90, 2.0, 48.0, 0.01), way(190, [90, 91, 92, 93, 90], {"landuse": "meadow"}))

JOB = """
import sys
from offline_tools.rendering import JobPlan, render_poses

def report(looked_at, total, drawn):
    print(looked_at, flush=True)

summary = render_poses(JobPlan("town.osm", "poses.parquet", "data", workers=2), report)
print("ended", summary.done, summary.there_already, flush=True)
"""


def make_town(folder: Path) -> Path:
    """The town, on a meadow, so that something is drawn everywhere."""
    return write(folder / "town.osm", *TOWN, *MEADOW)


def poses_inside(count: int, seed: int = 0) -> pl.DataFrame:
    west, south, east, north = INSIDE
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "id": np.arange(count) + 1_000_000_000_000,
            "lat": random.uniform(south, north, count),
            "lon": random.uniform(west, east, count),
            "heading": random.uniform(0, 360, count),
        }
    )


@contextmanager
def running_job(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A job in `folder`, in a process group of its own, that prints how many poses it has looked at."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", JOB]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], poses: int) -> None:
    """Wait until a job has looked at so many poses."""
    assert process.stdout
    for line in process.stdout:
        if line.split()[0].isdigit() and int(line) >= poses:
            return
    raise AssertionError(f"the job ended: {process.stderr.read() if process.stderr else ''}")
