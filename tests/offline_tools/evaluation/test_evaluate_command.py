# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from offline_tools.commands import evaluate as verb
from offline_tools.errors import TrainingError
from tests.mia_ros.make_engine import make_engine
from tests.offline_tools.evaluation.places import two_drives


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command(epilog=verb.EPILOG)(verb.evaluate)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    """Where everything lies, as options."""
    two_drives(tmp_path / "data")
    make_engine(tmp_path / "engine")
    places = {"data": "data", "engine": "engine", "out": "out", "baseline-data": "data"}
    options = [word for name, place in places.items() for word in (f"--{name}", str(tmp_path / place))]
    return [*options, "--backend", "onnx-cpu", "--threads", "1"]


def test_the_verb_prints_a_table_with_the_baseline(home: list[str]) -> None:
    answer = run(*home)
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("3 samples in 2 sequences")
    assert lines[1].split() == ["IoU", "95", "%", "mean", "map"]
    assert [line.split()[0] for line in lines[2:4]] == ["road", "crossing"]
    assert lines[2].split()[-1] == "1.000" and lines[9].startswith("Avg. R, S")
    assert lines[-1].endswith("metrics.json and report.html")


def test_json_is_the_metrics_file(home: list[str]) -> None:
    answer = run(*home, "--json", "--n", "2")
    out = Path(home[home.index("--out") + 1])
    assert json.loads(answer.stdout) == json.loads((out / "metrics.json").read_text())
    assert json.loads(answer.stdout)["samples"]["evaluated"] == 2


def test_what_was_left_out_is_told(home: list[str], tmp_path: Path) -> None:
    (tmp_path / "data/town/images/3_undistorted.jpg").write_bytes(b"damaged")
    (tmp_path / "data/town/images/4_undistorted.jpg").unlink()
    said = run(*home).stderr
    assert "1 samples of the split are not there, or not complete" in said
    assert "skipped 1 x photo not usable" in said and "town/3: image" in said


def test_a_mistake_is_one_line(home: list[str]) -> None:
    answer = run(*home, "--split", "all")
    assert isinstance(answer.exception, TrainingError)
    assert str(answer.exception).startswith("baseline: 1 samples of 'all' are in 'train' too")
