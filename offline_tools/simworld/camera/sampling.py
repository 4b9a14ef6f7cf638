# SPDX-License-Identifier: Apache-2.0
"""Looking up textures, between their pixels and in the copy that fits the size of a picture's pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import UInt8Array
from offline_tools.simworld.compiled import inlined

UInt32Array = npt.NDArray[np.uint32]

_LOW, _HIGH = np.uint64(0x00FF00FF), np.uint64(0xFF00FF00)
_APART, _BYTE, _RED, _GREEN, _FOURTH = (np.uint64(bits) for bits in (24, 8, 24, 40, 56))
_ONE, _MASK = np.uint64(256), np.uint64(255)


@inlined
def level_of(pixels: float, last: int) -> int:
    """The copy in which about one pixel is covered by what covers `pixels` of the largest."""
    level = 0
    while pixels > 1.3 and level < last:
        pixels *= 0.5
        level += 1
    return level


@inlined
def start_of(side: int, level: int) -> int:
    """Where a copy starts in a pyramid of squares, `side` the edge of the largest."""
    start = 0
    for _ in range(level):
        start += side * side
        side >>= 1
    return start


@inlined
def _lanes(pixel: int) -> np.uint64:
    """Four channels of 8 bits, each moved into 16 bits of its own, so that one product weighs all of them."""
    wide = np.uint64(pixel)
    return (wide & _LOW) | ((wide & _HIGH) << _APART)


@inlined
def blend(pixels: UInt32Array, a: int, b: int, below: int, x: float, y: float) -> tuple[float, float, float, float]:
    """Four channels between the pixels `a` and `b` and those `below` them, at x, y from 0 to 1 between them."""
    u, v = np.uint64(x * 256.0), np.uint64(y * 256.0)
    both = (u * v) >> _BYTE
    mixed = _lanes(pixels[a]) * (_ONE - u - v + both) + _lanes(pixels[b]) * (u - both)
    mixed += _lanes(pixels[a + below]) * (v - both) + _lanes(pixels[b + below]) * both
    return (
        float(np.int64((mixed >> _BYTE) & _MASK)),
        float(np.int64((mixed >> _GREEN) & _MASK)),
        float(np.int64((mixed >> _RED) & _MASK)),
        float(np.int64((mixed >> _FOURTH) & _MASK)),
    )


@inlined
def sample(
    tile: UInt32Array, side: int, level: int, u: float, v: float, repeats: bool
) -> tuple[float, float, float, float]:
    """Four channels of a tile, at u, v in tiles; beyond its edge it repeats, or goes on as at the edge."""
    start, edge = start_of(side, level), side >> level
    x, y = u * edge - 0.5, v * edge - 0.5
    fx, fy = np.floor(x), np.floor(y)
    x -= fx
    y -= fy
    if repeats:
        x0, y0 = int(fx) & (edge - 1), int(fy) & (edge - 1)
        x1, y1 = (x0 + 1) & (edge - 1), (y0 + 1) & (edge - 1)
    else:
        x0, y0 = min(max(int(fx), 0), edge - 1), min(max(int(fy), 0), edge - 1)
        x1, y1 = min(max(int(fx) + 1, 0), edge - 1), min(max(int(fy) + 1, 0), edge - 1)
    row = start + y0 * edge
    return blend(tile, row + x0, row + x1, (y1 - y0) * edge, x, y)


@inlined
def noise_at(noise: UInt8Array, x: float, y: float) -> float:
    """Seamless noise at x, y in its pixels, -1 to 1."""
    fx, fy = np.floor(x), np.floor(y)
    x -= fx
    y -= fy
    x0, y0 = int(fx) & 255, int(fy) & 255
    x1, y1 = (x0 + 1) & 255, (y0 + 1) & 255
    value = (1 - y) * ((1 - x) * noise[y0, x0] + x * noise[y0, x1]) + y * ((1 - x) * noise[y1, x0] + x * noise[y1, x1])
    return value / 128.0 - 1.0


@inlined
def hashed(number: int) -> float:
    """A number from 0 to 1 that looks random."""
    mixed = (number * 2654435761) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = (mixed * 2246822519) & 0xFFFFFFFF
    mixed ^= mixed >> 13
    return (mixed & 0xFFFF) / 65535.0
