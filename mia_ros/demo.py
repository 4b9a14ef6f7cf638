# SPDX-License-Identifier: Apache-2.0
"""Pictures that show what the package does with a frame: for `mia demo` and `mia level`."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.grid import NETWORK_GRID
from mia_ros.observation import observed_cells
from mia_ros.pictures import PANEL, panel, side_by_side
from mia_ros.rectify import Rectifier, View
from mia_ros.semantic_map import SemanticMap
from mia_ros.street import draw_street, street_map

#: What the drawn street is seen with: a 1280 x 720 webcam with a slight barrel lens, 1.1 m above the ground.
STREET_CAMERA = Camera.from_camera_info(
    1280, 720, [760, 0, 639.5, 0, 760, 359.5, 0, 0, 1], [-0.16, 0.02, 0, 0, 0], "plumb_bob"
)
STREET_GRAVITY = Gravity.from_roll_pitch(math.radians(9), math.radians(6))
STREET_HEIGHT = 1.1

_MARK = (40, 40, 230)


def street_sheet() -> UInt8Array:
    """The drawn street from a tilted camera, the network's input made from it, and the street's own map: BGR."""
    frame = draw_street(STREET_CAMERA, STREET_GRAVITY)
    view = Rectifier(STREET_CAMERA)(frame, STREET_GRAVITY)
    truth = SemanticMap(street_map(NETWORK_GRID), observed_cells(view, STREET_HEIGHT))
    return side_by_side(
        _frame_panel(frame, STREET_CAMERA, STREET_GRAVITY, "camera: tilted, with lens; its horizon in red"),
        view_panel(view),
        panel(
            cv2.resize(truth.image(), (PANEL, PANEL), interpolation=cv2.INTER_NEAREST),
            "the street's true map, 50 m ahead and 25 m to each side",
        ),
    )


def level_sheet(frame: UInt8Array, camera: Camera, gravity: Gravity) -> tuple[UInt8Array, View]:
    """A frame (H, W, 3) BGR beside the network's input made from it."""
    view = Rectifier(camera)(frame, gravity)
    return side_by_side(
        _frame_panel(frame, camera, gravity, "as it arrives; its horizon in red"), view_panel(view)
    ), view


def _frame_panel(frame: UInt8Array, camera: Camera, gravity: Gravity, caption: str) -> UInt8Array:
    marked = frame.copy()
    for pixel in _horizon(camera, gravity):
        cv2.circle(marked, (round(pixel[0]), round(pixel[1])), max(2, frame.shape[1] // 400), _MARK, -1, cv2.LINE_AA)
    for _ in range(camera.rotate // 90):
        marked = np.rot90(marked, -1)
    scale = PANEL / max(marked.shape[:2])
    return panel(
        cv2.resize(np.ascontiguousarray(marked), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), caption
    )


def _horizon(camera: Camera, gravity: Gravity) -> list[list[float]]:
    """Pixels of the frame as it arrives where the horizon appears."""
    bearing = np.radians(np.arange(-89, 89, 0.5))
    level = np.stack([np.sin(bearing), np.zeros_like(bearing), np.cos(bearing)], 1)
    pixels, seen = camera.project_to_frame(level @ gravity.rotation().T)
    inside = seen & (pixels >= 0).all(1) & (pixels < camera.frame_size).all(1)
    return [[float(value) for value in pixel] for pixel in pixels[inside]]


def view_panel(view: View) -> UInt8Array:
    """The network's input (H, W, 3) BGR with its horizon, captioned."""
    image = view.image.copy()
    row = round(view.camera.cy)
    cv2.line(image, (0, row), (image.shape[1] - 1, row), _MARK, 1, cv2.LINE_AA)
    caption = f"what the network sees: level, {image.shape[1]} x {image.shape[0]}"
    if max(image.shape[:2]) != PANEL:
        scale = PANEL / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return panel(image, caption)
