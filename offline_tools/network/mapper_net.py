# SPDX-License-Identifier: Apache-2.0
"""MapperNet: encode the image, lift its features to the ground, decode the map."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from offline_tools.network.decoder import Decoder
from offline_tools.network.lift import Lift, feature_cameras


class MapperOutput(NamedTuple):
    """logits and probabilities (B, 6, 100, 100); observed (B, 100, 101) bool, at the sampled points, a column more."""

    logits: Tensor
    probabilities: Tensor
    observed: Tensor


class MapperNet(nn.Module):
    """Images (B, 3, H, W) RGB in 0..1, level, and cameras (B, 4) = fx, fy, cx, cy in their pixels -> MapperOutput."""

    def __init__(
        self, encoder: nn.Module, latent: int, decoder_widths: tuple[int, int, int], grounded: bool = False
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.lift = Lift(latent, grounded)
        self.decoder = Decoder(latent, decoder_widths)

    def forward(self, images: Tensor, cameras: Tensor) -> MapperOutput:
        return self.read(self.encode(images), cameras, images.shape[3])

    def encode(self, images: Tensor) -> Tensor:
        """Features (B, latent, h, w) on the image's coarser grid."""
        features: Tensor = self.encoder(images)
        return features

    def read(self, features: Tensor, cameras: Tensor, width: int) -> MapperOutput:
        """The map, from features of images of this width."""
        ground, observed = self.ground(features, cameras, width)
        logits = self.decoder(ground)
        return MapperOutput(logits, torch.sigmoid(logits), observed)

    def ground(self, features: Tensor, cameras: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Features on the ground (B, latent, 100, 100), and observed (B, 100, 101); `width` of the image in pixels."""
        # Columns set the scale of both axes: rows that are cut to whole patches do not.
        lifted: tuple[Tensor, Tensor] = self.lift(features, feature_cameras(cameras, features.shape[3] / width))
        return lifted
