# SPDX-License-Identifier: Apache-2.0
"""Picture files in and out, files that are never half written, and panels side by side."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.errors import FrameError

#: Side of a panel and height of its caption, pixels.
PANEL = 512
CAPTION = 36


def read_image(path: Path) -> UInt8Array:
    """(H, W, 3) BGR as the camera stored it, its EXIF orientation not applied: camera_info describes that."""
    return decode_image(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Of a picture file, as it is."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FrameError(f"image {path}: cannot be read: {error.strerror}") from error


def decode_image(data: bytes, path: Path) -> UInt8Array:
    """Like `read_image`, from the file's content; `path` names it in errors."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:  # claims more pixels than OpenCV decodes
        image = None
    if image is None:
        raise FrameError(f"image {path}: not a picture that OpenCV can read")
    return image.astype(np.uint8, copy=False)


def write_image(path: Path, image: UInt8Array) -> None:
    """Write a picture, making its folder; never leaves half a file."""
    ok, data = (
        cv2.imencode(path.suffix or ".png", image)
        if path.suffix.lower() in (".png", ".jpg", ".jpeg")
        else (False, None)
    )
    if not ok or data is None:
        raise FrameError(f"out {path}: want a file name that ends in .png or .jpg")
    write_bytes(path, data.tobytes())


def write_bytes(path: Path, data: bytes, field: str = "out") -> None:
    """Write a file, making its folder; never leaves half of it. `field` names it in errors."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise FrameError(f"{field} {path}: cannot be written: {error.strerror}") from error


def panel(image: UInt8Array, caption: str) -> UInt8Array:
    """A picture of at most PANEL pixels a side, on white, below its caption."""
    canvas = np.full((PANEL + CAPTION, PANEL, 3), 255, np.uint8)
    height, width = image.shape[:2]
    canvas[CAPTION : CAPTION + height, :width] = image
    cv2.putText(canvas, caption, (6, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40), 1, cv2.LINE_AA)
    return canvas


def side_by_side(*panels: UInt8Array) -> UInt8Array:
    """Panels of one height in a row, with gaps."""
    gap = np.full((PANEL + CAPTION, 12, 3), 255, np.uint8)
    joined = [panels[0]]
    for right in panels[1:]:
        joined += [gap, right]
    return np.concatenate(joined, 1)
