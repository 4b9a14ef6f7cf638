# SPDX-License-Identifier: Apache-2.0
"""Materials of the ground: for each layer a tile that repeats, drawn by its pattern."""

from __future__ import annotations

import cv2
import numpy as np

from mia_ros.arrays import Float32Array, FloatArray, UInt8Array
from offline_tools.simworld.world.appearance import Appearance, Surface
from offline_tools.simworld.world.layers import LAYERS
from offline_tools.simworld.world.textures import clouds, noise

TILE = 256  # pixels
TILE_METRES = 3.84  # a multiple of all sizes of slabs


def materials_of(appearance: Appearance, dice: np.random.Generator) -> tuple[UInt8Array, Float32Array]:
    """(layers, TILE, TILE, 3) BGR, and (layers, 3): cos, sin of the pattern's angle, share that is worn away."""
    tiles, turns = [], []
    for name in LAYERS:
        surface = appearance.surfaces[name]
        tiles.append(_tile(surface, dice))
        turns.append((np.cos(surface.angle), np.sin(surface.angle), surface.wear if appearance.shaded else 0.0))
    return np.stack(tiles), np.array(turns, np.float32)


def _tile(surface: Surface, dice: np.random.Generator) -> UInt8Array:
    colour = np.array(surface.colour)
    if surface.pattern == "plain":
        return np.broadcast_to(np.rint(colour), (TILE, TILE, 3)).astype(np.uint8)
    tone, cast = _PATTERNS[surface.pattern](surface, dice)
    picture = colour * (1 + surface.contrast * tone[..., None]) + surface.contrast * cast
    return np.clip(picture, 0, 255).astype(np.uint8)


_NO_CAST = np.zeros((1, 1, 3))


def _asphalt(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    tone = 0.07 * noise(TILE, 1.2, dice) + 0.025 * noise(TILE, 5, dice) + 0.05 * np.minimum(clouds(TILE, 40, dice), 0.4)
    return tone - 0.25 * _cracks(dice, int(dice.integers(0, 5))), _NO_CAST


def _concrete(surface: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    tone = 0.03 * noise(TILE, 1.5, dice) + 0.05 * clouds(TILE, 32, dice)
    if surface.piece < TILE_METRES:
        tone = tone - 0.3 * _joints(surface.piece, 0.0, dice)[0]
    return tone - 0.2 * _cracks(dice, int(dice.integers(0, 3))), _NO_CAST


def _slabs(surface: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    shift = 0.0 if surface.pattern == "slabs" else 0.5
    gaps, slabs = _joints(surface.piece, shift, dice, half_high=surface.pattern != "slabs")
    tone = 0.09 * slabs - 0.3 * gaps + 0.035 * noise(TILE, 1.5, dice) + 0.03 * clouds(TILE, 32, dice)
    return tone, 4 * (slabs[..., None] * dice.uniform(-1, 1, 3))


def _cobbles(surface: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    gaps, stones = _joints(surface.piece, 0.5, dice)
    rounded = cv2.GaussianBlur(gaps, (0, 0), 1.6)
    return 0.12 * stones - 0.55 * rounded + 0.05 * noise(TILE, 1.5, dice), _NO_CAST


def _grass(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    blades = noise(TILE, 1.3, dice) * 0.16 + 0.1 * noise(TILE, 4, dice)
    patches = clouds(TILE, 48, dice)
    cast = np.clip(patches, -1, 2)[..., None] * np.array([-4.0, 2.0, 10.0])
    flowers = (noise(TILE, 1.5, dice) > 3.4)[..., None] * dice.uniform(20, 140, 3)
    return blades + 0.06 * patches, cast + flowers


def _gravel(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return 0.17 * noise(TILE, 2.2, dice) + 0.08 * noise(TILE, 1.0, dice) + 0.05 * clouds(TILE, 40, dice), _NO_CAST


def _soil(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return 0.1 * clouds(TILE, 30, dice) + 0.06 * noise(TILE, 1.5, dice), _NO_CAST


def _paint(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return 0.04 * noise(TILE, 1.5, dice) + 0.04 * np.minimum(clouds(TILE, 16, dice), 0.3), _NO_CAST


def _water(_: Surface, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    ripples = cv2.resize(noise(TILE, 6, dice), (TILE, TILE // 2))
    return 0.1 * np.concatenate([ripples, ripples]), _NO_CAST


def _joints(
    piece: float, shift: float, dice: np.random.Generator, *, half_high: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Lines between pieces, 0 to 1, and a random number for each piece; rows shifted by a share of a piece."""
    across = max(round(TILE_METRES / piece), 1)
    rows = across * 2 if half_high else across
    v, u = np.mgrid[0:TILE, 0:TILE] / TILE
    row = np.minimum((v * rows).astype(int), rows - 1)
    along = u * across + shift * (row % 2)
    column = along.astype(int) % across
    gap = 0.012 / TILE_METRES * across  # half of a joint, in pieces
    near = np.minimum(np.minimum(along % 1, 1 - along % 1) * rows / across, np.minimum(v * rows % 1, 1 - v * rows % 1))
    gaps = np.clip(1.5 - near / (gap * rows / across), 0, 1)
    return gaps, np.clip(dice.standard_normal((rows, across)), -2, 2)[row, column]


def _cracks(dice: np.random.Generator, count: int) -> FloatArray:
    """Crooked thin lines; they wrap round the tile."""
    canvas = np.zeros((TILE, TILE), np.uint8)
    for _ in range(count):
        steps = dice.normal(0, 7, (40, 2)) + dice.normal(0, 5, 2)
        path = dice.uniform(0, TILE, 2) + np.cumsum(steps, axis=0)
        for off in np.ndindex(3, 3):
            moved = path % (3 * TILE) - TILE + (np.array(off) - 1) * 3 * TILE
            cv2.polylines(canvas, [np.rint(moved).astype(np.int32)], False, 255, 1, cv2.LINE_AA)
    return canvas / 255.0


_PATTERNS = {
    "asphalt": _asphalt,
    "concrete": _concrete,
    "slabs": _slabs,
    "bond": _slabs,
    "cobbles": _cobbles,
    "grass": _grass,
    "gravel": _gravel,
    "soil": _soil,
    "paint": _paint,
    "water": _water,
}
