# SPDX-License-Identifier: Apache-2.0
"""A small drawn street for the demonstration: as a camera sees it, and as the map of its ground."""

from __future__ import annotations

import cv2
import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.grid import GridSpec
from mia_ros.taxonomy import CLASS_INDEX, CLASS_NAMES

#: Ground, lowest layer first: class, colour (BGR), rectangles x0, x1, z0, z1 in metres right and ahead of the camera.
_GROUND = (
    ("terrain", (78, 128, 92), ((-60, 60, 0.2, 120),)),
    ("road", (82, 80, 78), ((-9, -2, 0.2, 120), (-60, 60, 22, 29))),
    ("sidewalk", (150, 160, 166), ((-2, 1.5, 0.2, 22), (-2, 1.5, 29, 120), (-12, -9, 0.2, 22), (-60, -9, 19, 22))),
    ("parking", (96, 88, 104), ((6, 16, 6, 17),)),
    ("crossing", (225, 228, 230), tuple((-2 + 0.9 * i, -1.5 + 0.9 * i, 22, 29) for i in range(4))),
    ("road", (215, 220, 222), tuple((-5.6, -5.4, 2 + 6 * i, 5 + 6 * i) for i in range(3))),
)
#: Buildings: x0, x1, z0, z1, height in metres, colour (BGR); far ones first.
_BUILDINGS = (
    (-30, -14, 60, 75, 14.0, (120, 150, 190)),
    (4, 26, 58, 72, 11.0, (150, 130, 120)),
    (-24, -12.5, 32, 48, 9.0, (105, 125, 175)),
    (3.5, 15, 31, 50, 12.0, (130, 165, 205)),
    (-25, -14, 4, 18, 8.0, (165, 150, 135)),
)
_HEIGHT = 1.1
_SKY = (235, 206, 170)
#: Polygons are cut at this distance ahead of the camera, and their edges into pieces, because a lens bends them.
_NEAR = 0.15
_PIECES = 24


def draw_street(camera: Camera, gravity: Gravity) -> UInt8Array:
    """The frame (H, W, 3) BGR that the camera, 1.1 m above the sidewalk, delivers."""
    width, height = camera.frame_size
    frame = np.full((height, width, 3), _SKY, np.uint8)
    _fill(frame, camera, gravity, _rectangle(-4000, 4000, _NEAR, 4000), (110, 150, 120))
    for _, colour, rectangles in _GROUND:
        for rectangle in rectangles:
            _fill(frame, camera, gravity, _rectangle(*rectangle), colour)
    for x0, x1, z0, z1, top, colour in _BUILDINGS:
        side = x1 if x1 < 0 else x0
        _fill(frame, camera, gravity, _wall((side, z0), (side, z1), top), tuple(0.75 * value for value in colour))
        _fill(frame, camera, gravity, _wall((x0, z0), (x1, z0), top), colour)
        for window in _windows(x0, x1, z0, top):
            _fill(frame, camera, gravity, window, (70, 62, 58))
    return frame


def street_map(grid: GridSpec) -> Float32Array:
    """The truth of the same street: (6, rows, columns), 1 for the one class on which a cell's centre lies, else 0."""
    layers = np.zeros((len(CLASS_NAMES), *grid.shape), np.float32)
    x, z = grid.centres()
    for name, _, rectangles in _GROUND:
        inside = np.zeros(grid.shape, np.bool_)
        for rectangle in rectangles:
            inside |= _inside(x, z, *rectangle)
        if name == "crossing":
            inside = _inside(x, z, -2, 1.5, 22, 29)
        layers[:, inside] = 0
        layers[CLASS_INDEX[name], inside] = 1
    for x0, x1, z0, z1, _, _ in _BUILDINGS:
        inside = _inside(x, z, x0, x1, z0, z1)
        layers[:, inside] = 0
        layers[CLASS_INDEX["building"], inside] = 1
    return layers


def _inside(x: FloatArray, z: FloatArray, x0: float, x1: float, z0: float, z1: float) -> BoolArray:
    return np.asarray((x >= x0) & (x <= x1) & (z >= z0) & (z <= z1))


def _rectangle(x0: float, x1: float, z0: float, z1: float) -> FloatArray:
    return np.array([[x0, _HEIGHT, z0], [x1, _HEIGHT, z0], [x1, _HEIGHT, z1], [x0, _HEIGHT, z1]])


def _wall(start: tuple[float, float], end: tuple[float, float], top: float) -> FloatArray:
    (x0, z0), (x1, z1) = start, end
    return np.array([[x0, _HEIGHT, z0], [x1, _HEIGHT, z1], [x1, _HEIGHT - top, z1], [x0, _HEIGHT - top, z0]])


def _windows(x0: float, x1: float, z: float, top: float) -> list[FloatArray]:
    """Rows of windows on a front wall, about every 3 m."""
    columns, rows = max(1, int((x1 - x0) / 3)), max(1, int(top / 3))
    corners = []
    for column in range(columns):
        left = x0 + (x1 - x0) * (column + 0.3) / columns
        for row in range(rows):
            base = _HEIGHT - top * (row + 0.35) / rows
            corners.append(
                np.array([[left, base, z], [left + 1.2, base, z], [left + 1.2, base - 1.4, z], [left, base - 1.4, z]])
            )
    return corners


def _fill(frame: UInt8Array, camera: Camera, gravity: Gravity, polygon: FloatArray, colour: tuple[float, ...]) -> None:
    """Fill a polygon given in the level camera frame, as the tilted camera sees it."""
    points = _ahead(_subdivided(polygon) @ gravity.rotation().T)
    if len(points) < 3:
        return
    pixels, seen = camera.project_to_frame(points)
    pixels = np.clip(pixels[seen], -1e5, 1e5)
    if len(pixels) > 2:
        cv2.fillPoly(frame, [np.rint(pixels * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _subdivided(polygon: FloatArray) -> FloatArray:
    share = np.linspace(0, 1, _PIECES, endpoint=False)[:, None]
    return np.concatenate([a + (b - a) * share for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True)])


def _ahead(points: FloatArray) -> FloatArray:
    """The part of a polygon that lies at least _NEAR ahead of the camera."""
    kept: list[FloatArray] = []
    for a, b in zip(points, np.roll(points, -1, 0), strict=True):
        if a[2] >= _NEAR:
            kept.append(a)
        if (a[2] >= _NEAR) != (b[2] >= _NEAR):
            kept.append(a + (b - a) * (_NEAR - a[2]) / (b[2] - a[2]))
    return np.array(kept)
