# SPDX-License-Identifier: Apache-2.0
"""A camera frame and gravity -> the network's input: undistorted, level, resized, padded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mia_ros import warp_exact
from mia_ros.arrays import Array, BoolArray, UInt8Array, share_of
from mia_ros.camera import Camera
from mia_ros.errors import FrameError, TiltError
from mia_ros.gravity import Gravity
from mia_ros.resample import TriangleResize, resize_mask
from mia_ros.warp_fast import FastWarp

#: The network's input, pixels a side.
INPUT_SIZE = 512
#: Least share of the levelled frame that must be picture (DESIGN: beyond that the network would see black).
MIN_VALID = 0.35


@dataclass(frozen=True)
class View:
    """What the network sees: a level pinhole view, padded at the right and the bottom.

    image: (H, W, 3), float32 in 0..1 if exact, else uint8; channels as in the frame. valid: (H, W) bool, where the
    frame covers it. camera: its pinhole, with the padded size. gravity: what the frame was levelled with.
    picture_height: rows above the padding.
    """

    image: Array
    valid: BoolArray
    camera: Camera
    gravity: Gravity
    picture_height: int


class Rectifier:
    """Turns frames of one camera into views for the network.

    The longer side becomes `size` pixels and the view is padded to a square. With `target_focal` (pixels) the focal
    length is brought there instead. With `multiple`, both sides are padded to the next multiple of it, not to a square.
    `exact`: the published float32 steps, for training and parity; otherwise the robot's fast way. Less than
    `min_valid` of the levelled frame being picture raises TiltError.
    """

    def __init__(
        self,
        camera: Camera,
        size: int = INPUT_SIZE,
        exact: bool = False,
        *,
        target_focal: float | None = None,
        multiple: int | None = None,
        min_valid: float = MIN_VALID,
    ) -> None:
        for name, value in (("size", size), ("target_focal", target_focal), ("multiple", multiple)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise FrameError(f"{name}: {value} is not positive")
        self.camera = camera
        self.exact = exact
        self.min_valid = min_valid
        self._picture = _resized(camera.pinhole(), size, target_focal)
        width, height = self._picture.width, self._picture.height
        if multiple is not None:
            width, height = (math.ceil(side / multiple) * multiple for side in (width, height))
        elif target_focal is None:
            width = height = size
        self.view_camera = replace(self._picture, width=width, height=height)
        width, height = self._picture.width, self._picture.height
        self._fast = None if exact else FastWarp(camera, width, height)
        self._resize = TriangleResize(camera.width, camera.height, width, height) if exact else None

    def __call__(self, frame: UInt8Array, gravity: Gravity) -> View:
        """Frame (H, W, 3) uint8, RGB or BGR, and gravity in the axes of the (turned) image -> what the network sees."""
        self.camera.check_frame(frame)
        picture, valid = self._level(frame, gravity)
        self._check_tilt(valid, gravity)
        height, width = valid.shape
        shape = self.view_camera.height, self.view_camera.width
        image, mask = np.zeros((*shape, 3), picture.dtype), np.zeros(shape, np.bool_)
        image[:height, :width], mask[:height, :width] = picture, valid
        return View(image, mask, self.view_camera, gravity, height)

    def _level(self, frame: UInt8Array, gravity: Gravity) -> tuple[Array, BoolArray]:
        if self._fast is not None:
            return self._fast(frame, gravity)
        assert self._resize is not None
        image, valid = warp_exact.level(frame, self.camera, gravity)
        return np.clip(self._resize(image), 0, 1), resize_mask(valid, self._picture.width, self._picture.height)

    def _check_tilt(self, valid: BoolArray, gravity: Gravity) -> None:
        share = share_of(valid)
        if share < self.min_valid:
            raise TiltError(
                f"gravity: roll {math.degrees(gravity.roll):.1f} deg and pitch {math.degrees(gravity.pitch):.1f} deg "
                f"leave {share:.0%} of the levelled frame as picture, less than {self.min_valid:.0%}: no map; is the "
                f"IMU-to-camera rotation right, or does the camera need `rotate`?"
            )


def picture_rows(width: int, height: int, size: int = INPUT_SIZE) -> int:
    """Rows of the picture in the view of upright frames of that size; below them is padding."""
    return max(round(height * size / max(width, height)), 1)


def _resized(camera: Camera, size: int, target_focal: float | None) -> Camera:
    if target_focal is None:
        scale = size / max(camera.width, camera.height)
        width, height = round(camera.width * scale), round(camera.height * scale)
        # The published way scales the intrinsics by the nominal factor, not by the rounded sizes.
        return camera.scaled(scale, scale, max(width, 1), max(height, 1))
    width, height = int(camera.width * target_focal / camera.fx), int(camera.height * target_focal / camera.fy)
    width, height = max(width, 1), max(height, 1)
    return camera.scaled(width / camera.width, height / camera.height, width, height)
