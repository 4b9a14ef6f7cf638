# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from offline_tools.commands.splits import splits
from offline_tools.errors import TrainingError
from tests.offline_tools.training.splits.towns import short_drives, town

APP = typer.Typer()
APP.command()(splits)


def test_a_split_is_made_and_its_figures_are_printed(tmp_path: Path) -> None:
    town(tmp_path, short_drives(100, 2000))
    result = CliRunner().invoke(APP, [str(tmp_path), "--block", "300", "--gap", "20"])
    assert result.exit_code == 0, result.output
    assert "train: " in result.stdout and "m apart at least, nothing in common" in result.stdout
    assert "in no part: " in result.stdout
    assert set(json.loads((tmp_path / "split.json").read_text())) == {"train", "val", "test"}


def test_the_check_refuses_a_bad_split_after_its_figures(tmp_path: Path) -> None:
    town(tmp_path, {"a": [(0, 0), (5, 0)]})
    (tmp_path / "split.json").write_text('{"train": {"here": [0]}, "test": {"here": [1]}}')
    result = CliRunner().invoke(APP, [str(tmp_path), "--check", "--json"])
    assert json.loads(result.stdout)["pairs"]["train-test"]["drives"] == 1
    assert isinstance(result.exception, TrainingError) and "1 drives in common" in str(result.exception)
