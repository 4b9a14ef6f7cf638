# SPDX-License-Identifier: Apache-2.0
"""Photos to try things on, and the published rule written down plainly."""

import cv2
import numpy as np

from offline_tools.curate.undistortion import OpensfmCamera


def street(width: int, height: int) -> np.ndarray:
    """A soft picture in which each place has a colour of its own, with some edges in it."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    boxes = ((x * 60).astype(int) + (y * 45).astype(int)) % 2 * 160.0
    return np.stack([255 * x, 255 * y, boxes], -1).astype(np.uint8)


def published(photo: np.ndarray, camera: OpensfmCamera, size: int = 512) -> np.ndarray:
    """Maps at the photo's size, one bilinear remap, one resize by area."""
    height, width = photo.shape[:2]
    side = max(width, height)
    u, v = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    x, y = (u - width / 2) / side / camera.focal, (v - height / 2) / side / camera.focal
    if camera.projection == "fisheye":
        radius = np.hypot(x, y)
        bend = np.divide(np.arctan(radius), radius, out=np.ones_like(radius), where=radius > 0)
        x, y = x * bend, y * bend
    squared = x**2 + y**2
    scale = camera.focal * (1 + camera.k1 * squared + camera.k2 * squared**2) * side
    maps = (x * scale + width / 2).astype(np.float32), (y * scale + height / 2).astype(np.float32)
    full = cv2.remap(photo, *maps, cv2.INTER_LINEAR)
    if side <= size:
        return full
    shape = round(width * size / side), round(height * size / side)
    return cv2.resize(full, shape, interpolation=cv2.INTER_AREA)


def jpeg(photo: np.ndarray, quality: int = 95) -> bytes:
    return cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def grey_levels(image: np.ndarray, wanted: np.ndarray) -> float:
    """Mean difference."""
    assert image.shape == wanted.shape
    return float(np.abs(image.astype(int) - wanted).mean())
