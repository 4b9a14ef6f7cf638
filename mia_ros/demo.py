# SPDX-License-Identifier: Apache-2.0
"""Pictures that show what the package does with a frame: for `mia demo` and `mia level`."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import FrameError
from mia_ros.gravity import Gravity
from mia_ros.grid import NETWORK_GRID
from mia_ros.observation import observed_cells
from mia_ros.rectify import Rectifier, View
from mia_ros.semantic_map import SemanticMap
from mia_ros.street import draw_street, street_map

#: What the drawn street is seen with: a 1280 x 720 webcam with a slight barrel lens, 1.1 m above the ground.
STREET_CAMERA = Camera.from_camera_info(
    1280, 720, [760, 0, 639.5, 0, 760, 359.5, 0, 0, 1], [-0.16, 0.02, 0, 0, 0], "plumb_bob"
)
STREET_GRAVITY = Gravity.from_roll_pitch(math.radians(9), math.radians(6))
STREET_HEIGHT = 1.1

_PANEL = 512
_CAPTION = 36
_MARK = (40, 40, 230)


def street_sheet() -> UInt8Array:
    """The drawn street from a tilted camera, the network's input made from it, and the street's own map: BGR."""
    frame = draw_street(STREET_CAMERA, STREET_GRAVITY)
    view = Rectifier(STREET_CAMERA)(frame, STREET_GRAVITY)
    truth = SemanticMap(street_map(NETWORK_GRID), observed_cells(view, STREET_HEIGHT))
    return _side_by_side(
        _frame_panel(frame, STREET_CAMERA, STREET_GRAVITY, "camera: tilted, with lens; its horizon in red"),
        _view_panel(view),
        _panel(
            cv2.resize(truth.image(), (_PANEL, _PANEL), interpolation=cv2.INTER_NEAREST),
            "the street's true map, 50 m ahead and 25 m to each side",
        ),
    )


def level_sheet(frame: UInt8Array, camera: Camera, gravity: Gravity) -> tuple[UInt8Array, View]:
    """A frame (H, W, 3) BGR beside the network's input made from it."""
    view = Rectifier(camera)(frame, gravity)
    return _side_by_side(
        _frame_panel(frame, camera, gravity, "as it arrives; its horizon in red"), _view_panel(view)
    ), view


def read_image(path: Path) -> UInt8Array:
    """(H, W, 3) BGR as the camera stored it, its EXIF orientation not applied: camera_info describes that."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise FrameError(f"image {path}: cannot be read: {error.strerror}") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as error:
        raise FrameError(f"out {path}: cannot be written: {error.strerror}") from error


def _frame_panel(frame: UInt8Array, camera: Camera, gravity: Gravity, caption: str) -> UInt8Array:
    marked = frame.copy()
    for pixel in _horizon(camera, gravity):
        cv2.circle(marked, (round(pixel[0]), round(pixel[1])), max(2, frame.shape[1] // 400), _MARK, -1, cv2.LINE_AA)
    for _ in range(camera.rotate // 90):
        marked = np.rot90(marked, -1)
    scale = _PANEL / max(marked.shape[:2])
    return _panel(
        cv2.resize(np.ascontiguousarray(marked), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), caption
    )


def _horizon(camera: Camera, gravity: Gravity) -> list[list[float]]:
    """Pixels of the frame as it arrives where the horizon appears."""
    bearing = np.radians(np.arange(-89, 89, 0.5))
    level = np.stack([np.sin(bearing), np.zeros_like(bearing), np.cos(bearing)], 1)
    pixels, seen = camera.project_to_frame(level @ gravity.rotation().T)
    inside = seen & (pixels >= 0).all(1) & (pixels < camera.frame_size).all(1)
    return [[float(value) for value in pixel] for pixel in pixels[inside]]


def _view_panel(view: View) -> UInt8Array:
    image = view.image.copy()
    row = round(view.camera.cy)
    cv2.line(image, (0, row), (image.shape[1] - 1, row), _MARK, 1, cv2.LINE_AA)
    return _panel(image, f"what the network sees: level, {image.shape[1]} x {image.shape[0]}")


def _panel(image: UInt8Array, caption: str) -> UInt8Array:
    canvas = np.full((_PANEL + _CAPTION, _PANEL, 3), 255, np.uint8)
    height, width = image.shape[:2]
    canvas[_CAPTION : _CAPTION + height, :width] = image
    cv2.putText(canvas, caption, (6, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40), 1, cv2.LINE_AA)
    return canvas


def _side_by_side(*panels: UInt8Array) -> UInt8Array:
    gap = np.full((_PANEL + _CAPTION, 12, 3), 255, np.uint8)
    joined = [panels[0]]
    for panel in panels[1:]:
        joined += [gap, panel]
    return np.concatenate(joined, 1)
