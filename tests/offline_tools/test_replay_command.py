# SPDX-License-Identifier: Apache-2.0
"""`mia replay` as its users run it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import mia

pytestmark = pytest.mark.usefixtures("ground")
PARAMETERS = "/**:\n  ros__parameters:\n    use_sim_time: true\n    backend: onnx-cpu\n    threads: 1\n"


def replay(ground, folder, *options):
    """Into the folder `out`, without a video."""
    given = ("--engine", str(ground.engine), "--out", "out", "--no-video")
    return mia("replay", str(ground.bag), *given, *options, cwd=folder)


def test_it_says_what_it_found_and_wrote_and_then_refuses_other_settings(ground, tmp_path):
    (tmp_path / "params.yaml").write_text(PARAMETERS)
    options = ("--params-file", "params.yaml", "--set", "camera_height=1.1", "--end", "3")
    done = replay(ground, tmp_path, "--truth", "bag", *options)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith("times real time") and " images have a map; " in lines[0]
    assert lines[1].startswith("against bag: Avg. R, S 0.") and "(road 0." in lines[1]
    assert re.fullmatch(r"wrote out in \d+ s: report\.html, maps, frames\.parquet, metrics\.json", lines[-1])
    assert "Traceback" not in done.stderr
    settings = json.loads((tmp_path / "out" / "replay.json").read_text())["config"]
    assert (settings["threads"], settings["camera_height"], settings["backend"]) == (1, 1.1, "onnx-cpu")

    other = replay(ground, tmp_path, *options[:-1], "4")
    assert other.returncode == 2 and other.stdout == ""
    assert "holds a replay with other settings (end)" in other.stderr and len(other.stderr.splitlines()) == 1


@pytest.mark.slow
def test_its_json_is_that_of_the_metrics(ground, tmp_path):
    done = replay(ground, tmp_path, "--json", "--start", "1", "--end", "2", "--every", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert json.loads(done.stdout)["images"]["seen"] == 5


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--set", "camera_hight=1"), "camera_hight"),
        pytest.param(("--set", "camera_height"), "want NAME=VALUE", marks=pytest.mark.slow),
        pytest.param(("--set", "rotate=[1"), "the value is no YAML", marks=pytest.mark.slow),
        pytest.param(("--truth", "lidar"), "--truth lidar: want bag", marks=pytest.mark.slow),
        pytest.param(("--every", "0"), "every: 0", marks=pytest.mark.slow),
        pytest.param(("--start", "99"), "is over after", marks=pytest.mark.slow),
        pytest.param(("--camera", "none.yaml"), "none.yaml", marks=pytest.mark.slow),
        pytest.param(("--params-file", "none.yaml"), "params_file none.yaml", marks=pytest.mark.slow),
        pytest.param(("--image", "/rear"), "no topic /rear", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_is_one_line(ground, tmp_path, options, line):
    done = replay(ground, tmp_path, *options)
    assert done.returncode == 2 and done.stdout == ""
    assert line in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_recording_that_is_not_there_is_one_line(ground, tmp_path):
    done = mia("replay", "nowhere", "--engine", str(ground.engine), "--out", "out", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr == "mia: nowhere: there is no such bag\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_stopped_it_says_that_the_same_command_goes_on_and_it_does(ground, tmp_path):
    command = [sys.executable, "-m", "mia_ros.cli", "replay", str(ground.bag), "--engine", str(ground.engine)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [*command, "--out", "out", "--no-video"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("out/.parts/making/.maps*")):
            assert time.monotonic() < deadline and process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on where it was" in said and "Traceback" not in said
    done = replay(ground, tmp_path)
    assert done.returncode == 0, done.stderr
