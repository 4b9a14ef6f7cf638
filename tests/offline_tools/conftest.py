# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.offline_tools.replay.jobs import Ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory) -> "Ground":
    """A short drive with its street map, and engines."""
    jobs = pytest.importorskip("tests.offline_tools.replay.jobs")
    return jobs.make_ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="session")
def finished(ground, tmp_path_factory) -> Path:
    """A finished replay of it, judged by the bag's own truth, with a video. Tests that write take a copy."""
    from tests.offline_tools.replay import jobs

    out = tmp_path_factory.mktemp("finished") / "replay"
    jobs.run(ground.bag, ground.engine, out, truth="bag", video=True)
    return out
