# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

pytest.importorskip("torch", reason="needs torch")
pytest.importorskip("lightning_fabric", reason="needs lightning-fabric")
pytest.importorskip("tensorboard", reason="needs tensorboard")

from mia_ros.engine.manifest import EngineManifest
from offline_tools.commands import train as verb
from offline_tools.errors import TrainingError
from offline_tools.network import load
from offline_tools.training.curve import read_curve
from tests.offline_tools.training.data_sets import simple

SMALL = (
    *("sim_cpu", "--set", "steps=2", "--set", "batch=2", "--set", "stages=[{size: 64, share: 1}]"),
    *("--set", "precision=32-true", "--workers", "0", "--accelerator", "cpu"),
)
#: The same in a process of its own, so that it can get a signal.
ALONE = "import typer; from offline_tools.commands.train import train; typer.run(train)"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command(epilog=verb.EPILOG)(verb.train)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return simple(tmp_path / "data", split={"train": range(6), "val": (6, 7)})


@pytest.mark.slow
def test_a_training_says_how_good_it_is_and_leaves_weights(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    answer = run(*SMALL, "--data", str(data), "--out", str(out))
    assert answer.exit_code == 0, answer.output
    assert f"wrote {out / 'weights'}" in answer.stdout
    assert "sim_cpu: step 2 of 2" in answer.stderr and "pictures/s" in answer.stderr
    assert load(out / "weights") and len(read_curve(out / "curve.jsonl")) == 2


def test_a_slice_that_is_over_says_how_to_go_on_and_the_json_is_for_programs(data: Path, tmp_path: Path) -> None:
    command = (*SMALL, "--data", f"{data}=2", "--out", str(tmp_path / "run"), "--minutes", "0")
    answer = run(*command)
    assert answer.exit_code == 0 and "stopped after 1 of 2 steps: go on with the same command" in answer.stdout
    found = json.loads(run(*command, "--json").stdout)
    assert (found["step"], found["finished"]) == (2, True) and found["scores"]["samples"] == 2


def test_a_run_goes_on_where_its_data_lies_elsewhere(data: Path, tmp_path: Path) -> None:
    command = (*SMALL, "--out", str(tmp_path / "run"), "--minutes", "0", "--data")
    assert run(*command, str(data)).exit_code == 0
    moved = data.rename(tmp_path / "moved")
    answer = run(*command, str(moved))
    assert answer.exit_code == 0 and "go on with the same command" not in answer.stdout


@pytest.mark.slow
def test_damaged_pictures_are_named_at_the_end(data: Path, tmp_path: Path) -> None:
    (data / "here" / "images" / "3_undistorted.jpg").write_bytes(b"no picture")
    command = (*SMALL, "--set", "steps=3", "--data", str(data), "--out", str(tmp_path / "run"))
    answer = run(*command)
    assert answer.exit_code == 0, answer.output
    assert "1 samples could not be used" in answer.stderr and "here/3" in answer.stderr


@pytest.mark.parametrize(
    ("changes", "split", "problem"),
    [
        ((), {"train": [1, 2], "val": [2, 3]}, "'train' and 'val' of split.json have 1 samples in common"),
        ((), {"train": [], "val": [2]}, "part 'train' holds no sample"),
        (("--weights", "nowhere"), {"train": [1], "val": [2]}, "nowhere: no such folder"),
        (("--set", "bach=2"), {"train": [1], "val": [2]}, "unknown key 'bach'"),
    ],
)
def test_mistakes_are_one_line(
    changes: tuple[str, ...], split: dict[str, list[int]], problem: str, tmp_path: Path
) -> None:
    data = simple(tmp_path / "data", split=split)
    answer = run(*SMALL, *changes, "--data", str(data), "--out", str(tmp_path / "run"))
    assert answer.exit_code == 1 and problem in str(answer.exception) and "\n" not in str(answer.exception)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_what_is_not_known_of_the_classes_is_refused(data: Path, tmp_path: Path) -> None:
    answer = run(*SMALL, "--set", "classes=[road, rail]", "--data", str(data), "--out", str(tmp_path / "run"))
    assert isinstance(answer.exception, TrainingError) and "rail" in str(answer.exception)


@pytest.mark.slow
def test_a_signal_ends_the_slice_after_a_step_and_keeps_it(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = [*SMALL, "--set", "steps=100000", "--data", str(data), "--out", str(out), "--workers", "1"]
    command = [sys.executable, "-c", ALONE, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and len(read_curve(out / "curve.jsonl")) < 3:
            pass
        os.kill(process.pid, signal.SIGTERM)
        said, complained = process.communicate(timeout=120)
    assert process.returncode == 130, complained
    done = read_curve(out / "curve.jsonl")[-1]["step"]
    assert f"stopped after {done} of 100000 steps" in said
    assert [path.name for path in (out / "checkpoints").iterdir()] == [f"step-{done:08d}.safetensors"]


@pytest.mark.slow
def test_at_the_end_an_engine_is_made(data: Path, tmp_path: Path) -> None:
    engine = tmp_path / "engine"
    answer = run(*SMALL, "--data", str(data), "--out", str(tmp_path / "run"), "--export", str(engine))
    assert answer.exit_code == 0, answer.output
    manifest = EngineManifest.load(engine)
    assert "Recipe sim_cpu, 2 of 2 steps, on data, part train, 6 samples" in manifest.training
