# SPDX-License-Identifier: Apache-2.0
"""Pens, and discs: circles as the polygons that cairo makes of them, true to a tenth of a pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.raster.edges import NONE, UNIT, leaf, reserve

TOLERANCE = 0.1  # pixels between a circle and its polygon

_DEPTH = 30  # halvings of a curve, at most

# How far a cubic curve for half a circle, a quarter and a sixth strays from it, for a radius of 1.
_ARC_ERRORS = (0.0185185185185185, 0.000272567143730180, 2.38647043651046e-05)


class Pen(NamedTuple):
    """What draws a stroke."""

    half: float  # pixels, half the width
    vertices: Int64Array  # (N, 2) about its centre, clockwise on the picture from the right
    round_cap: bool
    round_join: bool


@njit(error_model="numpy")
def pen_vertices(radius: float) -> Int64Array:
    """The polygon that rounds corners and ends."""
    count = 4
    if radius > TOLERANCE:
        count = int(np.ceil(2 * np.pi / np.arccos(1 - TOLERANCE / radius)))
        count = max(count + count % 2, 4)
    vertices = np.empty((count, 2), np.int64)
    for i in range(count):
        angle = 2 * np.pi * i / count
        vertices[i, 0] = int(np.rint(radius * np.cos(angle) * UNIT))
        vertices[i, 1] = int(np.rint(radius * np.sin(angle) * UNIT))
    return vertices


@njit(error_model="numpy")
def disc_vertices(radius: float) -> Int64Array:
    """The polygon of a filled disc: cubic curves, halved until their control points are near their chords."""
    parts = 1
    while parts <= len(_ARC_ERRORS) and _ARC_ERRORS[parts - 1] * radius >= TOLERANCE:
        parts += 1
    polygon = np.empty((16, 2), np.int64)
    stack = np.empty((_DEPTH + 2, 8))
    count = NONE
    size = radius * UNIT
    for i in range(2 * parts):
        angle, after = np.pi * i / parts, np.pi * (i + 1) / parts
        reach = 4 / 3 * np.tan((after - angle) / 4)
        cos, sin, next_cos, next_sin = np.cos(angle), np.sin(angle), np.cos(after), np.sin(after)
        stack[0, 0], stack[0, 1] = np.rint(size * cos), np.rint(size * sin)
        stack[0, 2], stack[0, 3] = np.rint(size * (cos - reach * sin)), np.rint(size * (sin + reach * cos))
        stack[0, 4] = np.rint(size * (next_cos + reach * next_sin))
        stack[0, 5] = np.rint(size * (next_sin - reach * next_cos))
        stack[0, 6], stack[0, 7] = np.rint(size * next_cos), np.rint(size * next_sin)
        height = NONE
        while height >= 0:
            if height < _DEPTH and not _is_straight(stack, height):
                _halve(stack, height)
                height += 1
                continue
            if count == polygon.shape[0]:
                polygon = reserve(polygon, count, count)
            polygon[count, 0], polygon[count, 1] = int(stack[height, 0]), int(stack[height, 1])
            count += 1
            height -= 1
    return polygon[:count]


@leaf
def _halve(stack: FloatArray, height: int) -> None:
    """Split the curve at a height of the stack: its first half goes on top, its second half stays."""
    for axis in range(2):
        a, b = stack[height, axis], stack[height, axis + 2]
        c, d = stack[height, axis + 4], stack[height, axis + 6]
        ab, bc, cd = np.floor((a + b) / 2), np.floor((b + c) / 2), np.floor((c + d) / 2)
        abc, bcd = np.floor((ab + bc) / 2), np.floor((bc + cd) / 2)
        middle = np.floor((abc + bcd) / 2)
        stack[height + 1, axis], stack[height + 1, axis + 2] = a, ab
        stack[height + 1, axis + 4], stack[height + 1, axis + 6] = abc, middle
        stack[height, axis], stack[height, axis + 2], stack[height, axis + 4] = middle, bcd, cd


@leaf
def _is_straight(stack: FloatArray, height: int) -> bool:
    """Whether both control points are within the tolerance of the chord."""
    chord_x, chord_y = stack[height, 6] - stack[height, 0], stack[height, 7] - stack[height, 1]
    square = max(chord_x**2 + chord_y**2, 1.0)
    for control in range(2, 6, 2):
        x, y = stack[height, control] - stack[height, 0], stack[height, control + 1] - stack[height, 1]
        along = min(max((x * chord_x + y * chord_y) / square, 0.0), 1.0)
        x, y = x - along * chord_x, y - along * chord_y
        if x * x + y * y >= (TOLERANCE * UNIT) ** 2:
            return False
    return True
