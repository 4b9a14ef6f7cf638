# SPDX-License-Identifier: Apache-2.0
"""A moment of a replay in pictures: the photo, what the network saw of it, its map, and the true one if known."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from mia_ros.arrays import Array, UInt8Array
from mia_ros.rectify import View
from mia_ros.semantic_map import SemanticMap

_PHOTO = 400  # pixels, the longer side
_JPEG_QUALITY = 82


@dataclass(frozen=True)
class Picture:
    """What the page shows of one image; the pictures are data URIs, "" where there is none."""

    title: str
    caption: str
    photo: str = ""
    level: str = ""
    found: str = ""
    true: str = ""


def picture_of(
    title: str,
    caption: str,
    frame: UInt8Array | None,
    view: View | None = None,
    found: SemanticMap | None = None,
    truth: SemanticMap | None = None,
) -> Picture:
    """Of a frame (H, W, 3) BGR, its levelled view (BGR), and maps; what is None is left out."""
    return Picture(
        title,
        caption,
        photo="" if frame is None else _uri(_small(frame), ".jpg"),
        level="" if view is None else _uri(_small(_cropped(view)), ".jpg"),
        found="" if found is None else _uri(found.image(), ".png"),
        true="" if truth is None else _uri(truth.image(), ".png"),
    )


def _cropped(view: View) -> UInt8Array:
    """Without the network's padding at the right and the bottom."""
    image = view.image if view.image.dtype == np.uint8 else (view.image * 255).round().astype(np.uint8)
    if not view.valid.any():
        return np.asarray(image, np.uint8)
    rows, columns = (int(np.flatnonzero(view.valid.any(axis)).max()) + 1 for axis in (1, 0))
    return np.asarray(image[:rows, :columns], np.uint8)


def _small(picture: Array) -> Array:
    scale = _PHOTO / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _uri(picture: Array, suffix: str) -> str:
    flags = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    ok, data = cv2.imencode(suffix, np.ascontiguousarray(picture), flags)
    assert ok  # both are built into every OpenCV
    kind = "jpeg" if suffix == ".jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
