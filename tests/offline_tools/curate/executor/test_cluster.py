# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from offline_tools.curate.executor import open_executor
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.executor.clusters import cluster
from tests.offline_tools.curate.executor.work import double, refuse_seven, wait_for_a_death

pytest.importorskip("distributed")


@pytest.mark.slow
def test_units_of_a_killed_worker_are_done_by_the_other(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, workers), open_executor(None, address, tmp_path) as executor:
        units = [(str(tmp_path), unit) for unit in range(12)]
        run = executor.run(wait_for_a_death, units)
        results = [next(run)]
        os.kill(workers[0].pid, signal.SIGKILL)
        workers[0].wait(60)
        (tmp_path / "one is dead").touch()
        results += run
        assert sorted(unit for unit, _ in results) == units
        assert {pid for _, pid in results[-4:]} == {workers[1].pid}


@pytest.mark.slow
def test_a_cluster_gives_what_processes_give(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, _), open_executor(None, address, tmp_path) as executor:
        assert sorted(executor.run(double, range(40))) == [(unit, 2 * unit) for unit in range(40)]
        with pytest.raises(DatasetError, match="^seven is no even number$"):
            list(executor.run(refuse_seven, range(10)))
    with (
        cluster(tmp_path) as (address, _),
        pytest.raises(DatasetError, match=r"does not see .*no such folder; want a folder that all share"),
        open_executor(None, address, tmp_path / "no such folder"),
    ):
        pass


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DatasetError, match=r"^cluster 'carrier-pigeon://x': "),
        open_executor(None, "carrier-pigeon://x", tmp_path),
    ):
        pass
