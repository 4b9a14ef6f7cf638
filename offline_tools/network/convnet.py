# SPDX-License-Identifier: Apache-2.0
"""A small convolutional encoder for CPUs and small Jetsons.

Dense 3 x 3 convolutions: of the blocks tried (inverted bottlenecks with 3 x 3 and 5 x 5 filters, fused ones), they did
the most work a millisecond in ONNX Runtime, 216 GFLOP/s against 194 to 210. At the coarsest stride two attention blocks
let every place see the whole image, for a tenth of the work.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from offline_tools.network.residual import residual_stage
from offline_tools.network.vit import Block


class ConvNet(nn.Module):
    """Images (B, 3, H, W), H and W multiples of 32, -> features (B, latent, H / 8, W / 8).

    Stages at strides 4, 8, 16 and 32 of the given widths and depths; each coarser one is brought back and added.
    """

    def __init__(self, stem: int, widths: Sequence[int], depths: Sequence[int], context: int, latent: int) -> None:
        super().__init__()
        self.stem = _conv_norm(3, stem, stride=2)
        befores = (stem, *widths[:-1])
        self.stages = nn.ModuleList(
            residual_stage(before, after, 2, depth)
            for before, after, depth in zip(befores, widths, depths, strict=True)
        )
        self.context = Context(widths[-1], context)
        self.laterals = nn.ModuleList(nn.Conv2d(channels, latent, 1) for channels in widths[1:])
        self.smooth = _conv_norm(latent, latent)

    def forward(self, images: Tensor) -> Tensor:
        features, maps = self.stem(images), []
        for stage in self.stages:
            features = stage(features)
            maps.append(features)
        maps[-1] = self.context(maps[-1])
        merged = self.laterals[-1](maps[-1])
        for index in (1, 0):
            fine = self.laterals[index](maps[index + 1])
            merged = fine + functional.interpolate(merged, size=fine.shape[-2:], mode="nearest")
        smoothed: Tensor = self.smooth(merged)
        return smoothed


class Context(nn.Module):
    """Attention over all places of a coarse map (B, width, h, w); a filter a channel tells it where each place lies."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.position = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.blocks = nn.ModuleList(Block(width, width // 64) for _ in range(depth))

    def forward(self, features: Tensor) -> Tensor:
        placed = features + self.position(features)
        tokens = placed.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens.transpose(1, 2).unflatten(2, features.shape[-2:])


def _conv_norm(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
