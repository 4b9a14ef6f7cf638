# SPDX-License-Identifier: Apache-2.0
"""The networks that have a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from mia_ros.errors import MiaError
from offline_tools.network.encoder import ConvEncoder, VitEncoder
from offline_tools.network.mapper_net import MapperNet


@dataclass(frozen=True)
class Preset:
    """A named network. stride: pixels of the input per feature column. grounded: its lift
    begins with level ground, and resolves depths of small inputs too."""

    name: str
    description: str
    make_encoder: Callable[[int], nn.Module]
    latent: int
    decoder_widths: tuple[int, int, int]
    stride: int
    grounded: bool = False


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "mapper_vitb",
            "the paper's: DINOv2 ViT-B/14 with registers",
            lambda latent: VitEncoder(768, 12, latent),
            latent=128,
            decoder_widths=(64, 128, 256),
            stride=14,
        ),
        Preset(
            "mapper_vits",
            "DINOv2 ViT-S/14 with registers, for desktop GPUs and large Jetsons",
            lambda latent: VitEncoder(384, 6, latent),
            latent=128,
            decoder_widths=(64, 128, 256),
            stride=14,
        ),
        Preset(
            "mapper_edge",
            "a convolutional encoder, for CPUs and small Jetsons",
            lambda latent: ConvEncoder(32, (32, 64, 128, 256), (1, 1, 2, 2), context=2, latent=latent),
            latent=48,
            decoder_widths=(32, 64, 128),
            stride=8,
            grounded=True,
        ),
    )
}


def build(name: str) -> MapperNet:
    """The preset's network with random weights, in eval mode."""
    if name not in PRESETS:
        raise MiaError(f"preset: no preset '{name}'; there are {', '.join(PRESETS)}")
    preset = PRESETS[name]
    net = MapperNet(preset.make_encoder(preset.latent), preset.latent, preset.decoder_widths, preset.grounded)
    return net.eval()
