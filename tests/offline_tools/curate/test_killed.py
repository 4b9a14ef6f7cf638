# SPDX-License-Identifier: Apache-2.0
"""A job that is killed again and again, wherever it is, and started again each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.offline_tools.curate.jobs import Town, configuration, files_of, run, write_config
from tests.offline_tools.curate.killed_jobs import asked_again, done, kill_at, on_disk, start
from tests.offline_tools.curate.world import Faults, Served, serve
from tests.offline_tools.curate.world.server import TOKEN

FAULTS = Faults.all(seed=5)


@pytest.mark.slow
def test_twenty_kills_change_no_byte_and_ask_for_nothing_twice(town: Town, tmp_path: Path) -> None:
    """A job that comes to its end before all kills came begins once more in another folder, and takes the rest."""
    whole = tmp_path / "whole"
    whole.mkdir()
    with serve(town.world, FAULTS) as served:
        run(whole, town, served)
        port = int(served.url.rsplit(":", 1)[1])
    unbroken, work = files_of(whole / "data"), np.arange(1, int(0.9 * done(whole / "data")))
    moments = np.random.default_rng(9).choice(work, 20, replace=False).tolist()
    while moments:
        folder = tmp_path / f"{len(moments)} to come"
        folder.mkdir()
        before = len(moments)
        with serve(town.world, FAULTS, port=port) as served:
            moments = killed_at(moments, town, served, folder)
        assert len(moments) < before
        broken = files_of(folder / "data")
        assert unbroken.keys() == broken.keys()
        assert [name for name in unbroken if unbroken[name] != broken[name]] == []


def killed_at(moments: list[int], town: Town, served: Served, folder: Path) -> list[int]:
    """Start a job, kill it, start it again, to its end; the moments at which it was not killed."""
    config, data, left = write_config(folder, configuration(town, served.url)), folder / "data", sorted(moments)
    while True:
        recorded, before = on_disk(data), len(served.log)
        moment = max(left[0], done(data) + 1) if left else 1 << 30
        ended = kill_at(start(config, settings(town)), data, moment)
        assert not asked_again(*recorded, served.log[before:])
        if ended is not None:
            return left
        left = left[1:]


def settings(town: Town) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(town.folder / "cache"), "MAPILLARY_ACCESS_TOKEN": TOKEN}


@pytest.mark.slow
def test_a_kill_in_the_middle_of_the_requests_costs_only_what_was_under_way(town: Town, tmp_path: Path) -> None:
    with serve(town.world, latency_s=0.02) as served:
        config = write_config(tmp_path, configuration(town, served.url))
        assert kill_at(start(config, settings(town)), tmp_path / "data", 30) is None
        recorded, before = on_disk(tmp_path / "data"), len(served.log)
        assert recorded[0] and not recorded[1]
        run(tmp_path, town, served)
        assert not asked_again(*recorded, served.log[before:])
