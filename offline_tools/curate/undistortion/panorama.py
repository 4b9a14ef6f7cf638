# SPDX-License-Identifier: Apache-2.0
"""Spherical photos -> four level views of 90 degrees, side by side."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import FrameError
from offline_tools.curate.undistortion.picture import SIZE, Undistorted, check_photo
from offline_tools.curate.undistortion.undistort import check_size
from offline_tools.curate.undistortion.warp import Plan, Warp

VIEWS = 4
#: Photo columns beside a view, so that its edge is interpolated and not black.
_MARGIN = 4
_SAMPLES = 2


def cut_views(image: UInt8Array, *, size: int = SIZE, yaw: float = 0.0) -> tuple[Undistorted, ...]:
    """Photo (H, W, 3) uint8, whose width is the whole turn -> four views of `size` x `size`, at yaw + 0, 90, 180, 270.

    `yaw` (radians, to the right of the photo's middle) is taken to the nearest column; each view's `rotation` says
    where it really looks. What the photo does not show above or below is black.
    """
    check_photo(image)
    check_size(size)
    _check_sphere(image, yaw)
    source = _shrunk(image, size)
    width, height = source.shape[1], source.shape[0]
    warp = _warp(width, height, size)
    pinhole = Camera(size, size, size / 2, size / 2, size / 2 - 0.5, size / 2 - 0.5)
    views = []
    for index in range(VIEWS):
        shift = round((yaw / math.tau + index / VIEWS) * width)
        picture = warp(_columns_around(source, shift))
        views.append(Undistorted(picture, pinhole, warp.covered, _looking(shift * math.tau / width)))
    return tuple(views)


def _check_sphere(image: UInt8Array, yaw: float) -> None:
    height, width = image.shape[:2]
    if height > width / 2 + 2 or width < 64:
        raise FrameError(f"photo: {width} x {height} pixels are no spherical photo: at most half as high as wide")
    if not math.isfinite(yaw):
        raise FrameError(f"yaw: {yaw} is not finite")


def _shrunk(image: UInt8Array, size: int) -> UInt8Array:
    """In the middle of a view the photo has width / (pi * size) pixels for each of its own; two remain to sample."""
    height, width = image.shape[:2]
    shrink = int(width / (math.pi * size) / _SAMPLES)
    if shrink < 2:
        return image
    # Every column is kept, as the last meets the first; the width need not divide.
    shape = round(width / shrink), max(1, round(height / shrink))
    return np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA), np.uint8)


def _columns_around(source: UInt8Array, shift: int) -> UInt8Array:
    """A quarter of the photo, around the column `shift` to the right of the middle, over its seam if need be."""
    width = source.shape[1]
    first = shift + width // 2 - _half(width)
    return np.take(source, np.arange(first, first + 2 * _half(width)), axis=1, mode="wrap")


def _half(width: int) -> int:
    """Columns of 45 degrees and the margin."""
    return width // 8 + _MARGIN


@lru_cache(maxsize=8)
def _warp(width: int, height: int, size: int) -> Warp:
    """For the columns around the middle of a photo of this size."""
    cut = 2 * _half(width)
    plan = Plan((cut, height), (_SAMPLES * size, _SAMPLES * size), (size, size))
    steps = ((np.arange(_SAMPLES * size) + 0.5) / (_SAMPLES * size) - 0.5) * 2
    right, down = np.meshgrid(steps, steps)
    longitude, latitude = np.arctan(right), np.arctan2(down, np.hypot(right, 1))
    # Both angles in units of the width, as OpenSfM has it; the middle lies between pixels where a side is even.
    middle = width / 2 - (width // 2 - _half(width))
    x = longitude * (width / math.tau) + middle - 0.5
    y = latitude * (width / math.tau) + height / 2 - 0.5
    return Warp(plan, x, y)


def _looking(yaw: float) -> FloatArray:
    """From the axes of a view that looks `yaw` to the right to those of the photo."""
    s, c = math.sin(yaw), math.cos(yaw)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
