# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

pytest.importorskip("torch", reason="needs torch")

from offline_tools.errors import TrainingError
from offline_tools.training.recipe import load_recipe, recipe_names
from tests.offline_tools.training.feeds import SMALL, recipe


def test_the_shipped_recipes_are_those_that_are_promised() -> None:
    names = {"mia_pretrain", "nuscenes_finetune", "kitti360_finetune", "sim_edge", "sim_cpu", "distill"}
    assert set(recipe_names()) == names
    assert {load_recipe(name).name for name in names} == names


def test_the_pretraining_is_the_papers() -> None:
    found = load_recipe("mia_pretrain")
    assert (found.preset, found.batch, found.epochs, found.precision) == ("mapper_vitb", 128, 15, "bf16-mixed")
    assert (found.optimiser.name, found.optimiser.rate, found.optimiser.final_rate) == ("adam", 1e-3, 1e-7)
    assert (found.loss.smoothing, found.loss.overlap, found.loss.area) == (0.1, "cell_dice", "frustum")
    assert found.loss.class_weights == (1.00351229, 4.34782609, 1.00110121, 1.03124678, 6.69792364, 7.55857899)
    blocks = [f"encoder.vit.blocks.{index}" for index in range(10)]
    assert list(found.frozen) == ["encoder.vit.patch_embed", *blocks] and found.drop_path == 0.1


def test_the_finetunings_are_the_papers() -> None:
    nuscenes, kitti = load_recipe("nuscenes_finetune"), load_recipe("kitti360_finetune")
    assert (nuscenes.epochs, nuscenes.batch, nuscenes.optimiser.rate) == (50, 128, 1e-4)
    weights = dict(zip(nuscenes.classes, nuscenes.loss.class_weights, strict=True))
    assert weights == {"road": 1.00060036, "crossing": 1.85908161, "sidewalk": 1.0249052, "parking": 2.57267816}
    assert (kitti.batch, kitti.target_focal, kitti.loss.area) == (32, 256, "visible")
    weights = dict(zip(kitti.classes, kitti.loss.class_weights, strict=True))
    assert weights == {"road": 2.5539, "sidewalk": 3.8968, "building": 1.9405, "terrain": 5.6612}


def test_a_recipe_is_written_and_read_again(tmp_path: Path) -> None:
    found = load_recipe("sim_cpu")
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(found.model_dump(mode="json")))
    assert load_recipe(str(path)) == found


def test_changes_reach_any_key_and_a_new_length_replaces_the_other() -> None:
    found = load_recipe("mia_pretrain", ["optimiser.rate=5e-4", "steps=10", "stages=[{size: 96, share: 1}]"])
    assert (found.optimiser.rate, found.steps, found.epochs, found.last_size) == (5e-4, 10, None, 96)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("optimiser.rat=1", "unknown key 'optimiser.rat'"),
        ("batch=0", r"batch: Input should be greater than or equal to 1 \(found 0\)"),
        ("batch", "want KEY=VALUE"),
        ("batch.size=3", "batch holds no keys"),
        ("loss.overlap=dice", "loss.overlap: Input should be 'cell_dice', 'map_dice' or 'map_jaccard'"),
        ("loss.class_weights=[1, 2]", "class_weights: 2, want one for each of the classes"),
        ("loss.class_weights=[1, 1, 1, 1, 1, 0]", "want weights above 0"),
        ("classes=[road, rail]", "want different ones of road, crossing"),
        ("stages=[{size: 64, share: 0.5}]", "shares make 0.5, want 1"),
        ("steps=null", "exactly one of steps and epochs"),
        ("seed=[", "the value is not YAML"),
    ],
)
def test_what_is_wrong_is_named(change: str, problem: str) -> None:
    with pytest.raises(TrainingError, match=problem):
        load_recipe("sim_cpu", [change])


@pytest.mark.parametrize(
    ("text", "problem"), [("{", "not YAML"), ("[]", "want a mapping"), ("name: a\npreset: big\n", "preset: Input")]
)
def test_files_that_are_no_recipe_are_one_line(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(TrainingError, match=rf"mine\.yaml: {problem}"):
        load_recipe(str(tmp_path / "mine.yaml"))


def test_a_name_that_is_not_there_gets_the_nearest() -> None:
    with pytest.raises(TrainingError, match="did you mean sim_cpu"):
        load_recipe("sim_gpu")
    with pytest.raises(TrainingError, match=r"cannot be read"):
        load_recipe("nothing.yaml")


def test_an_epoch_is_every_sample_once() -> None:
    assert recipe(steps=None, epochs=2, batch=8).length(100) == 25
    assert recipe(steps=7).length(100) == 7


def test_stages_follow_each_other_at_their_shares() -> None:
    found = recipe(stages=[{"size": 64, "share": 0.3}, {"size": 96, "share": 0.5}, {"size": 128, "share": 0.2}])
    sizes = [found.stage_at(step, 10)[0] for step in range(10)]
    assert sizes == [64] * 3 + [96] * 5 + [128] * 2
    assert [found.stage_at(step, 10)[1] for step in (0, 2, 3, 7, 8, 9)] == [3, 3, 8, 8, 10, 10]


def test_the_small_recipe_of_the_tests_is_sound() -> None:
    assert recipe().name == SMALL["name"]
