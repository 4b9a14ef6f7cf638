# SPDX-License-Identifier: Apache-2.0
"""Several processes at one map, and some that are killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from offline_tools.osm.store import MapStore
from tests.offline_tools.osm.store.random_maps import random_map

OPEN = """
import sys
from offline_tools.osm.store import MapStore

def progress(done, total, what):
    print(what, flush=True)
    if what == sys.argv[3]:
        sys.stdin.readline()

print(MapStore.open(sys.argv[1], folder=sys.argv[2], progress=progress).counts, flush=True)
"""


@contextmanager
def opening(path: Path, folder: Path, stop_at: str) -> Iterator[subprocess.Popen[str]]:
    """A process that opens a map, and waits for a line at one step of it."""
    command = [sys.executable, "-c", OPEN, str(path), str(folder), stop_at]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], what: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.strip() == what:
            return
    raise AssertionError(f"ended without '{what}'")


@pytest.mark.parametrize("step", ["nodes", "ways", "blocks"])
def test_kill_in_the_middle_leaves_nothing_that_looks_whole(step: str, tmp_path: Path) -> None:
    made = random_map(tmp_path / "map.osm", seed=1, ways=60)
    store = tmp_path / "stores" / "map"
    with opening(made.path, store, step) as process:
        wait_for(process, step)
        process.kill()
        process.wait()
    assert not store.exists()
    assert MapStore.open(made.path, folder=store).counts.ways == len(made.ways)
    assert [path.name for path in store.parent.iterdir() if path.is_dir()] == ["map"]


def test_second_process_waits_for_the_first_and_takes_its_store(tmp_path: Path) -> None:
    made = random_map(tmp_path / "map.osm", seed=1, ways=60)
    store = tmp_path / "store"
    with opening(made.path, store, "blocks") as first:
        wait_for(first, "blocks")
        with opening(made.path, store, "nothing") as second:
            wait_for(second, "waiting for another process")
            rest, _ = first.communicate("\n" * 9)
            others, _ = second.communicate()
    assert "ways=" in rest
    assert others.splitlines() == [rest.splitlines()[-1]]


def test_second_process_goes_on_when_the_first_is_killed(tmp_path: Path) -> None:
    made = random_map(tmp_path / "map.osm", seed=1, ways=60)
    store = tmp_path / "store"
    with opening(made.path, store, "blocks") as first:
        wait_for(first, "blocks")
        with opening(made.path, store, "nothing") as second:
            wait_for(second, "waiting for another process")
            first.kill()
            others, _ = second.communicate()
    assert f"ways={len(made.ways)}" in others.splitlines()[-1]
