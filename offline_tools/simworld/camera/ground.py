# SPDX-License-Identifier: Apache-2.0
"""How the ground looks at a place: near by from its exact borders, far away from its picture."""

from __future__ import annotations

from typing import cast

import numpy as np

from offline_tools.simworld.camera.sampling import blend, level_of, noise_at, sample
from offline_tools.simworld.camera.scene import AMBIENT, SHADED, SUN, SUN_HEIGHT, WET, Scene
from offline_tools.simworld.compiled import inlined
from offline_tools.simworld.world.cells import highest, mask_at
from offline_tools.simworld.world.shadows import FULL_LIGHT

_TILE, _LAST = 256, 8
_TILE_METRES = 3.84
_FAR = 0.25  # metres of a pixel of the far picture
_NEAR_LIMIT = 2.5  # metres that a pixel covers along the view, from which on the far picture does
_MOST = 5  # samples
_STEP = 0.08  # metres between them, near by
# Python's own number would make the compiler see another type.
_NO_LAYER = cast(int, np.int64(-1))


@inlined
def _layer(scene: Scene, x: float, y: float) -> int:
    """The layer that is seen; where paint is worn away, the one below it."""
    mask = mask_at(scene.cells, x, y)
    layer = highest(mask)
    wear = float(scene.turns[layer, 2])
    if (
        wear > 0
        and noise_at(scene.noise, x * 23.0, y * 23.0) + noise_at(scene.noise, x * 2.1, y * 2.1) < 2.4 * wear - 1.5
    ):
        layer = highest(mask ^ (np.int64(1) << layer))
    return layer


@inlined
def _near(scene: Scene, x: float, y: float, size: float) -> tuple[float, float, float, int]:
    layer = _layer(scene, x, y)
    cos, sin = float(scene.turns[layer, 0]), float(scene.turns[layer, 1])
    u, v = (x * cos + y * sin) / _TILE_METRES, (y * cos - x * sin) / _TILE_METRES
    level = level_of(size * _TILE / _TILE_METRES, _LAST)
    blue, green, red, _ = sample(scene.materials[layer], _TILE, level, u, v, True)
    return blue, green, red, layer


@inlined
def _far(scene: Scene, x: float, y: float, size: float) -> tuple[float, float, float]:
    level = level_of(size / _FAR, scene.far_sides.size - 1)
    side, start = scene.far_sides[level], scene.far_starts[level]
    pixel = _FAR * (1 << level)
    px, py = x / pixel - 0.5, y / pixel - 0.5
    limit = side - 1.001
    px, py = min(max(px, 0.0), limit), min(max(py, 0.0), limit)
    x0, y0 = int(px), int(py)
    px -= x0
    py -= y0
    a = start + y0 * side + x0
    blue, green, red, _ = blend(scene.far, a, a + 1, side, px, py)
    return blue, green, red


@inlined
def _arriving(scene: Scene, x: float, y: float) -> tuple[float, float]:
    """Sunlight and light of the sky, 1 is all of it."""
    side = scene.shadow_side
    limit = side - 1.001
    px, py = min(max(x / _FAR - 0.5, 0.0), limit), min(max(y / _FAR - 0.5, 0.0), limit)
    x0, y0 = int(px), int(py)
    a = y0 * side + x0
    sun, sky, _, _ = blend(scene.shadow, a, a + 1, side, px - x0, py - y0)
    return sun / FULL_LIGHT, sky / FULL_LIGHT


@inlined
def ground_colour(
    scene: Scene, x: float, y: float, ux: float, uy: float, wide: float, deep: float
) -> tuple[float, float, float, int]:
    """BGR, and the layer, of what a pixel covers: `wide` metres across the view, `deep` along it (ux, uy of length 1).

    The layer is -1 where the far picture is taken.
    """
    layer = _NO_LAYER
    near = deep < _NEAR_LIMIT
    if near and deep < 1.5 * _STEP:
        blue, green, red, layer = _near(scene, x, y, max(wide, 0.6 * deep))
    else:
        step = max(wide, _STEP if near else _FAR)
        count = min(max(int(deep / step + 0.5), 1), _MOST)
        share = 1.0 / count
        size = max(wide, 0.6 * deep * share)
        blue = green = red = 0.0
        for k in range(count):
            shift = ((k + 0.5) * share - 0.5) * deep
            if near:
                b, g, r, layer = _near(scene, x + ux * shift, y + uy * shift, size)
            else:
                b, g, r = _far(scene, x + ux * shift, y + uy * shift, size)
            blue, green, red = blue + b, green + g, red + r
        blue, green, red = blue * share, green * share, red * share
    light = scene.light
    if light[SHADED] == 0:
        return blue, green, red, layer
    sun, sky = _arriving(scene, x, y)
    vary = 1 - 0.4 * light[WET]
    sun *= light[SUN_HEIGHT] * 1.15
    return (
        blue * vary * (light[AMBIENT] * sky + light[SUN] * sun),
        green * vary * (light[AMBIENT + 1] * sky + light[SUN + 1] * sun),
        red * vary * (light[AMBIENT + 2] * sky + light[SUN + 2] * sun),
        layer,
    )
