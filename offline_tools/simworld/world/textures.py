# SPDX-License-Identifier: Apache-2.0
"""Tiles of texture: a square of pixels and its smaller copies, packed for the camera."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray, UInt8Array

_KINDS = 5  # fields of each sort that are kept; each use shifts one of them


def noise(size: int, grain: float, dice: np.random.Generator) -> FloatArray:
    """(size, size) that repeats seamlessly, of mean 0 and deviation 1; `grain` is the size of its blobs in pixels."""
    return _shifted(_noise(size, float(grain), int(dice.integers(_KINDS))), dice)


def clouds(size: int, coarsest: float, dice: np.random.Generator) -> FloatArray:
    """Noise of several grains on top of each other."""
    return _shifted(_clouds(size, float(coarsest), int(dice.integers(_KINDS))), dice)


def _shifted(field: FloatArray, dice: np.random.Generator) -> FloatArray:
    down, right = dice.integers(len(field), size=2).tolist()
    rows = np.concatenate([field[down:], field[:down]])
    return np.concatenate([rows[:, right:], rows[:, :right]], axis=1)


@lru_cache(maxsize=256)
def _noise(size: int, grain: float, kind: int) -> FloatArray:
    dice = np.random.default_rng([size, round(grain * 1000), kind])
    spectrum = np.fft.rfft2(dice.standard_normal((size, size)))
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    spectrum *= np.exp(-((fx**2 + fy**2) * (grain * np.pi) ** 2) / 2)
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (size, size))
    return np.asarray(field / max(field.std(), 1e-12))


@lru_cache(maxsize=128)
def _clouds(size: int, coarsest: float, kind: int) -> FloatArray:
    field = np.zeros((size, size))
    grain = coarsest
    while grain >= 1:
        field += _noise(size, grain, kind) * grain**0.6
        grain /= 2
    return np.asarray(field / field.std())


def pyramid(tiles: UInt8Array) -> UInt8Array:
    """(N, S, S, C) -> (N, pixels, C): each tile at full size, then halved down to 1 x 1; S is a power of two."""
    levels = [tiles.reshape(len(tiles), -1, tiles.shape[-1])]
    level: Array = tiles.astype(np.uint16)
    while level.shape[1] > 1:
        level = (level[:, ::2, ::2] + level[:, 1::2, ::2] + level[:, ::2, 1::2] + level[:, 1::2, 1::2] + 2) // 4
        levels.append(level.astype(np.uint8).reshape(len(tiles), -1, tiles.shape[-1]))
    return np.ascontiguousarray(np.concatenate(levels, axis=1))


def to_tile(picture: Array, size: int) -> UInt8Array:
    """Any picture, shrunk to a tile."""
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def to_covered_tile(picture: UInt8Array, size: int) -> UInt8Array:
    """The same where the fourth channel is coverage; colours go on beyond its edge, so that no black mixes in."""
    weight = picture[..., 3:].astype(np.float32)
    packed = np.concatenate([picture[..., :3] * weight / 255, weight], axis=2)
    small = cv2.resize(packed, (size, size), interpolation=cv2.INTER_AREA)
    cover = small[..., 3].copy()
    spread = small
    for sigma in (1.5, 6.0, 40.0):
        thin = small[..., 3:] < 8
        spread = cv2.GaussianBlur(small, (0, 0), sigma)
        small = np.where(thin, spread, small)
    colour = 255 * small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.dstack([colour, cover]).clip(0, 255).astype(np.uint8)
