# SPDX-License-Identifier: Apache-2.0
"""Expected values are computed by hand, with the formulas that the paper's code was described by."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.network.losses import OVERLAPS, cell_dice, cross_entropy, map_dice, map_jaccard  # noqa: E402

#: One sample, two classes, two cells: probabilities 0.5 and 0.8 of the first class, 0.25 and 0.9 of the second.
LOGITS = torch.tensor([[[[0.0, math.log(4)]], [[-math.log(3), math.log(9)]]]])
TARGET = torch.tensor([[[[1, 1]], [[0, 1]]]], dtype=torch.bool)
BOTH, LEFT = torch.tensor([[[True, True]]]), torch.tensor([[[True, False]]])
WEIGHTS = torch.tensor([1.0, 3.0])


def test_cross_entropy_is_summed_over_classes_and_averaged_over_the_cells_of_the_area() -> None:
    left = -math.log(0.5) - math.log(0.75)
    right = -math.log(0.8) - math.log(0.9)
    assert cross_entropy(LOGITS, TARGET, LEFT).item() == pytest.approx(left)
    assert cross_entropy(LOGITS, TARGET, BOTH).item() == pytest.approx((left + right) / 2)


def test_smoothing_moves_targets_to_one_over_the_number_of_classes() -> None:
    # A target of 1 becomes 0.9 + 0.05, one of 0 becomes 0.05.
    first = -0.95 * math.log(0.5) - 0.05 * math.log(0.5)
    second = -0.05 * math.log(0.25) - 0.95 * math.log(0.75)
    assert cross_entropy(LOGITS, TARGET, LEFT, smoothing=0.1).item() == pytest.approx(first + second)


def test_of_six_classes_a_smoothed_target_is_that_of_the_paper() -> None:
    logits, target = torch.zeros(1, 6, 1, 1), torch.zeros(1, 6, 1, 1)
    target[0, 2] = 1
    at = torch.tensor([[[True]]])
    # With logits l the loss is sum softplus(l) - y l, so its slope tells the target y.
    logits.requires_grad_()
    cross_entropy(logits, target, at, smoothing=0.1).backward()
    wanted = torch.full((6,), 0.5 - 0.1 / 6)
    wanted[2] = 0.5 - (0.9 + 0.1 / 6)
    assert torch.allclose(logits.grad.flatten(), wanted)


def test_the_published_dice_is_taken_in_each_cell_and_weighted_over_classes() -> None:
    def cell(p: float, y: float) -> float:
        return 1 - (2 * p * y + 1e-5) / (p + y + 1e-5)

    left = (1 * cell(0.5, 1) + 3 * cell(0.25, 0)) / 4
    right = (1 * cell(0.8, 1) + 3 * cell(0.9, 1)) / 4
    assert cell_dice(LOGITS, TARGET, LEFT, WEIGHTS).item() == pytest.approx(left, rel=1e-5)
    assert cell_dice(LOGITS, TARGET, BOTH, WEIGHTS).item() == pytest.approx((left + right) / 2, rel=1e-5)


def test_the_usual_dice_is_taken_over_the_whole_map() -> None:
    # First class: overlap 0.5 + 0.8 of 1.3 + 2; second: 0.9 of 1.15 + 1.
    wanted = (1 * (1 - 2.6 / 3.3) + 3 * (1 - 1.8 / 2.15)) / 4
    assert map_dice(LOGITS, TARGET, BOTH, WEIGHTS).item() == pytest.approx(wanted, rel=1e-4)


def test_jaccard_is_intersection_over_union() -> None:
    wanted = (1 * (1 - 1.3 / (3.3 - 1.3)) + 3 * (1 - 0.9 / (2.15 - 0.9))) / 4
    assert map_jaccard(LOGITS, TARGET, BOTH, WEIGHTS).item() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("name", OVERLAPS)
def test_cells_outside_of_the_area_change_nothing(name: str) -> None:
    other, wrong = LOGITS.clone(), ~TARGET
    other[..., 1], wrong[..., 0] = 7.0, TARGET[..., 0]
    assert OVERLAPS[name](other, wrong, LEFT, WEIGHTS) == OVERLAPS[name](LOGITS, TARGET, LEFT, WEIGHTS)
    assert cross_entropy(other, wrong, LEFT) == cross_entropy(LOGITS, TARGET, LEFT)


@pytest.mark.parametrize("name", OVERLAPS)
def test_mirroring_logits_target_and_area_together_leaves_the_loss_equal(name: str) -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 100, 100, generator=random)
    target = torch.rand(2, 6, 100, 100, generator=random) < 0.3
    area = torch.rand(2, 100, 100, generator=random) < 0.6
    weights = torch.rand(6, generator=random)
    mirrored = [values.flip(-1) for values in (logits, target, area)]
    assert OVERLAPS[name](*mirrored, weights).item() == pytest.approx(
        OVERLAPS[name](logits, target, area, weights).item(), rel=1e-5
    )
    assert cross_entropy(*mirrored, 0.1).item() == pytest.approx(cross_entropy(logits, target, area, 0.1).item())
    # And the mirror image of the area alone is another loss: the area does count.
    assert cross_entropy(logits, target, mirrored[2]).item() != cross_entropy(logits, target, area).item()


@pytest.mark.parametrize("name", OVERLAPS)
def test_an_area_without_a_cell_gives_a_finite_loss_and_no_slope(name: str) -> None:
    logits = LOGITS.clone().requires_grad_()
    none = torch.zeros_like(BOTH)
    loss = OVERLAPS[name](logits, TARGET, none, WEIGHTS) + cross_entropy(logits, TARGET, none)
    loss.backward()
    assert loss.isfinite() and torch.equal(logits.grad, torch.zeros_like(LOGITS))


def test_logits_in_bfloat16_are_summed_in_float32() -> None:
    logits, target = torch.zeros(1, 6, 100, 100, dtype=torch.bfloat16), torch.zeros(1, 6, 100, 100, dtype=torch.bool)
    area = torch.ones(1, 100, 100, dtype=torch.bool)
    assert cross_entropy(logits, target, area).item() == pytest.approx(6 * math.log(2))
    assert cell_dice(logits, target, area, torch.ones(6)).item() == pytest.approx(1, abs=1e-4)
