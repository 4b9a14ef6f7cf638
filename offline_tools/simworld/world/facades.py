# SPDX-License-Identifier: Apache-2.0
"""Walls of buildings as tiles of one bay and one floor: upper floor, ground floor, door, plain wall.

A tile's fourth channel is 255 where the building's colour counts, 0 where glass, frames and doors keep their own.
"""

from __future__ import annotations

import cv2
import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from offline_tools.simworld.world.textures import clouds, noise, to_tile

SIZE = 128  # pixels of a tile
STYLES = 14
_LARGE = 256  # drawn at
WALL = 200.0  # the mean of a tinted wall


def facade_tiles(dice: np.random.Generator) -> UInt8Array:
    """(4 STYLES, SIZE, SIZE, 4): for each style the upper floor, the ground floor, the door and the plain wall."""
    tiles: list[UInt8Array] = []
    for style in range(STYLES):
        wall = _wall(dice, style)
        frame, glass = dice.uniform(60, 250, 3).mean() * np.ones(3) + dice.uniform(-15, 15, 3), dice.uniform(25, 95)
        size = dice.uniform(0.25, 0.62), dice.uniform(0.4, 0.72)
        upper = _with_window(wall, size, frame, glass, dice, balcony=dice.random() < 0.35)
        if style % 3 == 0:  # a shop
            ground = _with_window(wall, (0.86, 0.72), frame, glass, dice, sill=0.06, sign=True)
        else:
            ground = _with_window(wall, (size[0], size[1] * 0.95), frame, glass, dice)
        tiles += [to_tile(tile, SIZE) for tile in (upper, ground, _with_door(wall, frame, dice), wall)]
    return np.stack(tiles)


def _wall(dice: np.random.Generator, style: int) -> UInt8Array:
    """Bare wall: plaster, brick, stone blocks, boards or sheet metal."""
    kind = style % 5
    tone = 0.03 * noise(_LARGE, 2, dice) + 0.04 * clouds(_LARGE, 60, dice)
    v, u = np.mgrid[0:_LARGE, 0:_LARGE] / _LARGE
    if kind == 1:
        tone += _courses(u, v, 12, 40, dice, 0.1)
    elif kind == 2:
        tone += _courses(u, v, 4, int(dice.integers(6, 10)), dice, 0.05)
    elif kind == 3:
        tone -= 0.18 * ((v * int(dice.integers(12, 24))) % 1 < 0.1)
    elif kind == 4:
        tone -= 0.12 * ((u * int(dice.integers(3, 16))) % 1 < 0.08)
    grey = np.clip(WALL * (1 + tone), 0, 255)
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)]).astype(np.uint8)


def _courses(
    u: FloatArray, v: FloatArray, across: int, rows: int, dice: np.random.Generator, spread: float
) -> FloatArray:
    row = (v * rows).astype(int)
    along = u * across + 0.5 * (row % 2)
    stones = np.clip(dice.standard_normal((rows, across)), -2, 2)[row, along.astype(int) % across]
    joint = (along % 1 < 0.03 * across / 4) | (v * rows % 1 < 0.12)
    return np.asarray(spread * stones - 0.18 * joint)


def _with_window(
    wall: UInt8Array,
    size: tuple[float, float],
    frame: FloatArray,
    glass: float,
    dice: np.random.Generator,
    sill: float | None = None,
    *,
    balcony: bool = False,
    sign: bool = False,
) -> UInt8Array:
    tile = wall.copy()
    width, height = size
    low = sill if sill is not None else (1 - height) * 0.45
    left, right = int(_LARGE * (1 - width) / 2), int(_LARGE * (1 + width) / 2)
    top, bottom = int(_LARGE * (1 - low - height)), int(_LARGE * (1 - low))
    rim = int(dice.integers(4, 9))
    tile[top - rim : bottom + rim, left - rim : right + rim] = (*np.clip(frame, 0, 255), 0)
    pane = np.linspace(1.6, 0.7, bottom - top)[:, None, None] * glass * np.array([1.15, 1.05, 0.95])
    tile[top:bottom, left:right, :3] = np.clip(pane, 0, 255)
    for x in np.linspace(left, right, int(dice.integers(2, 5)))[1:-1]:
        cv2.line(tile, (int(x), top), (int(x), bottom), (*frame.tolist(), 0), rim // 2 + 1)
    if dice.random() < 0.6:
        tile[bottom + rim : bottom + rim + 6, left - rim - 4 : right + rim + 4] = (150, 150, 150, 0)  # the sill
    if balcony:
        for x in range(left - 14, right + 14, 9):
            cv2.line(tile, (x, bottom - 46), (x, bottom + 4), (45, 45, 45, 0), 2)
        cv2.line(tile, (left - 16, bottom - 46), (right + 16, bottom - 46), (45, 45, 45, 0), 4)
    if sign:
        tile[8:42, 8:-8] = (*(dice.uniform(40, 200) + dice.uniform(-60, 60, 3)).clip(10, 240), 0)
    return tile


def _with_door(wall: UInt8Array, frame: FloatArray, dice: np.random.Generator) -> UInt8Array:
    tile = wall.copy()
    wide = dice.random() < 0.3
    half = int(_LARGE * (0.4 if wide else dice.uniform(0.15, 0.22)))
    top, middle = int(_LARGE * dice.uniform(0.22, 0.34)), _LARGE // 2
    tile[top - 8 :, middle - half - 8 : middle + half + 8] = (*np.clip(frame, 0, 255), 0)
    colour = (dice.uniform(40, 170) + dice.uniform(-60, 60, 3)).clip(15, 230)
    tile[top:, middle - half : middle + half] = (*colour, 0)
    for y in range(top + 12, _LARGE, 44):
        tile[y : y + 4, middle - half + 8 : middle + half - 8] = (*(colour * 0.7), 0)
    return tile


def roof_tiles(dice: np.random.Generator) -> UInt8Array:
    """(3, SIZE, SIZE, 4): tiles, slate, gravel or felt; all take the roof's colour."""
    v, u = np.mgrid[0:_LARGE, 0:_LARGE] / _LARGE
    wavy = 0.14 * np.sin(v * 2 * np.pi * 12) - 0.2 * ((u * 10) % 1 < 0.12)
    slate = _courses(v, u, 12, 16, dice, 0.09)
    felt = 0.05 * clouds(_LARGE, 50, dice)
    found = []
    for tone in (wavy, slate, felt):
        grey = np.clip(WALL * (1 + tone + 0.04 * noise(_LARGE, 2, dice)), 0, 255)
        found.append(to_tile(np.dstack([grey, grey, grey, np.full_like(grey, 255)]), SIZE))
    return np.stack(found)
