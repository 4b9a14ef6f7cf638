# SPDX-License-Identifier: Apache-2.0
"""Losses of a semantic map, by name: each takes logits (B, C, H, W), targets alike in 0..1, and an area (B, H, W) bool.

Only cells of the area count; an area without a cell gives zero. All of it is computed in float32.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

#: Keeps both Dice losses defined where neither the map nor the prediction holds a class.
SMALL = 1e-5


def cross_entropy(logits: Tensor, target: Tensor, area: Tensor, smoothing: float = 0.0) -> Tensor:
    """Binary cross-entropy, summed over the classes and averaged over the cells of the area.

    With smoothing s of C classes a target y becomes y (1 - s) + s / C, as published.
    """
    smoothed = target.float() * (1 - smoothing) + smoothing / logits.shape[1]
    cells = functional.binary_cross_entropy_with_logits(logits.float(), smoothed, reduction="none").sum(1)
    return _mean(cells, area)


def cell_dice(logits: Tensor, target: Tensor, area: Tensor, weights: Tensor) -> Tensor:
    """The published Dice term: taken in each cell alone, weighted over the classes, averaged over the area."""
    found, wanted = logits.float().sigmoid(), target.float()
    loss = 1 - (2 * found * wanted + SMALL) / (found + wanted + SMALL)
    return _mean(_weighted(loss.movedim(1, -1), weights), area)


def map_dice(logits: Tensor, target: Tensor, area: Tensor, weights: Tensor) -> Tensor:
    """The usual Dice: how far prediction and map overlap, a class at a time, over all cells of the batch."""
    inside = area[:, None].float()
    found, wanted = logits.float().sigmoid() * inside, target.float() * inside
    overlap, both = (found * wanted).sum((0, 2, 3)), (found + wanted).sum((0, 2, 3))
    return _weighted(1 - (2 * overlap + SMALL) / (both + SMALL), weights)


def map_jaccard(logits: Tensor, target: Tensor, area: Tensor, weights: Tensor) -> Tensor:
    """The same with intersection over union, which is what maps are scored with."""
    inside = area[:, None].float()
    found, wanted = logits.float().sigmoid() * inside, target.float() * inside
    overlap, both = (found * wanted).sum((0, 2, 3)), (found + wanted).sum((0, 2, 3))
    return _weighted(1 - (overlap + SMALL) / (both - overlap + SMALL), weights)


#: The overlap terms that a recipe may name.
OVERLAPS = {"cell_dice": cell_dice, "map_dice": map_dice, "map_jaccard": map_jaccard}


def _mean(cells: Tensor, area: Tensor) -> Tensor:
    """Mean of (B, H, W) over the area."""
    inside = area.to(cells.dtype)
    return (cells * inside).sum() / inside.sum().clamp(min=1)


def _weighted(losses: Tensor, weights: Tensor) -> Tensor:
    """(..., C) -> (...): the classes' losses by their weights."""
    return (losses * weights).sum(-1) / weights.sum()
