# SPDX-License-Identifier: Apache-2.0
"""Samples made by hand, in memory: photos of coloured blobs and maps of rectangles, as batches and as a feed."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from offline_tools.dataset.ready import Ready
from offline_tools.training.recipe import Recipe, parse

#: A recipe that takes a second on one core.
SMALL = {
    "name": "small",
    "preset": "mapper_edge",
    "precision": "32-true",
    "batch": 2,
    "steps": 6,
    "stages": [{"size": 64, "share": 0.5}, {"size": 96, "share": 0.5}],
    "optimiser": {"name": "adamw", "rate": 1e-3, "warmup": 0.2, "decay": 0.01, "clip": 5},
    "average": 0.9,
    "validation": {"share": 0.5, "samples": 2, "pictures": 1},
}


@dataclass
class HandBatch:
    images: torch.Tensor
    cameras: torch.Tensor
    masks: torch.Tensor
    visible: torch.Tensor
    heights: torch.Tensor
    names: list[str]


def recipe(**changes: Any) -> Recipe:
    return parse({**SMALL, **changes}, "small")


def sample(index: int, size: int) -> Ready:
    """A photo of blobs and a map of a rectangle of each class, other ones for each index."""
    random = np.random.default_rng(index)
    blobs = random.integers(0, 255, (6, 6, 3), dtype=np.uint8)
    masks = np.zeros((6, 100, 100), bool)
    for mask in masks:
        top, left = random.integers(0, 50, 2)
        mask[top : top + 40, left : left + 40] = True
    visible = np.ones((100, 100), bool)
    visible[: random.integers(1, 20)] = False
    camera = np.array([0.6 * size, 0.6 * size, size / 2 - 0.5, size / 2 - 0.5], np.float32)
    image = cv2.resize(blobs, (size, size), interpolation=cv2.INTER_CUBIC)
    return Ready(image, camera, masks, visible, f"here/{index}", f"here/{index // 2}", 1.5)


def batch(samples: list[Ready]) -> HandBatch:
    def stack(arrays: Iterable[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack(list(arrays)))

    return HandBatch(
        stack(one.image for one in samples).permute(0, 3, 1, 2),
        stack(one.camera for one in samples),
        stack(one.masks for one in samples),
        stack(one.visible for one in samples),
        torch.tensor([one.height for one in samples]),
        [one.name for one in samples],
    )


class HandFeed:
    """`count` samples in turn. A batch whose number is in `poison` holds a camera that is no number."""

    def __init__(self, count: int = 8, batch_size: int = 2, poison: tuple[int, ...] = ()) -> None:
        self.count, self.batch_size, self.poison = count, batch_size, poison

    def __len__(self) -> int:
        return self.count

    def batches(self, first: int, end: int, size: int, share: tuple[int, int]) -> Generator[HandBatch, None, None]:
        which, parts = share
        own = self.batch_size // parts
        for number in range(first, end):
            start = number * self.batch_size + which * own
            made = batch([sample((start + place) % self.count, size) for place in range(own)])
            if number in self.poison:
                made.cameras = made.cameras * torch.nan
            yield made

    def validation(self, size: int, most: int) -> Iterable[Ready]:
        return (sample(100 + index, size) for index in range(most))

    def describe(self) -> dict[str, Any]:
        return {"count": self.count}

    def in_words(self) -> str:
        return f"{self.count} samples made by hand"
