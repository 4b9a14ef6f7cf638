# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/Image and CompressedImage <-> (H, W, 3) uint8 BGR."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, UInt8Array
from mia_ros.errors import FrameError, MessageError
from mia_ros.nodes.convert.factory import Messages
from mia_ros.nodes.convert.stamps import header


class _Encoding(NamedTuple):
    channels: int
    bits: int
    to_bgr: int | None  # OpenCV's conversion; None: it is BGR


#: OpenCV names a Bayer pattern by the second row's second and third pixel, ROS by the first row and the second.
_ENCODINGS = {
    "bgr8": _Encoding(3, 8, None),
    "8UC3": _Encoding(3, 8, None),
    "rgb8": _Encoding(3, 8, cv2.COLOR_RGB2BGR),
    "bgra8": _Encoding(4, 8, cv2.COLOR_BGRA2BGR),
    "8UC4": _Encoding(4, 8, cv2.COLOR_BGRA2BGR),
    "rgba8": _Encoding(4, 8, cv2.COLOR_RGBA2BGR),
    "mono8": _Encoding(1, 8, cv2.COLOR_GRAY2BGR),
    "8UC1": _Encoding(1, 8, cv2.COLOR_GRAY2BGR),
    "yuv422": _Encoding(2, 8, cv2.COLOR_YUV2BGR_UYVY),
    "uyvy": _Encoding(2, 8, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422_yuy2": _Encoding(2, 8, cv2.COLOR_YUV2BGR_YUY2),
    "yuyv": _Encoding(2, 8, cv2.COLOR_YUV2BGR_YUY2),
    "bayer_rggb8": _Encoding(1, 8, cv2.COLOR_BayerBG2BGR),
    "bayer_bggr8": _Encoding(1, 8, cv2.COLOR_BayerRG2BGR),
    "bayer_gbrg8": _Encoding(1, 8, cv2.COLOR_BayerGR2BGR),
    "bayer_grbg8": _Encoding(1, 8, cv2.COLOR_BayerGB2BGR),
    "bgr16": _Encoding(3, 16, None),
    "16UC3": _Encoding(3, 16, None),
    "rgb16": _Encoding(3, 16, cv2.COLOR_RGB2BGR),
    "bgra16": _Encoding(4, 16, cv2.COLOR_BGRA2BGR),
    "rgba16": _Encoding(4, 16, cv2.COLOR_RGBA2BGR),
    "mono16": _Encoding(1, 16, cv2.COLOR_GRAY2BGR),
    "bayer_rggb16": _Encoding(1, 16, cv2.COLOR_BayerBG2BGR),
    "bayer_bggr16": _Encoding(1, 16, cv2.COLOR_BayerRG2BGR),
    "bayer_gbrg16": _Encoding(1, 16, cv2.COLOR_BayerGR2BGR),
    "bayer_grbg16": _Encoding(1, 16, cv2.COLOR_BayerGB2BGR),
}


def read_image(message: Any) -> UInt8Array:
    """The frame of an Image or a CompressedImage, BGR; 16 bits are cut to the upper 8."""
    return _raw(message) if hasattr(message, "encoding") else _compressed(message)


def image_message(messages: Messages, frame: UInt8Array, stamp: int, frame_id: str) -> Any:
    """sensor_msgs/Image, bgr8."""
    height, width = frame.shape[:2]
    return messages.make(
        "sensor_msgs/msg/Image",
        header=header(messages, stamp, frame_id),
        height=height,
        width=width,
        encoding="bgr8",
        is_bigendian=0,
        step=3 * width,
        data=messages.sequence(np.ascontiguousarray(frame).reshape(-1)),
    )


def compressed_image_message(
    messages: Messages, frame: UInt8Array, stamp: int, frame_id: str, *, form: str = "jpeg", quality: int = 90
) -> Any:
    """sensor_msgs/CompressedImage of a BGR frame, as image_transport sends it; `form` jpeg or png."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if form == "jpeg" else [cv2.IMWRITE_PNG_COMPRESSION, 3]
    done, data = cv2.imencode(".jpg" if form == "jpeg" else ".png", frame, options)
    if not done:
        raise FrameError(f"frame: shape {frame.shape}, dtype {frame.dtype} cannot be written as {form}")
    return messages.make(
        "sensor_msgs/msg/CompressedImage",
        header=header(messages, stamp, frame_id),
        format=f"bgr8; {form} compressed bgr8",
        data=messages.sequence(data.reshape(-1)),
    )


def _compressed(message: Any) -> UInt8Array:
    data = np.frombuffer(message.data, np.uint8)
    # The pixels as the camera sent them: a tag that says how to hold the photo must not turn what is calibrated.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    frame = cv2.imdecode(data, flags) if len(data) else None
    if frame is None:
        raise MessageError(f"data: {len(data)} bytes are no picture that can be decoded (format: '{message.format}')")
    return np.asarray(frame, np.uint8)


def _raw(message: Any) -> UInt8Array:
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise MessageError(f"encoding: '{message.encoding}' is not known; known are {', '.join(_ENCODINGS)}")
    pixels = _pixels(message, encoding)
    if encoding.bits == 16:
        pixels = (pixels >> 8).astype(np.uint8)
    if encoding.to_bgr is None:
        return np.ascontiguousarray(pixels)
    _check_pattern(message, pixels)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), encoding.to_bgr), np.uint8)


def _pixels(message: Any, encoding: _Encoding) -> Array:
    """(H, W, channels), or (H, W) where there is one, without the padding at the rows' ends."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    row = width * encoding.channels * encoding.bits // 8
    data = np.frombuffer(message.data, np.uint8)
    if height < 1 or width < 1:
        raise MessageError(f"height, width: {height} x {width} pixels; the image is empty")
    if step < row:
        raise MessageError(f"step: {step} bytes, but {width} pixels of '{message.encoding}' need {row}")
    if len(data) < step * height:
        raise MessageError(f"data: {len(data)} bytes, but {height} rows of step {step} need {step * height}")
    rows = data[: step * height].reshape(height, step)[:, :row]
    if encoding.bits == 16:
        rows = np.ascontiguousarray(rows).view(">u2" if message.is_bigendian else "<u2")
    return rows.reshape(height, width, encoding.channels) if encoding.channels > 1 else rows.reshape(height, width)


def _check_pattern(message: Any, pixels: Array) -> None:
    """What has colours over pairs of pixels needs even sizes."""
    paired = message.encoding.startswith(("bayer", "yu", "uyvy"))
    if paired and (pixels.shape[1] % 2 or (message.encoding.startswith("bayer") and pixels.shape[0] % 2)):
        raise MessageError(f"width, height: {message.width} x {message.height} is odd for '{message.encoding}'")
