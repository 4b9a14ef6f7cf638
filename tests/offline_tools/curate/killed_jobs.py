# SPDX-License-Identifier: Apache-2.0
"""Jobs in processes of their own that are killed, and what they had recorded as done then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from offline_tools.curate.paths import STATE
from tests.offline_tools.curate.world import Logged

_DEADLINE_S = 300


def start(config: Path, settings: Mapping[str, str], *options: str) -> subprocess.Popen[str]:
    """`mia curate CONFIG`, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mia_ros.cli", "curate", str(config), *options],
        cwd=config.parent,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "COLUMNS": "200", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_at(job: subprocess.Popen[str], data: Path, work: int) -> str | None:
    """Kill it and all its processes when so much is done, nothing spared; what it said if it ended before that."""
    begun = time.monotonic()
    while time.monotonic() - begun < _DEADLINE_S:
        try:
            out, error = job.communicate(timeout=0.002)
        except subprocess.TimeoutExpired:
            if done(data) < work:
                continue
            os.killpg(job.pid, signal.SIGKILL)
            job.communicate(timeout=_DEADLINE_S)
            return None
        assert job.returncode == 0, error
        return out + error
    raise AssertionError(f"{done(data)} of {work} in {_DEADLINE_S} s")


def done(data: Path) -> int:
    """A measure of what is done that only grows: files, and answers in journals, which become tables of units."""
    files = [path for path in data.rglob("*") if path.suffix in {".parquet", ".json", ".jpg", ".npz", ".md", ".html"}]
    return len(files) + len(recorded_ids(data))


def recorded_ids(data: Path) -> set[str]:
    """Photos about which the answer is on disk, in a journal or in a table."""
    found: set[str] = set()
    for path in data.glob(f"{STATE}/*/metadata/*"):
        if path.suffix == ".jsonl":
            found |= set(whole_lines(path))
        elif path.suffix == ".parquet" and not path.name.startswith("."):
            found |= set(read_ids(path))
    return found


def whole_lines(path: Path) -> Iterable[str]:
    """The ids of a journal that another process may be writing, or have removed."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line)["id"] for line in lines]


def read_ids(path: Path) -> list[str]:
    """Of a table of a unit."""
    return pl.read_parquet(path, columns=["id"])["id"].to_list()


def asked_again(ids: set[str], photos: set[str], tiles: set[str], log: Iterable[Logged]) -> list[Logged]:
    """Requests for what was recorded as done before they were sent."""
    again = []
    for entry in log:
        name = entry.path.rsplit("/", 1)[1].removesuffix(".jpg")
        is_metadata, is_photo = "camera_type" in entry.query, entry.path.startswith("/photo/")
        tile = entry.path.strip("/").replace("/", "_")
        if (is_metadata and name in ids) or (is_photo and name in photos) or tile in tiles:
            again.append(entry)
    return again


def on_disk(data: Path) -> tuple[set[str], set[str], set[str]]:
    """What is recorded: photos with an answer, photos with a file, tiles."""
    photos = {path.stem for path in data.glob(f"{STATE}/*/photos/*.jpg") if not path.name.startswith(".")}
    tiles = {path.stem for path in data.glob(f"{STATE}/*/tiles/*.parquet") if not path.name.startswith(".")}
    return recorded_ids(data), photos, tiles
