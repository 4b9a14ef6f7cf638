# SPDX-License-Identifier: Apache-2.0
"""From an image to features on a coarser image grid, all encoders alike."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from offline_tools.network.convnet import ConvNet
from offline_tools.network.vit import PATCH, VisionTransformer

#: Mean and standard deviation of ImageNet's RGB values in 0..1, which the pretrained encoders expect.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VitEncoder(nn.Module):
    """(B, 3, H, W) RGB in 0..1 -> (B, latent, H // 14, W // 14)."""

    def __init__(self, width: int, heads: int, latent: int) -> None:
        super().__init__()
        self.vit = VisionTransformer(width, heads)
        self.projection = nn.Conv2d(width, latent, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.body(normalised(images))

    def body(self, images: Tensor) -> Tensor:
        """The same for images that are normalised already."""
        features: Tensor = self.projection(self.vit(_whole_patches(images)))
        return features


class ConvEncoder(nn.Module):
    """(B, 3, H, W) RGB in 0..1, H and W multiples of 32, -> (B, latent, H / 8, W / 8)."""

    def __init__(self, stem: int, widths: Sequence[int], depths: Sequence[int], context: int, latent: int) -> None:
        super().__init__()
        self.net = ConvNet(stem, widths, depths, context, latent)

    def forward(self, images: Tensor) -> Tensor:
        return self.body(normalised(images))

    def body(self, images: Tensor) -> Tensor:
        """The same for images that are normalised already."""
        features: Tensor = self.net(images)
        return features


def normalised(images: Tensor) -> Tensor:
    """RGB in 0..1 -> ImageNet's normalisation."""
    mean, deviation = (images.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (images - mean) / deviation


def normalised_bytes(images: Tensor) -> Tensor:
    """RGB in 0..255 -> the same, as one factor and one addend."""
    mean, deviation = (torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return images * (1 / (255 * deviation)).to(images) - (mean / deviation).to(images)


def _whole_patches(images: Tensor) -> Tensor:
    """Both sides floored to multiples of the patch, by the nearest pixel rounding down, as the published network."""
    for axis in (2, 3):
        size = images.shape[axis]
        kept = size // PATCH * PATCH
        if kept != size:
            images = images.index_select(axis, torch.arange(kept, device=images.device) * size // kept)
    return images
