# SPDX-License-Identifier: Apache-2.0
"""`mia curate --cluster` on a real local cluster of two workers, one of which is killed at work."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.offline_tools.curate.executor.clusters import cluster
from tests.offline_tools.curate.jobs import Town, configuration, files_of, run, write_config
from tests.offline_tools.curate.killed_jobs import start
from tests.offline_tools.curate.world import serve
from tests.offline_tools.curate.world.server import TOKEN

pytest.importorskip("distributed")


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_makes_the_same_data_set(town: Town, tmp_path: Path) -> None:
    alone, many = tmp_path / "alone", tmp_path / "many"
    units = {"metadata": 16, "photos": 2}
    for folder in (alone, many):
        folder.mkdir()
    with serve(town.world) as served:
        run(alone, town, served, units=units)
        port = int(served.url.rsplit(":", 1)[1])
    settings = {"XDG_CACHE_HOME": str(town.folder / "cache"), "MAPILLARY_ACCESS_TOKEN": TOKEN}
    with serve(town.world, port=port) as served, cluster(tmp_path) as (address, workers):
        config = write_config(many, configuration(town, served.url, units=units))
        job = start(config, settings, "--cluster", address)
        while not list((many / "data/.curate/town/undistortion").glob("[!.]*.parquet")):
            assert job.poll() is None
        os.kill(workers[0].pid, signal.SIGKILL)
        _, error = job.communicate(timeout=300)
        assert job.returncode == 0, error
    one, other = files_of(alone / "data"), files_of(many / "data")
    assert [name for name in one if one[name] != other.get(name)] == []
    shared = {name.split("/")[2] for name in other.keys() - one.keys()}
    assert shared == {"map", ".map.lock"}  # the store of the street map
