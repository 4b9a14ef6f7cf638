# SPDX-License-Identifier: Apache-2.0
"""Views for calibration and verification: photos as the robot would see them, or drawn ones where there are none."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from mia_ros.camera import Camera
from mia_ros.demo import STREET_CAMERA
from mia_ros.gravity import LEVEL, Gravity
from mia_ros.pictures import read_image
from mia_ros.rectify import INPUT_SIZE, Rectifier, View
from mia_ros.street import draw_street
from offline_tools.errors import ExportError
from offline_tools.export.quantise import Frame

_SUFFIXES = (".jpg", ".jpeg", ".png")
#: A photo says nothing certain of its camera; a field of view of 70 degrees is that of a phone or a webcam.
_FIELD_OF_VIEW = math.radians(70)


def photo_frames(folder: Path, height: int, most: int) -> list[Frame]:
    """At most `most` photos below `folder`, spread evenly, cut to the engine's shape, as levelled views."""
    photos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not photos:
        raise ExportError(f"frames {folder}: no photo ({', '.join(_SUFFIXES)}) in it")
    chosen = [photos[index * len(photos) // most] for index in range(most)] if len(photos) > most else photos
    return [_photo(path, height) for path in chosen]


def drawn_frames(height: int, count: int = 4) -> list[Frame]:
    """Views of the drawn street, tilted differently each time."""
    frames = []
    for index in range(count):
        gravity = Gravity.from_roll_pitch(math.radians(3 * index - 4), math.radians(2 * index - 2))
        view = Rectifier(STREET_CAMERA)(draw_street(STREET_CAMERA, gravity), gravity)
        frames.append(_frame(view, height))
    return frames


def _photo(path: Path, height: int) -> Frame:
    """The photo's middle with the engine's shape; taken as level, which changes nothing for comparing two engines."""
    image = read_image(path)
    wanted = height / INPUT_SIZE
    rows, columns = image.shape[:2]
    rows, columns = min(rows, round(columns * wanted)), min(columns, round(rows / wanted))
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    cut = np.ascontiguousarray(image[top : top + rows, left : left + columns])
    focal = columns / 2 / math.tan(_FIELD_OF_VIEW / 2)
    camera = Camera(columns, rows, focal, focal, (columns - 1) / 2, (rows - 1) / 2)
    return _frame(Rectifier(camera)(cut, LEVEL), height)


def _frame(view: View, height: int) -> Frame:
    camera = view.camera
    image = cv2.cvtColor(view.image[:height], cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    return image, np.array([camera.fx, camera.fy, camera.cx, camera.cy], np.float32)
