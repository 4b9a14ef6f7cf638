# SPDX-License-Identifier: Apache-2.0
"""Jobs that are killed, and go on."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from offline_tools.dataset import SEMANTIC_MASK, VISIBILITY_MASK, Dataset
from offline_tools.errors import DatasetError
from offline_tools.osm import CHANNELS, MapStore, render, visibility
from offline_tools.osm.sources.locking import locked
from offline_tools.rendering import JobPlan, render_poses
from tests.offline_tools.rendering.places import poses_inside, read_until, running_job

DEADLINE_S = 60
BUILDING = CHANNELS.index("building")


def kill_at(folder: Path, poses: int) -> int:
    """Kill a job and all its processes when it has looked at so many; how many maps are there."""
    with running_job(folder) as process:
        read_until(process, poses)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=DEADLINE_S)
    return len(list((folder / "data/town/semantic_masks").glob("[!.]*.npz")))


def assert_each_once_and_whole(town: Path, poses: pl.DataFrame) -> None:
    folder = town.parent / "data/town"
    names = [f"{id_}.npz" for id_ in poses["id"]]
    assert sorted(path.name for path in (folder / "semantic_masks").iterdir()) == sorted(names)
    assert sorted(path.name for path in (folder / "flood_fill").iterdir()) == sorted(names)
    data, store = Dataset.open(folder.parent, needs=[SEMANTIC_MASK, VISIBILITY_MASK]), MapStore.open(town)
    for id_, lat, lon, heading in poses.rows():
        wanted, sample = render(store, lat, lon, heading), data.sample("town", id_)
        assert np.array_equal(sample.semantic_mask(), wanted)
        assert np.array_equal(sample.visibility_mask(), visibility(wanted[..., BUILDING]))


def test_a_killed_job_goes_on_with_the_rest(town: Path) -> None:
    poses = poses_inside(200)
    poses.write_parquet(town.parent / "poses.parquet")
    drawn = kill_at(town.parent, 64)
    assert 64 <= drawn < 200
    assert json.loads((town.parent / "data/town/render.json").read_text())["state"] == "running"
    summary = render_poses(JobPlan(town, town.parent / "poses.parquet", town.parent / "data", workers=1))
    assert summary.done + summary.there_already == 200
    assert drawn - 2 <= summary.there_already <= drawn  # a map counts when its visibility is there too
    assert_each_once_and_whole(town, poses)


@pytest.mark.slow
def test_two_thousand_poses_killed_again_and_again(town: Path) -> None:
    poses = poses_inside(2000)
    poses.write_parquet(town.parent / "poses.parquet")
    drawn = [kill_at(town.parent, step) for step in (100, 600, 1100, 1500)]
    assert drawn == sorted(set(drawn)) and drawn[-1] < 2000
    with running_job(town.parent) as process:
        out, error = process.communicate(timeout=DEADLINE_S)
    word, done, there = out.splitlines()[-1].split()
    assert word == "ended" and int(done) + int(there) == 2000 and int(there) <= drawn[-1], error
    assert_each_once_and_whole(town, poses)


def test_no_process_outlives_a_killed_parent(town: Path) -> None:
    poses_inside(2000).write_parquet(town.parent / "poses.parquet")
    with running_job(town.parent) as process:
        read_until(process, 64)
        process.kill()
        process.communicate(timeout=DEADLINE_S)  # all that hold its output have ended


def test_a_second_job_in_the_same_folder_is_refused(town: Path) -> None:
    poses_inside(1).write_parquet(town.parent / "poses.parquet")
    folder = town.parent / "data/town"
    folder.mkdir(parents=True)
    with locked(folder / ".render.lock"), pytest.raises(DatasetError, match="another job draws into it now"):
        render_poses(JobPlan(town, town.parent / "poses.parquet", town.parent / "data", workers=1))
