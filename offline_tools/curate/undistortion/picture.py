# SPDX-License-Identifier: Apache-2.0
"""What undistortion gives, how large it may be, and turning it upright."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import FrameError

#: The published pictures' longer side.
SIZE = 512
#: A photo's sides: below, there is nothing to see; above, OpenCV's maps end.
SMALLEST_SIDE, LARGEST_SIDE = 16, 32_000

#: Clockwise turns, in degrees, that make a stored picture upright, by EXIF orientation. The others are mirrored.
_TURNS = {1: 0, 3: 180, 6: 90, 8: 270}
_ROTATE = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class Undistorted:
    """A pinhole picture.

    image: (H, W, 3) uint8, channels as in the photo. camera: its pinhole. covered: the share of it that the photo
    shows; the rest is black. rotation: (3, 3), from the axes of this camera to those of the photo's (x right, y down,
    z forward), so the pose of this camera is R_c2w @ rotation.
    """

    image: UInt8Array
    camera: Camera
    covered: float
    rotation: FloatArray


def check_photo(image: UInt8Array) -> None:
    """Refuse what is no photo of a usable size."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        shape, dtype = getattr(image, "shape", ()), getattr(image, "dtype", type(image).__name__)
        raise FrameError(f"photo: {shape} of {dtype}, want (height, width, 3) uint8")
    if not (min(image.shape[:2]) >= SMALLEST_SIDE and max(image.shape[:2]) <= LARGEST_SIDE):
        raise FrameError(
            f"photo: {image.shape[1]} x {image.shape[0]} pixels, want {SMALLEST_SIDE} to {LARGEST_SIDE} a side"
        )


def turn_of(orientation: int) -> int:
    """Degrees clockwise that make a stored picture upright; refuses mirrored pictures, which no camera takes."""
    if orientation not in _TURNS:
        kind = "a mirrored picture" if orientation in (2, 4, 5, 7) else "no EXIF orientation"
        raise FrameError(f"exif_orientation: {str(orientation)[:20]} is {kind}; want 1, 3, 6 or 8: filter it out")
    return _TURNS[orientation]


def turned(view: Undistorted, degrees: int) -> Undistorted:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    if degrees == 0:
        return view
    image = np.asarray(cv2.rotate(view.image, _ROTATE[degrees]), np.uint8)
    rotation = view.rotation @ _turn_matrix(degrees)
    return replace(view, image=image, camera=view.camera.turned(degrees).pinhole(), rotation=rotation)


def _turn_matrix(degrees: int) -> FloatArray:
    """A quarter turn clockwise takes what was up to the right, and what was right to below."""
    quarter = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    return np.linalg.matrix_power(quarter, degrees // 90)
