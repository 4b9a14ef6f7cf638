# SPDX-License-Identifier: Apache-2.0
"""What ground the places of a picture show: a second task, for the time of learning, that speaks to the encoder alone.

The map's own loss reaches the encoder through depths that are not known yet; this one does not need them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mia_ros.grid import NETWORK_GRID
from offline_tools.network import MapperNet, MapperOutput
from offline_tools.network.decoder import CLASSES
from offline_tools.network.lift import feature_cameras

#: Rows nearer to the horizon than this, in features, show ground that is too far away to be told apart.
_HORIZON = 0.3


class Seen(NamedTuple):
    """logits (B, 6, h, w) of the places of the features; their size in pixels of the image is width / w."""

    logits: Tensor
    width: int


class Pupil(nn.Module):
    """A network with a layer that says what ground each of its features shows; that layer is dropped in the end."""

    def __init__(self, net: MapperNet, latent: int, asked: bool) -> None:
        super().__init__()
        self.net = net
        self.seen = nn.Conv2d(latent, CLASSES, 1) if asked else None

    def forward(self, images: Tensor, cameras: Tensor) -> tuple[MapperOutput, Seen | None]:
        width = images.shape[3]
        features = self.net.encode(images)
        output = self.net.read(features, cameras, width)
        return output, None if self.seen is None else Seen(self.seen(features), width)


def ground_of(
    shape: tuple[int, int], width: int, cameras: Tensor, heights: Tensor, masks: Tensor, visible: Tensor
) -> tuple[Tensor, Tensor]:
    """What the places of features (h, w) of images of this width show: (B, 6, h, w) bool, (B, h, w) bool where known.

    masks (B, 6, 100, 100) and visible (B, 100, 100): of the ground, which is level and `heights` (B,) metres below the
    camera; NaN where that is not known. What stands on the ground hides some of it: so much is wrong here.
    """
    grid, (rows, columns) = NETWORK_GRID, shape
    fx, fy, cx, cy = feature_cameras(cameras, columns / width)[:, :, None].unbind(1)
    below = torch.arange(rows, device=cameras.device) - cy
    ahead = fy * heights[:, None] / below.clamp(min=_HORIZON)
    right = ((torch.arange(columns, device=cameras.device) - cx) / fx)[:, None, :] * ahead[:, :, None]
    row = ((grid.depth - ahead) / grid.resolution).floor()[:, :, None].expand_as(right)
    column = ((right - grid.left) / grid.resolution).floor()
    inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.columns)  # NaN is not
    known = inside & (below > _HORIZON)[:, :, None]
    cell = torch.where(known, row * grid.columns + column, 0).long().flatten(1)
    shown = masks.flatten(2).gather(2, cell[:, None].expand(-1, masks.shape[1], -1))
    clear = visible.flatten(1).gather(1, cell)
    return shown.unflatten(2, shape), clear.unflatten(1, shape) & known
