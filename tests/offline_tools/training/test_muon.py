# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from offline_tools.training.freezing import parameter_groups  # noqa: E402
from offline_tools.training.muon import SHARE, Muon, orthogonal  # noqa: E402


@pytest.mark.parametrize("shape", [(16, 64), (64, 16), (24, 48)])
def test_all_directions_of_a_step_become_alike_and_stay_where_they_were(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    found = orthogonal(matrix)
    strengths = torch.linalg.svdvals(found)
    assert strengths.min() > 0.6 and strengths.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    nearest = u @ v
    assert (found * nearest).sum() / (nearest.norm() * found.norm()) > 0.97


def test_layers_take_orthogonal_steps_and_the_rest_those_of_adamw():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
    optimiser = Muon(parameter_groups(net, 0.0), 0.02)
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    net(torch.randn(2, 3, 8, 8)).exp().sum().backward()
    optimiser.step()
    moved = (net[0].weight - before["0.weight"]).detach().reshape(8, -1)
    assert torch.linalg.svdvals(moved).numpy() == pytest.approx(np.full(8, 0.02), rel=0.4)
    # AdamW's first step goes by the rate, whatever the gradient is.
    assert (net[1].bias - before["1.bias"]).abs().detach().numpy() == pytest.approx(np.full(8, 0.02), rel=1e-3)
    assert optimiser.param_groups[1]["scale"] == SHARE


def test_it_learns_a_badly_scaled_problem_faster_than_adamw():
    def left_over(make):
        torch.manual_seed(1)
        layer, wanted = nn.Linear(12, 12, bias=False), torch.randn(12, 12)
        inputs = torch.randn(256, 12) * torch.logspace(0, -2, 12)
        optimiser = make(layer)
        for _ in range(120):
            optimiser.zero_grad()
            loss = (layer(inputs) - inputs @ wanted.T).square().mean()
            loss.backward()
            optimiser.step()
        return float((layer.weight.detach() - wanted).norm())

    ours = left_over(lambda layer: Muon(parameter_groups(layer, 0.0), 0.1))
    assert ours < 0.7 * left_over(lambda layer: torch.optim.AdamW(layer.parameters(), lr=0.01))
