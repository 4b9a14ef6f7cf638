# SPDX-License-Identifier: Apache-2.0
"""Muon: steps of matrices are made orthogonal, so that all directions of a layer are learnt alike.

A convolution counts as the matrix (out, in * height * width). Whatever is no matrix takes AdamW's steps, at a rate that
is `SHARE` of the matrices'.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

#: AdamW's rate, of Muon's.
SHARE = 0.1
_MOMENTUM = 0.95
#: Five rounds of this odd polynomial bring singular values from (0, 1] to between 0.7 and 1.2.
_ROUNDS, _POLYNOMIAL = 5, (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.AdamW):
    """Groups with "matrices": True hold what is made orthogonal; those without are AdamW's, "scale" being SHARE."""

    param_groups: list[dict[str, Any]]

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float) -> None:
        super().__init__(
            [{"matrices": False, **group, "scale": 1.0 if group.get("matrices") else SHARE} for group in groups],
            lr=lr,
            betas=(0.9, 0.99),
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step of all groups."""
        groups = self.param_groups
        try:
            self.param_groups = [group for group in groups if not group["matrices"]]
            loss = super().step(closure)
        finally:
            self.param_groups = groups
        for group in groups:
            if group["matrices"]:
                for value in group["params"]:
                    if value.grad is not None:
                        self._turn(value, group["lr"], group["weight_decay"])
        return loss

    def _turn(self, value: Tensor, rate: float, decay: float) -> None:
        """One step of one matrix."""
        memory = self.state[value]
        if "momentum" not in memory:
            memory["momentum"] = torch.zeros_like(value.grad)
        momentum = memory["momentum"].lerp_(value.grad, 1 - _MOMENTUM)
        ahead = torch.lerp(value.grad, momentum, _MOMENTUM)
        turned = orthogonal(ahead.reshape(len(value), -1)).reshape(value.shape)
        rows, columns = len(value), value.numel() // len(value)
        value.mul_(1 - rate * decay)
        value.add_(turned, alpha=-rate * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal matrix next to it: the same directions, all of about the same strength."""
    tall = len(matrix) > matrix.shape[1]
    x = (matrix.T if tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    a, b, c = _POLYNOMIAL
    for _ in range(_ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)
