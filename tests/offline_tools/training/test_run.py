# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest

torch = pytest.importorskip("torch", reason="needs torch")
pytest.importorskip("lightning_fabric", reason="needs lightning-fabric")
pytest.importorskip("tensorboard", reason="needs tensorboard")

from offline_tools.errors import TrainingError  # noqa: E402
from offline_tools.network import load  # noqa: E402
from offline_tools.training.curve import read_curve  # noqa: E402
from offline_tools.training.recipe import load_recipe  # noqa: E402
from offline_tools.training.run import Outcome, RunPlan, train  # noqa: E402
from offline_tools.weights import read_weights  # noqa: E402
from tests.offline_tools.training.feeds import HandFeed, recipe  # noqa: E402


def run(out: Path, feed: HandFeed | None = None, stop: Any = lambda: False, **changes: Any) -> Outcome:
    plan = RunPlan(recipe(**changes), out, accelerator="cpu")
    return train(plan, HandFeed() if feed is None else feed, stop=stop)


def losses(out: Path) -> list[float]:
    return [line["loss"] for line in read_curve(out / "curve.jsonl")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six steps that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run(out).finished
    return out


def test_a_run_leaves_weights_that_load_and_say_where_they_come_from(whole: Path) -> None:
    net = load(whole / "weights")
    manifest, tensors = read_weights(whole / "weights")
    assert manifest.preset == "mapper_edge" and manifest.kind == "complete"
    assert manifest.note == "Recipe small, 6 of 6 steps, on 8 samples made by hand."
    assert tensors.keys() == net.state_dict().keys() and not net.training


def test_the_curve_has_every_step_once_with_its_rate(whole: Path) -> None:
    lines = read_curve(whole / "curve.jsonl")
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert {"loss", "cross_entropy", "cell_dice", "norm", "rate"} <= lines[0].keys()


def test_it_is_validated_evenly_and_at_the_end(whole: Path) -> None:
    lines = read_curve(whole / "validation.jsonl")
    assert [line["step"] for line in lines] == [3, 6]
    assert lines[0]["samples"] == 2 and {"road_sidewalk", "macro_mean", "road", "parking"} <= lines[0].keys()
    pictures = sorted(path.name for path in (whole / "pictures").iterdir())
    assert pictures == ["step-00000003.jpg", "step-00000006.jpg"]
    assert cv2.imread(str(whole / "pictures" / pictures[0])).shape == (300, 900, 3)


def test_the_resolved_recipe_lies_beside_the_checkpoints_and_trains_again(whole: Path) -> None:
    assert load_recipe(str(whole / "recipe.yaml")) == recipe()
    facts = json.loads((whole / "run.json").read_text())
    assert facts["length"] == 6 and facts["data"] == {"count": 8}
    assert any((whole / "tensorboard").iterdir())


def test_a_run_that_is_finished_is_not_done_again(whole: Path) -> None:
    before = losses(whole)
    again = run(whole)
    assert again.finished and losses(whole) == before and again.scores["samples"] == 2


@pytest.mark.slow
def test_slices_give_the_curve_and_the_weights_of_an_unbroken_run(whole: Path, tmp_path: Path) -> None:
    out, slices = tmp_path / "run", 0
    while not run(out, stop=lambda: True).finished:
        slices += 1
    assert slices == 5 and losses(out) == losses(whole)
    assert_same_weights(out, whole)


def test_a_slice_ends_when_its_minutes_are_over(tmp_path: Path) -> None:
    plan = RunPlan(recipe(), tmp_path / "run", minutes=0, accelerator="cpu")
    found = train(plan, HandFeed())
    assert (found.step, found.finished) == (1, False) and found.weights.is_dir()


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_gives_the_same_curve(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    for after in (2, 4):
        with start(out) as process:
            for line in process.stdout:
                if line.strip() == str(after):
                    os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    assert finish(start(out)).split()[-1] == "6"
    assert losses(out) == losses(whole)
    assert_same_weights(out, whole)
    assert [line["step"] for line in read_curve(out / "validation.jsonl")] == [3, 6]


@pytest.mark.slow
def test_a_full_disk_ends_the_run_in_one_line_and_keeps_what_was_whole(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    said = finish(start(out, "most=2000000"))
    assert "cannot be written" in said and "no checkpoint is there yet; make room" in said and "\n1\n" not in said
    run(out, stop=lambda: True)
    said = finish(start(out, "most=2000000"))
    assert "step-00000001.safetensors stays; make room" in said
    assert not list((out / "checkpoints").glob(".*"))
    assert finish(start(out)).split()[-1] == "6" and losses(out) == losses(whole)


@pytest.mark.slow
def test_two_processes_share_each_batch_and_agree(tmp_path: Path) -> None:
    out = tmp_path / "run"
    said = finish(start(out, "devices=2"))
    assert said.split() == ["1", "2", "3", "4", "5", "6"]
    assert [line["step"] for line in read_curve(out / "curve.jsonl")] == [1, 2, 3, 4, 5, 6]
    assert load(out / "weights")


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run_and_names_batch_and_checkpoint(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(TrainingError) as caught:
        run(out, HandFeed(poison=(2,)), checkpoint_minutes=0)
    said = str(caught.value)
    assert "step 2: " in said and "loss nan" in said and "on the batch of here/4, here/5" in said
    assert "the last good checkpoint is" in said and "step-00000002.safetensors" in said
    assert [line["step"] for line in read_curve(out / "curve.jsonl")] == [1, 2]


def test_a_folder_of_another_run_is_refused_with_what_differs(whole: Path) -> None:
    with pytest.raises(TrainingError, match=r"begun with recipe.optimiser.rate = 0.001, now it is 0.002; "):
        run(whole, optimiser={**recipe().optimiser.model_dump(), "rate": 2e-3})
    with pytest.raises(TrainingError, match=r"begun with data.count = 8, now it is 9"):
        run(whole, HandFeed(9))


def test_what_changes_no_weight_may_be_changed_later(whole: Path) -> None:
    assert run(whole, note="Towns.", checkpoint_minutes=7).finished


def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(TrainingError, match="holds other things than a training"):
        run(tmp_path)


@pytest.mark.slow
def test_a_damaged_checkpoint_is_told_and_the_one_before_it_goes_on(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    for _ in range(3):
        run(out, stop=lambda: True)
    (out / "checkpoints" / "step-00000003.safetensors").write_bytes(b"?")
    found = run(out)
    assert "step-00000003.safetensors: damaged" in found.notes[0] and losses(out) == losses(whole)


def test_data_without_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no sample to learn from"):
        run(tmp_path / "run", HandFeed(0))


def test_a_batch_that_does_not_divide_among_the_devices_is_refused(tmp_path: Path) -> None:
    plan = RunPlan(recipe(), tmp_path / "run", devices=3, accelerator="cpu")
    with pytest.raises(TrainingError, match="a batch of 2 has no 3 equal parts"):
        train(plan, HandFeed())


def start(out: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.offline_tools.training.hand_run", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return said


def assert_same_weights(first: Path, second: Path) -> None:
    ours, theirs = (read_weights(out / "weights")[1] for out in (first, second))
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
