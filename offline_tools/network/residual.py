# SPDX-License-Identifier: Apache-2.0
"""The residual block: what decoder and convolutional encoder are made of."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, features: Tensor) -> Tensor:
        changed = functional.relu(self.norm1(self.conv1(features)))
        return functional.relu(self.norm2(self.conv2(changed)) + self.shortcut(features))


def residual_stage(before: int, after: int, stride: int, depth: int = 2) -> nn.Sequential:
    """`depth` blocks, the first of which changes width and resolution."""
    return nn.Sequential(
        ResidualBlock(before, after, stride), *(ResidualBlock(after, after, 1) for _ in range(depth - 1))
    )
