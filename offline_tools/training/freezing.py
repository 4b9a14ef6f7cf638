# SPDX-License-Identifier: Apache-2.0
"""Which parts of a network are trained: frozen parameters by name, and branches that are dropped at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from offline_tools.errors import TrainingError
from offline_tools.network.vit import Block


def freeze(net: nn.Module, names: Sequence[str]) -> None:
    """Parameters whose names begin so (whole parts of a dotted name) are not trained."""
    for name in names:
        found = [value for key, value in net.named_parameters() if f"{key}.".startswith(f"{name}.")]
        if not found:
            raise TrainingError(f"recipe: frozen: no parameter's name begins with '{name}'; see `print(network)`")
        for value in found:
            value.requires_grad_(False)
    if not any(value.requires_grad for value in net.parameters()):
        raise TrainingError("recipe: frozen: nothing is left to train")


def train_mode(net: nn.Module) -> None:
    """Train mode, but for modules that are frozen: their norms keep their statistics, and no branch is dropped."""
    net.train()
    for module in net.modules():
        own = list(module.parameters())
        if own and not any(value.requires_grad for value in own):
            module.eval()


def drop_paths(net: nn.Module, share: float) -> None:
    """Each branch of a trained transformer block is left out for this share of the samples, while training."""
    if not share:
        return

    def drop(module: nn.Module, _inputs: object, branch: Tensor) -> Tensor:
        if not module.training:
            return branch
        kept = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= share
        return branch * kept / (1 - share)

    for block in (module for module in net.modules() if isinstance(module, Block)):
        for scale in (block.ls1, block.ls2):
            scale.register_forward_hook(drop)


def parameter_groups(net: nn.Module, decay: float, kept: Sequence[str] = ()) -> list[dict[str, Any]]:
    """For the optimiser: weights of layers, which decay; apart from them biases, norms and factors, which do not.

    Parameters whose names contain one of `kept` count as the latter. "matrices" marks the first.
    """
    trained = [(name, value) for name, value in net.named_parameters() if value.requires_grad]
    weights = [value for name, value in trained if value.ndim > 1 and not any(part in name for part in kept)]
    chosen = {id(value) for value in weights}
    groups: tuple[dict[str, Any], ...] = (
        {"params": weights, "weight_decay": decay, "matrices": True},
        {"params": [value for _, value in trained if id(value) not in chosen], "weight_decay": 0.0, "matrices": False},
    )
    return [group for group in groups if group["params"]]
