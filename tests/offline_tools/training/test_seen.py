# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch")
pytest.importorskip("lightning_fabric", reason="needs lightning-fabric")

from offline_tools.training.seen import ground_of  # noqa: E402
from tests.offline_tools.training.feeds import batch, sample  # noqa: E402
from tests.offline_tools.training.test_learner import learner  # noqa: E402

# 16 x 16 features of 8 pixels each: the horizon lies at row 7.5, the middle column at 7.5.
CAMERA = torch.tensor([[64.0, 64.0, 63.5, 63.5]])


def cells(row: int, column: int) -> torch.Tensor:
    masks = torch.zeros(1, 6, 100, 100, dtype=torch.bool)
    masks[0, 2, row, column] = True
    return masks


def shown(masks: torch.Tensor, height: float) -> tuple[np.ndarray, np.ndarray]:
    every = torch.ones(1, 100, 100, dtype=torch.bool)
    found, known = ground_of((16, 16), 128, CAMERA, torch.tensor([height]), masks, every)
    return found[0].numpy(), known[0].numpy()


def test_a_place_shows_the_cell_that_its_ray_meets_the_ground_in():
    # Feature (12, 10): 4.5 below the horizon, 2.5 to the right; f = 8. From 1.8 m: 3.2 m ahead, 1.0 m to the right.
    found, known = shown(cells(math.floor((50 - 3.2) / 0.5), math.floor((1.0 + 25) / 0.5)), 1.8)
    assert known[12, 10] and found[2, 12, 10]
    assert found.sum() == found[2].sum() <= 2


def test_nothing_is_known_above_the_horizon_beyond_the_grid_and_without_a_height():
    _, known = shown(cells(0, 0), 1.5)
    assert not known[:8].any() and known[9:].all()
    assert not shown(cells(0, 0), 60.0)[1].any()
    assert not shown(cells(0, 0), math.nan)[1].any()


def test_what_is_hidden_does_not_count():
    hidden = torch.zeros(1, 100, 100, dtype=torch.bool)
    _, known = ground_of((16, 16), 128, CAMERA, torch.tensor([1.5]), cells(0, 0), hidden)
    assert not known.any()


def test_the_encoder_is_asked_where_the_recipe_says_so_and_the_network_that_is_kept_is_the_same():
    plain, asked = learner(), learner(loss={"seen": 1.0})
    two = batch([sample(0, 64), sample(1, 64)])
    assert "seen" not in plain.step(0, two)
    found = asked.step(0, two)
    # What is above the horizon in all of them shows no ground.
    assert found["seen"] > 0 and found["loss"] > found["seen"]
    assert asked.averaged().state_dict().keys() == plain.averaged().state_dict().keys()
    two.heights = two.heights * math.nan
    assert asked.step(1, two)["seen"] == pytest.approx(0.0, abs=1e-3)
