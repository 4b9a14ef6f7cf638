# SPDX-License-Identifier: Apache-2.0
"""Resizing with a triangle filter as wide as the reduction: what PyTorch calls bilinear with antialias."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, IntArray

#: New pixels computed by one matrix product. The weights are banded: small blocks skip zeros, large ones save calls.
_BLOCK = 8


class TriangleResize:
    """Resizes images (H, W, 3) of one size to one other size; each axis is a banded matrix, applied in blocks."""

    def __init__(self, width: int, height: int, new_width: int, new_height: int) -> None:
        self._shape = new_height, new_width, 3
        self._down = _bands(height, new_height)
        # The channels lie side by side in memory, so one matrix moves all three of a pixel.
        self._across = _bands(width, new_width, channels=3)

    def __call__(self, image: Array) -> Float32Array:
        """(height, width, 3) of any real type -> (new_height, new_width, 3) float32, same units."""
        rows = image.astype(np.float32, copy=False).reshape(image.shape[0], -1)
        lower = np.empty((self._shape[0], rows.shape[1]), np.float32)
        for start, first, weight in self._down:
            lower[start : start + len(weight)] = weight @ rows[first : first + weight.shape[1]]
        result = np.empty((self._shape[0], self._shape[1] * 3), np.float32)
        for start, first, weight in self._across:
            result[:, start : start + len(weight)] = lower[:, first : first + weight.shape[1]] @ weight.T
        return result.reshape(self._shape)


def triangle_weights(size: int, new_size: int) -> Float32Array:
    """(new_size, size): the share of every old pixel in every new one."""
    scale = size / new_size
    reach = max(scale, 1.0)
    centre = ((np.arange(new_size) + 0.5) * scale)[:, None]
    pixel = np.arange(size)
    first, stop = (centre - reach + 0.5).astype(np.int64), (centre + reach + 0.5).astype(np.int64)
    weight = np.maximum(1 - np.abs(pixel + 0.5 - centre) / reach, 0) * ((pixel >= first) & (pixel < stop))
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=128)
def _bands(size: int, new_size: int, channels: int = 1) -> tuple[tuple[int, int, Float32Array], ...]:
    """The weights of an axis cut into (first new value, first old value, dense block of weights).

    Kept, because a training meets thousands of cameras, but few sizes of pictures.
    """
    weights = triangle_weights(size, new_size)
    each = np.eye(channels, dtype=np.float32)
    bands = []
    for start in range(0, new_size, _BLOCK):
        rows = weights[start : start + _BLOCK]
        used = np.flatnonzero(rows.any(0))
        block = np.kron(rows[:, used[0] : used[-1] + 1], each)
        block.setflags(write=False)
        bands.append((channels * start, channels * int(used[0]), block))
    return tuple(bands)


def resize_mask(mask: BoolArray, width: int, height: int) -> BoolArray:
    """Resize (H, W) to the nearest pixel, rounded down."""
    rows, columns = nearest(mask.shape[0], height), nearest(mask.shape[1], width)
    return mask[rows][:, columns]


def nearest(size: int, new_size: int) -> IntArray:
    """For every pixel after a resize, the pixel before it that a nearest (rounding down) resize takes."""
    return np.floor(np.arange(new_size) * (size / new_size)).astype(np.int64)
