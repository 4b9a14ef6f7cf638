# SPDX-License-Identifier: Apache-2.0
"""The running mean of a network's weights: it scores better than the weights of any one step."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Follows a network step by step; with decay 0 it is the network as it is. Counters are copied."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self._net = net
        self._decay = decay
        self.values = {name: value.detach().clone() for name, value in net.state_dict().items()} if decay else {}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After a step, counted from 0. The first steps are forgotten sooner: their weights are not worth keeping."""
        weight = 1 - min(self._decay, (1 + step) / (10 + step))
        for name, value in self._net.state_dict().items():
            if name in self.values:
                kept = self.values[name]
                kept.lerp_(value, weight) if kept.is_floating_point() else kept.copy_(value)

    def state(self) -> dict[str, Tensor]:
        """The mean, by the network's names."""
        return self.values or {name: value.detach() for name, value in self._net.state_dict().items()}

    @torch.no_grad()
    def restore(self, values: dict[str, Tensor]) -> None:
        """Go on from a mean that was kept."""
        for name, kept in self.values.items():
            kept.copy_(values[name])
