# SPDX-License-Identifier: Apache-2.0
"""A perspective or fisheye photo -> the pinhole with the same focal length, at most 512 pixels a side."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.errors import CameraError, FrameError
from offline_tools.curate.undistortion.opensfm import SPHERICAL, OpensfmCamera
from offline_tools.curate.undistortion.picture import SIZE, Undistorted, check_photo, turn_of, turned
from offline_tools.curate.undistortion.warp import Plan, Warp

#: Maps that are kept: of 5 to 11 MB each. Photos of one camera should come one after the other.
_KEPT_MAPS = 8


def undistort(image: UInt8Array, camera: OpensfmCamera, *, size: int = SIZE, orientation: int = 1) -> Undistorted:
    """Photo (H, W, 3) uint8, as it is stored -> its pinhole picture, longer side `size` (never enlarged).

    The camera's parameters hold for the picture as it is stored; `orientation`, as in EXIF, turns the result upright.
    Photos may be smaller than the camera's: focal lengths are in units of the longer side.
    """
    check_photo(image)
    check_size(size)
    return through(Plan.of(image.shape[1], image.shape[0], size), image, camera, orientation)


def through(plan: Plan, image: UInt8Array, camera: OpensfmCamera, orientation: int) -> Undistorted:
    """The same with a plan; the image may be as the decoder has shrunk it."""
    degrees = turn_of(orientation)
    if camera.projection == SPHERICAL:
        raise CameraError("camera_type: a spherical photo has no one pinhole; cut it into views")
    warp = _warp(camera, plan)
    return turned(Undistorted(warp(image), camera.pinhole(*plan.result), warp.covered, np.eye(3)), degrees)


def check_size(size: int) -> None:
    """Refuse a size of the result that is none."""
    if not 16 <= size <= 8192:
        raise FrameError(f"size: {size} pixels for the longer side of undistorted photos, want 16 to 8192")


@lru_cache(maxsize=_KEPT_MAPS)
def _warp(camera: OpensfmCamera, plan: Plan) -> Warp:
    """As the published code has it, pixel (u, v) looks along ((u - W/2), (v - H/2), focal): without half pixels."""
    width, height = plan.photo
    focal = camera.focal * max(width, height)
    right, down = plan.columns()[None] - width / 2, plan.rows()[:, None] - height / 2
    scale = camera.scale_of((right / focal) ** 2 + (down / focal) ** 2)
    return Warp(plan, scale * right + width / 2, scale * down + height / 2)
