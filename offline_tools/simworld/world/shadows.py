# SPDX-License-Identifier: Apache-2.0
"""Shadows on the ground, as a map of how much sunlight arrives, and how much of the sky is open."""

from __future__ import annotations

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray, UInt8Array
from offline_tools.simworld.world.solids import BOTTOM, HALF, KIND, TOP1, TOP2, X1, X2, Y1, SolidKind, Solids

RESOLUTION = 0.25  # metres
FULL_LIGHT = 190.0  # what stands for all light: stains may be brighter
_SHIFT = 4  # fractional bits of OpenCV's corners


def shadow_map(
    solids: Solids, building: Array, sun: FloatArray, size: int, stains: UInt8Array, *, cast: bool
) -> UInt8Array:
    """(size, size, 2), row 0 in the south: sunlight and light of the sky, FULL_LIGHT is all of it.

    `building`: the same size, bool. `stains`: noise that repeats, and makes the ground a little uneven.
    """
    dark = np.zeros((size, size), np.uint8)
    if cast:
        reach = -sun[:2] / max(float(sun[2]), 0.08)  # of a shadow, for each metre of height
        for index in range(len(solids.look)):
            _cast(dark, solids, index, reach)
        dark[building] = 255
    light = 255 - cv2.blur(dark, (3, 3))
    closed = cv2.blur(cv2.blur(building.astype(np.float32), (17, 17)), (9, 9))
    trees = cv2.blur(_crowns(solids, size), (9, 9))
    openness = np.clip(255 * (1 - 0.75 * closed - 0.35 * trees), 0, 255)
    both = cv2.merge([light, openness.astype(np.uint8)])
    return _stained(both, stains)


def _stained(both: UInt8Array, stains: UInt8Array) -> UInt8Array:
    """A noise pixel is a metre wide."""
    side = round(1.1 / RESOLUTION * len(stains))
    tile = cv2.resize(stains, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    factor = FULL_LIGHT / 255 * (1 + 0.14 * (tile / 128 - 1))
    for down in range(0, len(both), side):
        for right in range(0, len(both), side):
            part = both[down : down + side, right : right + side]
            rows, columns = part.shape[:2]
            part[:] = (part * factor[:rows, :columns, None]).clip(0, 255).astype(np.uint8)
    return both


def _cast(dark: UInt8Array, solids: Solids, index: int, reach: FloatArray) -> None:
    row, kind = solids.geometry[index], solids.look[index, KIND]
    if kind == SolidKind.BILLBOARD:
        _cast_board(dark, row, reach)
    elif kind == SolidKind.FACE:
        corners = solids.corners[solids.look[index, 3]]
        height = corners @ row[:2] + row[2]
        _fill(dark, corners + height[:, None] * reach)
    elif kind != SolidKind.FENCE:
        start, end = row[X1 : Y1 + 1], row[X2 : X2 + 2]
        far, near = end + reach * row[TOP2], start + reach * row[TOP1]
        _fill(dark, np.stack([start + reach * row[BOTTOM], end + reach * row[BOTTOM], far, near]))


def _cast_board(dark: UInt8Array, row: Array, reach: FloatArray) -> None:
    """A pole or a person is a bar, a tree a bar and a blot."""
    foot, half, top = row[:2], float(row[HALF]), float(row[TOP1])
    tree = half > 1.25
    width = 0.15 if tree else min(half, 0.2)
    across = np.array([-reach[1], reach[0]]) / max(float(np.hypot(*reach)), 1e-6) * width
    tip = foot + reach * top * (0.6 if tree else 1.0)
    _fill(dark, np.stack([foot - across, foot + across, tip + across, tip - across]))
    if tree:
        centre = foot + reach * top * 0.65
        long = max(half * 0.75, float(np.hypot(*reach)) * top * 0.33)
        angle = np.arctan2(reach[1], reach[0])
        turn = np.linspace(0, 2 * np.pi, 15)[:-1]
        ragged = 1 + 0.22 * np.sin(turn * 3 + foot[0]) + 0.12 * np.sin(turn * 5 + foot[1])
        x, y = long * np.cos(turn) * ragged, half * 0.75 * np.sin(turn) * ragged
        blot = np.column_stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)])
        _fill(dark, centre + blot)


def _fill(dark: UInt8Array, corners: Array) -> None:
    pixels = np.rint((np.asarray(corners, np.float64) / RESOLUTION - 0.5) * (1 << _SHIFT))
    limit = 1 << 20
    hull = cv2.convexHull(np.clip(pixels, -limit, limit).astype(np.int32))
    cv2.fillConvexPoly(dark, hull, 255, cv2.LINE_8, _SHIFT)


def _crowns(solids: Solids, size: int) -> Array:
    cover = np.zeros((size, size), np.float32)
    boards = solids.geometry[solids.look[:, KIND] == SolidKind.BILLBOARD]
    for row in boards[boards[:, HALF] > 1.25]:
        place = (int(row[X1] / RESOLUTION), int(row[Y1] / RESOLUTION))
        cv2.circle(cover, place, int(row[HALF] * 0.8 / RESOLUTION), 1.0, -1)
    return cover
