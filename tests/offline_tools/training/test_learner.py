# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch")
pytest.importorskip("lightning_fabric", reason="needs lightning-fabric")

from lightning_fabric import Fabric  # noqa: E402

from offline_tools.errors import TrainingError  # noqa: E402
from offline_tools.network import build  # noqa: E402
from offline_tools.network.losses import cross_entropy  # noqa: E402
from offline_tools.training.freezing import drop_paths, freeze, train_mode  # noqa: E402
from offline_tools.training.kept import write_weights  # noqa: E402
from offline_tools.training.learner import Learner, NotANumber, rate_at  # noqa: E402
from offline_tools.training.validation import validate  # noqa: E402
from tests.offline_tools.training.feeds import batch, recipe, sample  # noqa: E402


def fabric(precision: str = "32-true") -> Fabric:
    made = Fabric(accelerator="cpu", devices=1, precision=precision)
    made.launch()
    return made


def learner(weights: Path | None = None, teacher: Path | None = None, taught: float = 0, **changes: Any) -> Learner:
    return Learner.start(recipe(teacher=taught, **changes), 10, fabric(), weights, teacher)


def two(size: int = 64) -> Any:
    return batch([sample(0, size), sample(1, size)])


def assert_same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of random weights of mapper_edge."""
    torch.manual_seed(5)
    folder = tmp_path_factory.mktemp("weights") / "edge"
    write_weights(folder, build("mapper_edge").state_dict(), recipe(), "0" * 64, "random")
    return folder


def test_the_rate_rises_straight_and_falls_as_a_cosine() -> None:
    wanted = recipe(optimiser={"rate": 1.0, "final_rate": 0.1, "warmup": 0.2}).optimiser
    rates = [rate_at(wanted, step, 20) for step in range(21)]
    assert rates[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert rates[4] == 1 and rates[12] == pytest.approx(0.55) and rates[20] == pytest.approx(0.1)
    assert rates[8] == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2)


def test_gradients_reach_every_parameter() -> None:
    found = learner()
    found.step(0, two())
    without = [name for name, value in found.net.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


def test_frozen_parts_stay_and_gradients_reach_the_rest() -> None:
    frozen = ("encoder.net.stem", "encoder.net.stages.0", "decoder.head_out.bias")
    found = learner(frozen=frozen)
    before = {name: value.clone() for name, value in found.net.state_dict().items()}
    for step in range(2):
        found.step(step, two())
    after = found.net.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    still = {name for name in before if name.startswith(frozen)}
    assert moved == before.keys() - still and len(still) > 10
    assert not any("running_mean" in name for name in still & moved)
    learning = {name for name, value in found.net.named_parameters() if value.grad is not None and value.grad.any()}
    assert learning == {name for name, _ in found.net.named_parameters()} - still


def test_names_that_freeze_nothing_or_everything_are_refused() -> None:
    with pytest.raises(TrainingError, match="begins with 'encoder.vit'"):
        freeze(build("mapper_edge"), ["encoder.vit"])
    with pytest.raises(TrainingError, match="begins with 'encoder.net.stages.1.0.con'"):
        freeze(build("mapper_edge"), ["encoder.net.stages.1.0.con"])
    with pytest.raises(TrainingError, match="nothing is left"):
        freeze(build("mapper_edge"), ["encoder", "lift", "decoder"])


def test_dropped_branches_are_zero_or_scaled_up_and_whole_when_not_training() -> None:
    net = build("mapper_edge")
    drop_paths(net, 0.5)
    scale = net.encoder.net.context.blocks[0].ls1
    torch.nn.init.ones_(scale.gamma)
    branch = torch.ones(400, 3, 256)
    assert torch.equal(scale(branch), branch)
    train_mode(net)
    torch.manual_seed(0)
    seen = scale(branch)[:, 0, 0]
    assert set(seen.tolist()) == {0.0, 2.0} and 140 < (seen == 0).sum() < 260


def test_the_average_is_what_its_decay_says() -> None:
    found = learner(average=0.5)
    name = "decoder.head_out.bias"
    kept = found.net.state_dict()[name].clone()
    for step in range(3):
        found.step(step, two())
        decay = min(0.5, (1 + step) / (10 + step))
        kept = decay * kept + (1 - decay) * found.net.state_dict()[name]
    assert torch.allclose(found.average.state()[name], kept, atol=1e-7)
    assert int(found.averaged().state_dict()["decoder.stem_norm.num_batches_tracked"]) == 3


def test_without_an_average_the_network_itself_is_kept() -> None:
    found = learner(average=0)
    found.step(0, two())
    assert torch.equal(found.averaged().decoder.head_out.weight, found.net.decoder.head_out.weight)


def test_the_same_steps_give_the_same_weights_whatever_was_drawn_between() -> None:
    first, second = learner(drop_path=0.3), learner(drop_path=0.3)
    for step in range(3):
        first.step(step, two())
    for step in range(3):
        torch.rand(17)
        second.step(step, two())
    assert_same(first.state(), second.state())


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_state_that_is_restored_goes_on_as_if_nothing_had_been(name: str) -> None:
    whole, part, later = (learner(optimiser={"name": name}, seed=seed) for seed in (0, 0, 9))
    losses = [whole.step(step, two())["loss"] for step in range(4)]
    for step in range(2):
        part.step(step, two())
    later.restore(part.state())
    # Its own seed draws nothing here: no branch is dropped.
    assert [later.step(step, two())["loss"] for step in (2, 3)] == losses[2:]
    assert_same(whole.state(), later.state())


def test_classes_that_the_data_lacks_are_left_out_of_the_loss() -> None:
    known = ["road", "crossing", "sidewalk", "parking"]
    found = learner(classes=known, loss={"class_weights": [1, 2, 3, 4]})
    found.step(0, two())
    slopes = found.net.decoder.head_out.bias.grad
    assert slopes[[0, 1, 2, 5]].all() and not slopes[[3, 4]].any()


def test_the_area_of_the_loss_is_the_frustum_or_what_is_visible_of_it() -> None:
    given, other = two(), two()
    other.visible = ~other.visible
    for area, same in (("frustum", True), ("visible", False)):
        losses = {learner(loss={"area": area}).step(0, one)["loss"] for one in (given, other)}
        assert (len(losses) == 1) == same


def test_a_loss_that_is_no_number_names_the_batch_and_leaves_the_weights_alone() -> None:
    found = learner()
    found.step(0, two())
    before = {name: value.clone() for name, value in found.net.named_parameters()}
    poisoned = two()
    poisoned.cameras = poisoned.cameras * torch.nan
    with pytest.raises(NotANumber, match="step 1: .*loss nan.* on the batch of here/0, here/1"):
        found.step(1, poisoned)
    assert all(torch.equal(value, before[name]) for name, value in found.net.named_parameters())


def test_training_begins_with_the_weights_that_are_given(weights: Path) -> None:
    torch.manual_seed(5)
    wanted = build("mapper_edge").state_dict()
    found = learner(weights=weights).net.state_dict()
    assert all(torch.equal(value, found[name]) for name, value in wanted.items())


def test_weights_of_another_network_are_refused(weights: Path) -> None:
    with pytest.raises(TrainingError, match="made for preset mapper_edge, the recipe trains mapper_vits"):
        learner(weights=weights, preset="mapper_vits")


@pytest.mark.slow
def test_a_teacher_counts_as_much_as_the_recipe_says(weights: Path) -> None:
    plain, taught = learner(), learner(teacher=weights, taught=0.25)
    alone, both = plain.step(0, two()), taught.step(0, two())
    assert both["loss"] == pytest.approx(0.75 * alone["loss"] + 0.25 * both["teacher"], rel=1e-5)


@pytest.mark.slow
def test_what_a_teacher_sees_is_a_target(weights: Path) -> None:
    found = learner(teacher=weights, weights=weights, taught=1.0)
    net, given = build("mapper_edge"), two()
    net.load_state_dict(found.net.state_dict())
    pixels = given.images.float() / 255
    taught = net(pixels, given.cameras)
    train_mode(net)
    learnt = net(pixels, given.cameras)
    wanted = cross_entropy(learnt.logits, taught.probabilities, learnt.observed[..., :-1])
    assert found.step(0, given)["teacher"] == pytest.approx(wanted.item(), rel=1e-4)


def test_a_teacher_without_a_weight_and_a_weight_without_a_teacher_are_refused(weights: Path) -> None:
    with pytest.raises(TrainingError, match="set teacher"):
        learner(teacher=weights)
    with pytest.raises(TrainingError, match="give the folder"):
        learner(taught=0.5)


@pytest.mark.slow
def test_it_learns_four_frames_by_heart() -> None:
    length, size = 100, 96
    wanted = recipe(
        precision="bf16-mixed",
        batch=4,
        optimiser={"name": "adamw", "rate": 3e-3, "warmup": 0.1, "clip": 5},
        loss={"smoothing": 0, "overlap": "map_dice"},
    )
    found = Learner.start(wanted, length, fabric("bf16-mixed"))
    samples = [sample(index, size) for index in range(4)]
    for step in range(length):
        found.step(step, batch(samples))
    scores = validate(found.averaged(), samples, torch.device("cpu"), half=False, pictures=0).scores()
    assert np.all(scores.iou > 0.9)
