# SPDX-License-Identifier: Apache-2.0
"""Photos for the viewer: compressed, as the camera sent them where it compressed them itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import read_image
from mia_ros.rectify import INPUT_SIZE, Rectifier

_QUALITY = 90
#: How files of these kinds begin.
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


class Encoded(NamedTuple):
    """A picture file's content and its media type."""

    data: bytes
    kind: str


def encoded_photo(message: Any) -> Encoded:
    """Of an Image or a CompressedImage; a JPEG or a PNG passes untouched. Raises MessageError."""
    if not hasattr(message, "encoding"):
        data = bytes(message.data)
        for start, kind in _KINDS.items():
            if data.startswith(start):
                return Encoded(data, kind)
    return as_jpeg(read_image(message))


def as_jpeg(picture: UInt8Array) -> Encoded:
    """(H, W, 3) BGR, or (H, W) grey."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Encoded(data.tobytes(), "image/jpeg")


class Levelled(NamedTuple):
    """A levelled photo without the network's padding, and the row of its horizon."""

    picture: UInt8Array
    horizon: float


class Leveller:
    """Levels the photos of one camera as the network sees them."""

    def __init__(self, camera: Camera) -> None:
        self._rectifier = Rectifier(camera, min_valid=0.0)
        pinhole = camera.pinhole()
        scale = INPUT_SIZE / max(pinhole.width, pinhole.height)
        self._size = round(pinhole.height * scale), round(pinhole.width * scale)
        self._rotate = camera.rotate

    def __call__(self, frame: UInt8Array, gravity: Gravity) -> Levelled:
        """Frame (H, W, 3) BGR and gravity in the optical frame of the image, both as they arrive."""
        view = self._rectifier(frame, gravity.turned(self._rotate))
        height, width = self._size
        return Levelled(view.image[:height, :width], view.camera.cy)
