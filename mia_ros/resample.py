# SPDX-License-Identifier: Apache-2.0
"""Resizing with a triangle filter as wide as the reduction: what PyTorch calls bilinear with antialias."""

from __future__ import annotations

import math
import threading
from functools import lru_cache

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, IntArray, UInt8Array

_Bands = tuple[tuple[int, int, Float32Array], ...]

#: New pixels computed by one matrix product. The weights are banded: small blocks skip zeros, large ones save calls.
_BLOCK = 8
#: Numbers; a robot's frames are reduced from fewer.
_MOST_KEPT = 4_000_000


class TriangleResize:
    """Resizes images (H, W, 3) of one size to one other size; each axis is a banded matrix, applied in blocks.

    The picture is turned on its side in between, so that both products go over whole rows of memory.
    """

    def __init__(self, width: int, height: int, new_width: int, new_height: int) -> None:
        self._size, self._new_size = (width, height), (new_width, new_height)
        self._down, self._across = _bands(height, new_height), _bands(width, new_width)

    def __call__(self, image: Array) -> Float32Array:
        """(height, width, 3) of any real type -> (new_height, new_width, 3) float32, same units."""
        return np.asarray(cv2.transpose(self._on_its_side(image)), np.float32)

    def rounded(self, image: UInt8Array) -> UInt8Array:
        """The same of bytes, to bytes: a weighted mean of them is one, rounded by an added half."""
        turned = self._on_its_side(image)
        turned += np.float32(0.5)
        return np.asarray(cv2.transpose(turned.astype(np.uint8)), np.uint8)

    def _on_its_side(self, image: Array) -> Float32Array:
        """(new_width, new_height, 3), in memory that the next call in this thread writes over."""
        (width, height), (new_width, new_height) = self._size, self._new_size
        even, odd = _KEPT.even, _KEPT.odd
        rows = even.take(height, width, 3)
        np.copyto(rows, image)
        lower = odd.take(new_height, width, 3)
        _apply(self._down, rows, lower)
        columns = even.take(width, new_height, 3)
        cv2.transpose(lower, columns)
        result = odd.take(new_width, new_height, 3)
        _apply(self._across, columns, result)
        return result


class _Memory:
    """Kept from picture to picture: getting new memory from the system takes longer than all the sums."""

    def __init__(self) -> None:
        self._numbers = np.empty(0, np.float32)

    def take(self, *shape: int) -> Float32Array:
        """An array of that shape, with anything in it; large ones are not kept."""
        count = math.prod(shape)
        if count > _MOST_KEPT:
            return np.empty(shape, np.float32)
        if count > len(self._numbers):
            self._numbers = np.empty(count, np.float32)
        return self._numbers[:count].reshape(shape)


class _Kept(threading.local):
    """Of each thread: what one step reads, and what it writes."""

    def __init__(self) -> None:
        self.even, self.odd = _Memory(), _Memory()


_KEPT = _Kept()


def triangle_weights(size: int, new_size: int) -> Float32Array:
    """(new_size, size): the share of every old pixel in every new one."""
    scale = size / new_size
    reach = max(scale, 1.0)
    centre = ((np.arange(new_size) + 0.5) * scale)[:, None]
    pixel = np.arange(size)
    first, stop = (centre - reach + 0.5).astype(np.int64), (centre + reach + 0.5).astype(np.int64)
    weight = np.maximum(1 - np.abs(pixel + 0.5 - centre) / reach, 0) * ((pixel >= first) & (pixel < stop))
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def _apply(bands: _Bands, source: Float32Array, result: Float32Array) -> None:
    """Both (n, m, 3), along the first axis."""
    rows, written = source.reshape(len(source), -1), result.reshape(len(result), -1)
    for start, first, weight in bands:
        np.matmul(weight, rows[first : first + weight.shape[1]], out=written[start : start + len(weight)])


@lru_cache(maxsize=128)
def _bands(size: int, new_size: int) -> _Bands:
    """The weights of an axis cut into (first new value, first old value, dense block of weights).

    Kept, because a training meets thousands of cameras, but few sizes of pictures.
    """
    weights = triangle_weights(size, new_size)
    bands = []
    for start in range(0, new_size, _BLOCK):
        rows = weights[start : start + _BLOCK]
        used = np.flatnonzero(rows.any(0))
        block = np.ascontiguousarray(rows[:, used[0] : used[-1] + 1])
        block.setflags(write=False)
        bands.append((start, int(used[0]), block))
    return tuple(bands)


def resize_mask(mask: BoolArray, width: int, height: int) -> BoolArray:
    """Resize (H, W) to the nearest pixel, rounded down."""
    rows, columns = nearest(mask.shape[0], height), nearest(mask.shape[1], width)
    return mask[rows][:, columns]


def nearest(size: int, new_size: int) -> IntArray:
    """For every pixel after a resize, the pixel before it that a nearest (rounding down) resize takes."""
    return np.floor(np.arange(new_size) * (size / new_size)).astype(np.int64)
