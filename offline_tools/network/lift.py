# SPDX-License-Identifier: Apache-2.0
"""From image features to the ground: how likely each depth is in each image row, then polar, then Cartesian.

Points are sampled at z = 50 - 0.5 r metres ahead and x = -25 + 0.5 j metres to the right: the cells' far-left corners,
and one column more. Everything is small matrices; no step needs grid_sample, which few runtimes do well.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS, COLUMNS, RESOLUTION = 100, 101, 0.5
FAR, LEFT = 50.0, -25.0
#: Scores are kept for 32 scales (feature pixels per metre) over 9 octaves, in equal steps of their logarithm: from 1
#: to 2^9 in the published network, from 2^-3 to 2^6 where a lift is `grounded`.
SCALES, OCTAVES = 32, 9
GROUNDED_FROM = -3.0
#: What a grounded lift begins with: level ground so far below the camera (metres), rows off by one octave at one
#: standard deviation, and nothing below this score.
_HEIGHT, _SPREAD, _FLOOR = 1.5, 1.0, -4.0


class Lift(nn.Module):
    """Features (B, C, h, w) and their cameras (B, 4) -> ground (B, C, 100, 100), observed (B, 100, 101).

    The last of the 101 sampled columns only says whether it was observed. Channels stay last until the end, so that no
    step moves single numbers about.
    """

    depths: Tensor
    sideways: Tensor

    def __init__(self, latent: int, grounded: bool = False) -> None:
        super().__init__()
        self.scale_scores = nn.Linear(latent, SCALES)
        self._from = GROUNDED_FROM if grounded else 0.0
        self.row_scores = nn.Parameter(_level_ground(self._from)) if grounded else None
        self.register_buffer("depths", FAR - RESOLUTION * torch.arange(ROWS), persistent=False)
        self.register_buffer("sideways", LEFT + RESOLUTION * torch.arange(COLUMNS), persistent=False)

    def forward(self, features: Tensor, cameras: Tensor) -> tuple[Tensor, Tensor]:
        width = features.shape[3]
        columns = cameras[:, 0, None, None] * (self.sideways / self.depths[:, None]) + cameras[:, 2, None, None]
        observed = (columns >= -1e-4) & (columns <= width - 1 + 1e-4)
        # Rows of the polar map become rows of the ground: one small matrix each, (100, w) times (w, C).
        weights = hat(columns[:, :, :-1, None] - torch.arange(width, dtype=features.dtype, device=features.device))
        ground = torch.matmul(weights, self.polar(features, cameras[:, 1], cameras[:, 3]))
        return ground.permute(0, 3, 1, 2), observed

    def polar(self, features: Tensor, focal: Tensor, horizon: Tensor | None = None) -> Tensor:
        """(B, 100, w, C): for each depth and column, the features of the rows that may lie at that depth.

        horizon: the row of the image's principal point (B,), which a grounded lift needs.
        """
        columns = features.permute(0, 3, 2, 1)  # (B, w, h, C)
        scores = self.scale_scores(columns).transpose(2, 3)  # (B, w, 32, h)
        if self.row_scores is not None and horizon is not None:
            scores = scores + (self._row_weights(horizon, features.shape[2]) @ self.row_scores).transpose(1, 2)[:, None]
        probability = functional.softmax(torch.matmul(self._scale_weights(focal)[:, None], scores), 3)
        return torch.matmul(probability, columns).transpose(1, 2)

    def _scale_weights(self, focal: Tensor) -> Tensor:
        """(B, 100, 32): where each depth's scale lies between the 32 kept ones; beyond them scores fade to zero."""
        scale = self._bins(focal[:, None] / self.depths)
        return hat(scale[:, :, None] - torch.arange(SCALES, dtype=focal.dtype, device=focal.device))

    def _row_weights(self, horizon: Tensor, rows: int) -> Tensor:
        """(B, rows, 33): where each row's distance below the horizon lies; bin 0 is for all that is above it."""
        below = torch.arange(rows, dtype=horizon.dtype, device=horizon.device) - horizon[:, None]
        # Level ground h metres down is seen h times the scale below the horizon: rows have the bins of the scales.
        place = self._bins(below.clamp(min=2.0 ** (self._from - 2))).clamp(-1, SCALES - 1) + 1
        return hat(place[:, :, None] - torch.arange(SCALES + 1, dtype=horizon.dtype, device=horizon.device))

    def _bins(self, scale: Tensor) -> Tensor:
        return (torch.log(scale) / math.log(2) - self._from) * ((SCALES - 1) / OCTAVES)


def _level_ground(first: float) -> Tensor:
    """(33, 32): scores of a row (above the horizon; or by its distance below it) for the scales, on level ground."""
    octaves = torch.arange(SCALES) * (OCTAVES / (SCALES - 1)) + first
    away = (octaves[:, None] - math.log2(_HEIGHT)) - octaves
    below = (-(away**2) / (2 * _SPREAD**2)).clamp(min=_FLOOR)
    return torch.cat([torch.full((1, SCALES), _FLOOR), below])


def hat(distance: Tensor) -> Tensor:
    """Weight of a sample at this distance in linear interpolation: 1 at 0, 0 from 1 on."""
    return functional.relu(1 - distance.abs())


def feature_cameras(cameras: Tensor, scale: float) -> Tensor:
    """fx, fy, cx, cy (B, 4) of an image -> of its features, `scale` feature pixels a pixel on both axes."""
    focal, centre = cameras[:, :2] * scale, (cameras[:, 2:] + 0.5) * scale - 0.5
    return torch.cat([focal, centre], 1)
