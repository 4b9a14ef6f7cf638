# SPDX-License-Identifier: Apache-2.0
"""From the Cartesian feature map to six logits a cell: a residual trunk, and back up with skips."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from offline_tools.network.norm import InstanceNorm
from offline_tools.network.residual import residual_stage

CLASSES = 6


class Decoder(nn.Module):
    """(B, C, H, W) -> logits (B, 6, H, W). `widths`: channels of the trunk at strides 2, 4 and 8."""

    def __init__(self, latent: int, widths: tuple[int, int, int]) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.stem_conv = nn.Conv2d(latent, half, 7, 2, 3, bias=False)
        self.stem_norm = nn.BatchNorm2d(half)
        self.stages = nn.ModuleList(
            [residual_stage(half, half, 1), residual_stage(half, quarter, 2), residual_stage(quarter, eighth, 2)]
        )
        self.ups = nn.ModuleList([UpAndAdd(eighth, quarter), UpAndAdd(quarter, half), UpAndAdd(half, latent)])
        self.head_conv = nn.Conv2d(latent, latent, 3, padding=1, bias=False)
        self.head_norm = InstanceNorm()
        self.head_out = nn.Conv2d(latent, CLASSES, 1)

    def forward(self, features: Tensor) -> Tensor:
        skips = [features]
        current = functional.relu(self.stem_norm(self.stem_conv(features)))
        for stage in self.stages:
            current = stage(current)
            skips.append(current)
        current = skips.pop()
        for up in self.ups:
            current = up(current, skips.pop())
        logits: Tensor = self.head_out(functional.relu(self.head_norm(self.head_conv(current))))
        return logits


class UpAndAdd(nn.Module):
    """Twice as large, mixed, normed, brought to the skip's size and added to it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 1, bias=False)
        self.norm = InstanceNorm()

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        # A 1 x 1 convolution and bilinear interpolation commute; this order has a quarter of the work.
        fine = functional.interpolate(self.conv(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        fine = self.norm(fine)
        if fine.shape[-2:] != skip.shape[-2:]:
            fine = functional.interpolate(fine, size=skip.shape[-2:], mode="bilinear", align_corners=False)
        return fine + skip
