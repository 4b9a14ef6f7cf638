# SPDX-License-Identifier: Apache-2.0
"""Photometric changes of a picture, in uint8: tables for each value, one matrix for each colour, hue in HSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, UInt8Array

_GREY = np.array([0.299, 0.587, 0.114])  # weights of red, green and blue in brightness as eyes see it (BT.601)
_VALUES = np.arange(256, dtype=np.float64)


class ColourStep(NamedTuple):
    """`kind`: brightness, contrast and saturation are scaled by `amount` (1: as it was); hue is turned by it (0..1)."""

    kind: str
    amount: float


def recoloured(image: UInt8Array, steps: Sequence[ColourStep], valid: BoolArray) -> UInt8Array:
    """(H, W, 3) RGB after the steps, in their order; what is not `valid` is black before and after."""
    if not steps:
        return image
    mask = valid.view(np.uint8)
    for kind, amount in steps:
        if kind == "brightness":
            image = _uint8(cv2.LUT(image, _table(_VALUES * amount)))
        elif kind == "contrast":
            grey = float(np.dot(_GREY, cv2.mean(image, mask)[:3]))
            image = _uint8(cv2.LUT(image, _table(_VALUES * amount + grey * (1 - amount))))
        elif kind == "saturation":
            image = _uint8(cv2.transform(image, _saturation(amount)))
        elif kind == "hue":
            image = _hue_turned(image, amount)
        else:
            raise ValueError(f"colour step {kind!r}: no such kind")
    return _uint8(cv2.copyTo(image, mask))


def _table(values: Array) -> UInt8Array:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _saturation(amount: float) -> Float32Array:
    """(3, 3): between a picture (1) and its grey (0), or beyond."""
    return (amount * np.eye(3) + (1 - amount) * _GREY).astype(np.float32)


def _hue_turned(image: UInt8Array, amount: float) -> UInt8Array:
    turned = _uint8(cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL))
    turned[..., 0] += np.uint8(round(amount * 256) % 256)  # a full turn has 256 steps, so that overflow is right
    return _uint8(cv2.cvtColor(turned, cv2.COLOR_HSV2RGB_FULL))


def _uint8(image: Array) -> UInt8Array:
    """OpenCV keeps the type of what it is given, but its annotations do not say so."""
    return image.astype(np.uint8, copy=False)
