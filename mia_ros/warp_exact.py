# SPDX-License-Identifier: Apache-2.0
"""Levelling as published: at the frame's full size, bilinear in float32, sampled at pixel centres.

Training and parity checks use it, followed by resample.TriangleResize; a robot uses warp_fast.
"""

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity

#: Rows levelled at a time: keeps the float64 coordinates in the cache.
_BLOCK = 64


def level(frame: UInt8Array, camera: Camera, gravity: Gravity) -> tuple[Float32Array, BoolArray]:
    """Frame (H, W, 3) as it arrives -> levelled (height, width, 3) float32 in 0..1 and which pixels the frame covers.

    Bilinear; beyond the frame's outermost pixel centres it fades to zero, as if the frame lay on black.
    """
    image = np.empty((camera.height, camera.width, 3), np.float32)
    valid = np.empty((camera.height, camera.width), np.bool_)
    canvas = np.pad(frame, ((1, 1), (1, 1), (0, 0)))
    for start in range(0, camera.height, _BLOCK):
        rows = slice(start, min(start + _BLOCK, camera.height))
        source, seen = source_pixels(camera, gravity, np.arange(camera.width), np.arange(rows.start, rows.stop))
        image[rows] = _sample(canvas, source, seen)
        valid[rows] = covered(source, camera.frame_size) & seen
    return image, valid


def source_pixels(camera: Camera, gravity: Gravity, x: Array, y: Array) -> tuple[FloatArray, BoolArray]:
    """Where the levelled pinhole's pixels (x, y) lie in the frame: (len(y), len(x), 2), and which the lens images."""
    rays = np.empty((len(y), len(x), 3))
    rays[..., 0] = (np.asarray(x, np.float64) - camera.cx) / camera.fx
    rays[..., 1] = ((np.asarray(y, np.float64) - camera.cy) / camera.fy)[:, None]
    rays[..., 2] = 1.0
    pixels, seen = camera.project_to_frame(rays.reshape(-1, 3) @ gravity.rotation().T)
    return pixels.reshape(len(y), len(x), 2), seen.reshape(len(y), len(x))


def covered(source: FloatArray, size: tuple[int, int]) -> BoolArray:
    """Which positions (..., 2) lie on a pixel of a frame of `size` (width, height), up to the pixels' outer edges."""
    inside = (source >= -0.5) & (source <= np.array(size) - 0.5)
    return np.asarray(inside.all(-1))


def _sample(canvas: UInt8Array, source: FloatArray, seen: BoolArray) -> Float32Array:
    """Bilinear values at `source`; `canvas` is the frame with one black pixel around it."""
    height, width = canvas.shape[:2]
    # Positions beyond the black pixel read it, with weight 1.
    x = np.clip(np.where(seen, source[..., 0], -1.0), -1.0, width - 2.0) + 1
    y = np.clip(np.where(seen, source[..., 1], -1.0), -1.0, height - 2.0) + 1
    left, top = np.minimum(x.astype(np.int64), width - 2), np.minimum(y.astype(np.int64), height - 2)
    right_weight, bottom_weight = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    first = top * width + left
    pixels = canvas.reshape(-1, 3)
    upper, lower = (
        pixels[index] * (1 - right_weight) + pixels[index + 1] * right_weight for index in (first, first + width)
    )
    blended: Float32Array = (upper * (1 - bottom_weight) + lower * bottom_weight) / np.float32(255)
    return blended
