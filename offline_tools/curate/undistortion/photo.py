# SPDX-License-Identifier: Apache-2.0
"""The bytes of a photo file -> its pinhole pictures. Files come from outside: nothing in them is believed unchecked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.errors import CameraError, FrameError
from offline_tools.curate.undistortion.header import PhotoError, PhotoHeader, read_header
from offline_tools.curate.undistortion.opensfm import SPHERICAL, OpensfmCamera
from offline_tools.curate.undistortion.panorama import cut_views
from offline_tools.curate.undistortion.picture import SIZE, Undistorted
from offline_tools.curate.undistortion.undistort import check_size, through
from offline_tools.curate.undistortion.warp import Plan, decoder_shrink

__all__ = ["PhotoError", "undistort_photo"]

#: How far the shape of a stored photo may be from the API's, relatively: small thumbnails are rounded to whole pixels.
_SHAPE_TOLERANCE = 0.015
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


@dataclass(frozen=True)
class Taken:
    """What the API says of a photo beside its camera.

    orientation: as in EXIF; the result is turned upright. size: (width, height), of which the stored file may have
    fewer but the same shape; None: not known. yaw: radians, for a spherical photo, where the first view looks.
    """

    orientation: int = 1
    size: tuple[int, int] | None = None
    yaw: float = 0.0


AS_STORED = Taken()


def undistort_photo(
    data: bytes, camera: OpensfmCamera, taken: Taken = AS_STORED, *, size: int = SIZE, name: str = "photo"
) -> tuple[Undistorted, ...]:
    """The bytes of a JPEG or PNG file -> one picture, BGR; of a spherical photo four. `name` is for messages.

    The file's own EXIF is not used: the camera's parameters hold for the pixels as they are stored.
    """
    header = read_header(data, name)
    check_size(size)
    try:
        _check_shape(header, taken)
        lossy = header.format == "JPEG"
        shrink = decoder_shrink(_pixels_for_one(header, camera, size)) if lossy else 1
        image = _decoded(data, header, shrink, name)
        if camera.projection == SPHERICAL:
            _check_upright(taken.orientation)
            return cut_views(image, size=size, yaw=taken.yaw)
        plan = Plan.of(header.width, header.height, size, decoded_by=shrink, lossy=lossy)
        return (through(plan, image, camera, taken.orientation),)
    except (CameraError, FrameError) as error:
        raise PhotoError(f"{name}: {error}") from error


def _check_shape(header: PhotoHeader, taken: Taken) -> None:
    """Focal lengths are in units of the longer side, so a photo of another shape would be warped wrongly."""
    if taken.size is None:
        return
    width, height = taken.size
    if not (width > 0 and height > 0):
        raise FrameError(f"width, height: {width} x {height} in the image's metadata; want positive numbers")
    if abs(math.log(header.width * height / (header.height * width))) <= _SHAPE_TOLERANCE:
        return
    raise FrameError(
        f"photo: stored as {header.width} x {header.height}, but its metadata say {width} x {height}: turned, cropped "
        f"or another photo; fetch both anew"
    )


def _check_upright(orientation: int) -> None:
    if orientation != 1:
        raise FrameError(f"exif_orientation: {orientation} for a spherical photo, want 1: filter it out")


def _pixels_for_one(header: PhotoHeader, camera: OpensfmCamera, size: int) -> float:
    """Photo pixels for a pixel of the result; of a spherical photo in the middle of a view, where they are most."""
    if camera.projection == SPHERICAL:
        return header.width / (math.pi * size)
    return max(header.width, header.height) / size


def _decoded(data: bytes, header: PhotoHeader, shrink: int, name: str) -> UInt8Array:
    """(H, W, 3) BGR, shrunk while it is decoded."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[shrink] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise PhotoError(f"{name}: cannot be decoded: {' '.join(str(error).split())[:120]}") from error
    if image is None:
        raise PhotoError(f"{name}: cannot be decoded: damaged {header.format}; fetch it anew")
    if image.shape[:2] != (-(-header.height // shrink), -(-header.width // shrink)):
        raise PhotoError(f"{name}: its header says {header.width} x {header.height}, but it holds another size")
    return np.asarray(image, np.uint8)
