# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from offline_tools.dataset import Dataset, write_split
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.evaluation.job import EvaluationPlan, part_of, run_evaluation
from tests.mia_ros.make_engine import make_engine
from tests.offline_tools.evaluation.places import make_place, two_drives


@pytest.fixture
def plan(tmp_path: Path) -> EvaluationPlan:
    """A data set of four samples, an engine, and where the evaluation goes."""
    two_drives(tmp_path / "data")
    make_engine(tmp_path / "engine")
    return EvaluationPlan(
        data=tmp_path / "data",
        out=tmp_path / "out",
        engine=tmp_path / "engine",
        baseline_data=tmp_path / "data",
        backend="onnx-cpu",
        threads=1,
    )


def strictly(text: str) -> dict:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_an_evaluation_is_two_files_that_say_everything(plan: EvaluationPlan) -> None:
    record = run_evaluation(plan)
    assert sorted(path.name for path in plan.out.iterdir()) == ["metrics.json", "report.html"]
    assert strictly((plan.out / "metrics.json").read_text()) == record
    assert record["samples"]["evaluated"] == 3 and record["samples"]["sequences"] == 2
    assert len(record["scores"]["ranges"]) == 4
    assert set(record) >= {"configuration", "scores", "baseline", "locations", "cameras", "best", "worst"}


def test_the_resolved_configuration_is_there(plan: EvaluationPlan) -> None:
    found = run_evaluation(plan)["configuration"]
    assert found["predictor"]["backend"] == "onnx-cpu" and found["predictor"]["path"] == str(plan.engine)
    assert found["data"] == {"path": str(plan.data), "split": "test", "samples": 3, "incomplete": 0, "most": None}
    assert found["baseline"]["samples"] == 1 and found["bootstrap"]["seed"] == 0 and found["threshold"] == 0.5


def test_the_same_evaluation_gives_the_same_numbers(plan: EvaluationPlan) -> None:
    first = run_evaluation(plan)
    assert run_evaluation(plan) == first


def test_the_baseline_of_a_place_that_never_changes_is_perfect(plan: EvaluationPlan) -> None:
    """Every sample of the data set has the same road, and nothing else."""
    found = run_evaluation(plan)["baseline"]
    assert found["iou"] == {"road": 1.0, **dict.fromkeys(found["iou"].keys() - {"road"})}
    assert found["macro_mean_iou"] == 1.0 and found["avg_road_sidewalk"] is None


def test_every_sample_is_there_without_a_split(plan: EvaluationPlan) -> None:
    (plan.data / "split.json").unlink()
    with pytest.raises(DatasetError, match=r"split\.json: cannot be read"):
        run_evaluation(replace(plan, baseline_data=None))
    assert run_evaluation(replace(plan, baseline_data=None, split="all"))["samples"]["evaluated"] == 4


def test_a_few_samples_are_spread_over_the_split(tmp_path: Path) -> None:
    make_place(tmp_path, "town", {"a": range(1, 11)})
    part = part_of(tmp_path, "all").spread(3)
    assert [sample.id for sample in part] == ["1", "4", "7"]
    assert [sample.id for sample in part[1:]] == ["4", "7"]


def test_samples_that_a_split_names_and_that_are_not_whole_are_counted(plan: EvaluationPlan) -> None:
    (plan.data / "town/flood_fill/4.npz").unlink()
    record = run_evaluation(plan)
    assert record["configuration"]["data"]["incomplete"] == 1 and record["samples"]["evaluated"] == 2


def test_a_part_without_samples_is_refused(plan: EvaluationPlan) -> None:
    with pytest.raises(TrainingError, match="'val' has no complete sample: 0 are named"):
        run_evaluation(replace(plan, split="val"))
    for path in (plan.data / "town/images").iterdir():
        path.unlink()
    with pytest.raises(TrainingError, match=r"'test' has no complete sample: 3 are named \(4 x no image\)"):
        run_evaluation(plan)


def test_a_baseline_of_the_test_samples_is_refused(plan: EvaluationPlan) -> None:
    write_split(plan.data, {"train": {"town": [1, 3]}, "test": {"town": [2, 3, 4]}})
    with pytest.raises(TrainingError, match="1 samples of 'test' are in 'train' too, town/3 among them"):
        run_evaluation(plan)


def test_one_predictor_is_wanted(plan: EvaluationPlan) -> None:
    for wrong in (replace(plan, engine=None), replace(plan, checkpoint=plan.engine)):
        with pytest.raises(TrainingError, match="give either --engine FOLDER or --checkpoint FOLDER"):
            run_evaluation(wrong)


def test_a_folder_of_something_else_is_refused_before_any_work(plan: EvaluationPlan) -> None:
    with pytest.raises(TrainingError, match="it is no folder of an evaluation"):
        run_evaluation(replace(plan, out=plan.data, data=Path("nowhere")))


def test_damage_is_told_in_the_page_and_in_the_metrics(plan: EvaluationPlan) -> None:
    (plan.data / "town/images/3_undistorted.jpg").write_bytes(b"damaged")
    record = run_evaluation(plan)
    assert record["samples"]["skipped_reasons"] == {"photo not usable": 1}
    page = (plan.out / "report.html").read_text()
    assert "1 samples could not be used" in page and "town/3: image" in page
    assert len(list(Dataset.open(plan.data))) == 4


KILLED = """
import sys, time
from contextlib import nullcontext
from pathlib import Path
from offline_tools.evaluation.job import EvaluationPlan, run_evaluation

def report(done, total):
    print("at work", flush=True)
    time.sleep(600)

here = Path(sys.argv[1])
plan = EvaluationPlan(here / "data", here / "out", engine=here / "engine", backend="onnx-cpu", threads=1)
run_evaluation(plan, lambda name: nullcontext(report))
"""


def test_a_killed_evaluation_leaves_nothing_and_another_one_works(plan: EvaluationPlan) -> None:
    here = plan.data.parent
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(here)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGKILL)
    assert sorted(path.name for path in here.iterdir()) == ["data", "engine"]
    assert run_evaluation(plan)["samples"]["evaluated"] == 3
