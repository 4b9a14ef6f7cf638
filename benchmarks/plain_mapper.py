# SPDX-License-Identifier: Apache-2.0
"""The plain way through the network, in eager PyTorch float32: attention written out, grid_sample for both lifts.

The baseline for speed, on the same weights, and an independent second opinion on MapperNet.
"""

import torch
from torch import Tensor
from torch.nn import functional

from offline_tools.network import MapperNet
from offline_tools.network.lift import FAR, GROUNDED_FROM, LEFT, OCTAVES, RESOLUTION, SCALES
from offline_tools.network.mapper_net import MapperOutput, feature_cameras
from offline_tools.network.vit import Attention


def forward(net: MapperNet, images: Tensor, cameras: Tensor) -> MapperOutput:
    """What net(images, cameras) computes, one plain operation after the other."""
    features = _encode(net, images)
    scaled = feature_cameras(cameras, features.shape[3] / images.shape[3])
    ground, observed = _lift(net, features, scaled)
    logits = net.decoder(ground[..., :-1])
    return MapperOutput(logits, torch.sigmoid(logits), observed)


def _encode(net: MapperNet, images: Tensor) -> Tensor:
    """With the attention of every block written out: four-dimensional, softmax in the open."""
    blocks = [module for module in net.encoder.modules() if isinstance(module, Attention)]
    for block in blocks:
        block.forward = lambda tokens, block=block: _attention(block, tokens)  # type: ignore[method-assign]
    try:
        return net.encode(images)
    finally:
        for block in blocks:
            del block.forward


def _attention(block: Attention, tokens: Tensor) -> Tensor:
    batch, count, width = tokens.shape
    size = width // block.heads
    q, k, v = block.qkv(tokens).reshape(batch, count, 3, block.heads, size).permute(2, 0, 3, 1, 4)
    weights = (q * size**-0.5 @ k.transpose(-2, -1)).softmax(-1)
    mixed: Tensor = block.proj((weights @ v).transpose(1, 2).reshape(batch, count, width))
    return mixed


def _lift(net: MapperNet, features: Tensor, cameras: Tensor) -> tuple[Tensor, Tensor]:
    batch, _, rows, columns = features.shape
    depths = FAR - RESOLUTION * torch.arange(100)
    scores = net.lift.scale_scores(features.permute(0, 2, 3, 1))
    first = GROUNDED_FROM if net.lift.row_scores is not None else 0.0
    if net.lift.row_scores is not None:
        scores = scores + _row_scores(net.lift.row_scores, cameras[:, 3], rows)
    scale = (torch.log2(cameras[:, 1, None] / depths) - first) / OCTAVES * (SCALES - 1)
    place = scale / (SCALES - 1) * 2 - 1
    grid = torch.stack([place, torch.zeros_like(place)], -1)[:, None]
    grid = grid.repeat_interleave(rows * columns, 0)
    at_depth = functional.grid_sample(scores.reshape(-1, 1, 1, SCALES), grid, align_corners=True)
    probability = at_depth.reshape(batch, rows, columns, 100).softmax(1)
    polar = torch.einsum("bchw,bhwz->bczw", features, probability)
    return _to_cartesian(polar, depths, cameras, columns)


def _row_scores(kept: Tensor, horizon: Tensor, rows: int) -> Tensor:
    """(B, rows, 1, SCALES): the kept scores of each row, by its distance below the horizon; entry 0 above it."""
    below = torch.arange(rows) - horizon[:, None]
    place = (torch.log2(below.clamp(min=1e-6)) - GROUNDED_FROM) / OCTAVES * (SCALES - 1) + 1
    place = place.clamp(0, SCALES)
    low = place.floor().long().clamp(max=SCALES - 1)
    share = (place - low)[..., None]
    return ((1 - share) * kept[low] + share * kept[low + 1])[:, :, None]


def _to_cartesian(polar: Tensor, depths: Tensor, cameras: Tensor, width: int) -> tuple[Tensor, Tensor]:
    sideways = LEFT + RESOLUTION * torch.arange(101)
    column = cameras[:, 0, None, None] * sideways / depths[:, None] + cameras[:, 2, None, None]
    row = torch.linspace(-1, 1, 100)[None, :, None].expand_as(column)
    grid = torch.stack([column / (width - 1) * 2 - 1, row], -1)
    ground = functional.grid_sample(polar, grid, align_corners=True)
    return ground, (column >= -1e-4) & (column <= width - 1 + 1e-4)
