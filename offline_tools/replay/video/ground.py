# SPDX-License-Identifier: Apache-2.0
"""Ground: maps laid along the driven path, in the axes of the world, the newest on top."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import UNOBSERVED_COLOUR

if TYPE_CHECKING:
    from offline_tools.replay.trajectory import GroundPose

#: Metres a pixel, and the side of the canvas, pixels: what lies farther away is forgotten.
RESOLUTION, _SIDE = 0.25, 2048
_BACKGROUND = UNOBSERVED_COLOUR[::-1]
_PATH, _ROBOT, _SHADE = (255, 255, 255), (60, 60, 235), (20, 20, 20)
#: Points of the path that are kept, and how far apart they are, m.
_POINTS, _APART = 4000, 0.3


class _Place(NamedTuple):
    x: float
    y: float


class Ground:
    """A window on the world that moves on with the robot; up is the y axis, north where there is GPS."""

    def __init__(self) -> None:
        self._picture = np.full((_SIDE, _SIDE, 3), _BACKGROUND, np.uint8)
        self._middle: _Place | None = None  # what the canvas's middle shows
        self._path: deque[_Place] = deque(maxlen=_POINTS)

    def lay(self, semantic_map: SemanticMap, colours: UInt8Array, pose: GroundPose) -> None:
        """Put a map down where it was seen from; colours: its picture, (rows, columns, 3) BGR."""
        self._follow(pose)
        to_canvas = self._to_canvas(semantic_map, pose)
        corners = to_canvas @ _corners(semantic_map)
        left, top = np.floor(corners.min(1)).astype(int).tolist()
        right, bottom = np.ceil(corners.max(1)).astype(int).tolist()
        if left < 0 or top < 0 or right >= _SIDE or bottom >= _SIDE:
            return  # the robot jumped; the next one follows
        to_canvas[:, 2] -= left, top
        size = right - left, bottom - top
        seen = cv2.warpAffine(semantic_map.observed.view(np.uint8), to_canvas, size, flags=cv2.INTER_NEAREST)
        turned = cv2.warpAffine(colours, to_canvas, size, flags=cv2.INTER_NEAREST)
        cv2.copyTo(turned, seen, self._picture[top:bottom, left:right])

    def pass_by(self, pose: GroundPose) -> None:
        """Remember that the robot was there."""
        here = _Place(pose.x, pose.y)
        if not self._path or math.dist(here, self._path[-1]) > _APART:
            self._path.append(here)

    def around(self, pose: GroundPose, width: int, height: int) -> UInt8Array:
        """(height, width, 3) BGR with the robot in the middle."""
        self._follow(pose)
        u, v = self._pixel(_Place(pose.x, pose.y))
        left, top = round(u) - width // 2, round(v) - height // 2
        picture = self._picture[top : top + height, left : left + width].copy()
        self._draw_path(picture, left, top)
        _draw_robot(picture, (u - left, v - top), pose.yaw)
        return picture

    def _follow(self, pose: GroundPose) -> None:
        """Move the canvas on where the robot comes near its edge."""
        if self._middle is None:
            self._middle = _Place(pose.x, pose.y)
        u, v = self._pixel(_Place(pose.x, pose.y))
        if max(abs(u - _SIDE / 2), abs(v - _SIDE / 2)) < _SIDE / 4:
            return
        right, down = round(u - _SIDE / 2), round(v - _SIDE / 2)
        kept = np.full_like(self._picture, _BACKGROUND)
        if max(abs(right), abs(down)) < _SIDE:
            columns, rows = _overlap(right), _overlap(down)
            kept[rows[1], columns[1]] = self._picture[rows[0], columns[0]]
        self._picture = kept
        self._middle = _Place(self._middle.x + right * RESOLUTION, self._middle.y - down * RESOLUTION)

    def _pixel(self, place: _Place) -> tuple[float, float]:
        assert self._middle is not None
        u = _SIDE / 2 + (place.x - self._middle.x) / RESOLUTION
        return u, _SIDE / 2 - (place.y - self._middle.y) / RESOLUTION

    def _to_canvas(self, semantic_map: SemanticMap, pose: GroundPose) -> FloatArray:
        """(2, 3): takes (column, row) of a cell to pixels."""
        grid = semantic_map.grid
        c, s, scale = math.cos(pose.yaw), math.sin(pose.yaw), grid.resolution / RESOLUTION
        # Of cell (0, 0): metres ahead and to the right.
        ahead, right = float(grid.row_centres()[0]), float(grid.column_centres()[0])
        u, v = self._pixel(_Place(pose.x + c * ahead + s * right, pose.y + s * ahead - c * right))
        return np.array([[s * scale, -c * scale, u], [c * scale, s * scale, v]])

    def _draw_path(self, picture: UInt8Array, left: int, top: int) -> None:
        if len(self._path) < 2:
            return
        points = np.array([self._pixel(place) for place in self._path]) - (left, top)
        near = (np.abs(points - (picture.shape[1] / 2, picture.shape[0] / 2)) < 600).all(1)
        points = points[near].round().astype(np.int32)
        cv2.polylines(picture, [points.reshape(-1, 1, 2)], False, _SHADE, 3, cv2.LINE_AA)
        cv2.polylines(picture, [points.reshape(-1, 1, 2)], False, _PATH, 1, cv2.LINE_AA)


def _corners(semantic_map: SemanticMap) -> FloatArray:
    """(3, 4): (column, row, 1) a cell beyond each corner."""
    rows, columns = semantic_map.grid.shape
    return np.array([[-1, columns, -1, columns], [-1, -1, rows, rows], [1, 1, 1, 1]], np.float64)


def _overlap(shift: int) -> tuple[slice, slice]:
    """Where the part that stays was, and where it goes."""
    if shift >= 0:
        return slice(shift, _SIDE), slice(0, _SIDE - shift)
    return slice(0, _SIDE + shift), slice(-shift, _SIDE)


def _draw_robot(picture: UInt8Array, at: tuple[float, float], yaw: float) -> None:
    c, s = math.cos(yaw), math.sin(yaw)
    shape = np.array([[12, 0], [-7, 7], [-3, 0], [-7, -7]]) @ np.array([[c, -s], [-s, -c]])
    points = (shape + at).round().astype(np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(picture, [points], _ROBOT, cv2.LINE_AA)
    cv2.polylines(picture, [points], True, _PATH, 1, cv2.LINE_AA)
