# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from offline_tools.errors import TrainingError
from offline_tools.training.curve import Curve, read_curve


def test_a_curve_is_cut_back_to_where_a_run_goes_on(tmp_path: Path) -> None:
    curve = Curve(tmp_path / "curve.jsonl")
    for step in range(1, 6):
        curve.add(step, {"loss": step / 10})
    curve.cut(3)
    curve.add(4, {"loss": 9.5})
    assert [(line["step"], line["loss"]) for line in read_curve(tmp_path / "curve.jsonl")] == [
        (1, 0.1), (2, 0.2), (3, 0.3), (4, 9.5)
    ]  # fmt: skip


def test_a_line_that_a_kill_cut_off_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    Curve(path).add(1, {"loss": 0.5})
    with path.open("a") as file:
        file.write('{"step": 2, "lo')
    assert [line["step"] for line in read_curve(path)] == [1]
    Curve(path).cut(1)
    Curve(path).add(2, {"loss": 0.25})
    assert [line["step"] for line in read_curve(path)] == [1, 2]


def test_no_number_is_null(tmp_path: Path) -> None:
    Curve(tmp_path / "curve.jsonl").add(1, {"road": float("nan")})
    assert read_curve(tmp_path / "curve.jsonl") == [{"step": 1, "road": None}]


def test_a_damaged_curve_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "curve.jsonl").write_text("\0\0\n")
    with pytest.raises(TrainingError, match=r"curve\.jsonl: damaged"):
        read_curve(tmp_path / "curve.jsonl")
