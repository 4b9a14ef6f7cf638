# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, at each stage: one line, and the next run goes on."""

import json
import shutil

import pytest

from tests.commands import python
from tests.offline_tools.replay.jobs import run

pytest.importorskip("av")
#: A process that may write files of so many bytes, and no larger: the real error of a full disk or quota.
FULL = """
import resource, signal, sys
from pathlib import Path
from mia_ros.errors import MiaError
from offline_tools.replay.job import run_replay
from tests.offline_tools.replay.jobs import Watched, job
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), most))
try:
    run_replay(job(*map(Path, sys.argv[1:4]), truth="bag", video=sys.argv[5] == "video", part=20), Watched())
except MiaError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # a measurement of coverage is written at the end
"""


@pytest.mark.parametrize(
    ("stage", "size", "line"),
    [
        ("maps", 100_000, "the bag cannot be written"),
        pytest.param("table", 10_000, "frames.parquet: cannot be written", marks=pytest.mark.slow),
        pytest.param("video", 200_000, "video.mp4: the video cannot be written", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_is_one_line_and_the_next_run_goes_on(finished, ground, tmp_path, stage, size, line):
    out = tmp_path / "out"
    if stage != "maps":
        shutil.copytree(finished, out)
        shutil.rmtree(out / ".video")
        run(ground.bag, ground.engine, out)  # without truth, so that the table is another
    places = map(str, (ground.bag, ground.engine, out))
    full = python("-c", FULL, *places, str(size), stage, cwd=tmp_path)
    assert full.stderr == "" and line in full.stdout and full.stdout.count("\n") == 1
    assert not (out / "metrics.json").exists()
    assert run(ground.bag, ground.engine, out, truth="bag", video=stage == "video")["images"]["seen"] == 60
    assert json.loads((out / "metrics.json").read_text())["truth"]["name"] == "bag"
