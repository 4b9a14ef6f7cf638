# SPDX-License-Identifier: Apache-2.0
"""A ray along the solids of its bin: what it meets, and how that looks."""

from __future__ import annotations

import numpy as np

from mia_ros.arrays import Float32Array
from offline_tools.simworld.camera.columns import Columns
from offline_tools.simworld.camera.sampling import hashed, level_of, sample
from offline_tools.simworld.camera.scene import AMBIENT, LAMPS, SHADED, SUN, Scene
from offline_tools.simworld.compiled import inlined
from offline_tools.simworld.world.solids import (
    BLUE,
    BOTTOM,
    CORNERS,
    COS,
    GREEN,
    HALF,
    KIND,
    OWNER,
    RED,
    SIN,
    TEXTURE,
    TOP1,
    TOP2,
    U_SCALE,
    V_SCALE,
    X1,
    X2,
    Y1,
    Y2,
    A,
    B,
    C,
    SolidKind,
)
from offline_tools.simworld.world.solids import SUN as SUNLIT

_SIDE = 128  # pixels of a tile
_LAST = 7
_FACE, _BOARD = int(SolidKind.FACE), int(SolidKind.BILLBOARD)
_FACADE, _FENCE = int(SolidKind.FACADE), int(SolidKind.FENCE)


@inlined
def _over(corners: Float32Array, x: float, y: float) -> bool:
    """Whether a place is over a convex face, to a millimetre."""
    for i in range(4):
        j = (i + 1) & 3
        xa, ya = float(corners[i, 0]), float(corners[i, 1])
        ex, ey = float(corners[j, 0]) - xa, float(corners[j, 1]) - ya
        if ex * (y - ya) - ey * (x - xa) < -1e-3 * (abs(ex) + abs(ey)):
            return False
    return True


@inlined
def _place(
    row: Float32Array, kind: int, corners: Float32Array, ray: tuple[float, float, float, float, float, float]
) -> tuple[float, float, float, float]:
    """Distance, and u, v in tiles (v upwards) of a hit, and how much the surface is turned away; distance -1: missed.

    The ray starts at x, y, z and runs along ux, uy, slope for each unit of distance.
    """
    x, y, z, ux, uy, slope = ray
    if kind == _FACE:
        rate = slope - row[A] * ux - row[B] * uy
        if abs(rate) < 1e-12:
            return -1.0, 0.0, 0.0, 1.0
        t = (row[A] * x + row[B] * y + row[C] - z) / rate
        px, py = x + ux * t, y + uy * t
        if not _over(corners, px, py):
            return -1.0, 0.0, 0.0, 1.0
        return t, (py * row[COS] - px * row[SIN]) * row[U_SCALE], (px * row[COS] + py * row[SIN]) * row[V_SCALE], 2.0
    px, py = float(row[X1]) - x, float(row[Y1]) - y
    if kind == _BOARD:
        away = np.sqrt(px * px + py * py)
        t = away * away / (ux * px + uy * py)
        height = z + slope * t
        if height < row[BOTTOM] or height > row[TOP1]:
            return -1.0, 0.0, 0.0, 1.0
        aside = t * (uy * px - ux * py) / away
        u = 0.5 - aside / (2 * row[HALF])
        if u < 0 or u > 1:
            return -1.0, 0.0, 0.0, 1.0
        return t, u, (height - row[BOTTOM]) / (row[TOP1] - row[BOTTOM]), 1.0
    ex, ey = float(row[X2]) - float(row[X1]), float(row[Y2]) - float(row[Y1])
    across = ux * ey - uy * ex
    if abs(across) < 1e-12:
        return -1.0, 0.0, 0.0, 1.0
    t = (px * ey - py * ex) / across
    share = min(max((px * uy - py * ux) / across, 0.0), 1.0)
    height = z + slope * t
    if height < row[BOTTOM] or height > row[TOP1] + share * (row[TOP2] - row[TOP1]):
        return -1.0, 0.0, 0.0, 1.0
    length = np.sqrt(ex * ex + ey * ey)
    turned = min(length * np.sqrt(ux * ux + uy * uy) / abs(across), 6.0)
    return t, share * length * row[U_SCALE], (height - row[BOTTOM]) * row[V_SCALE], turned


@inlined
def _shade(scene: Scene, solid: int, kind: int, u: float, v: float, pixels: float) -> tuple[float, float, float, float]:
    """BGR and coverage; `pixels` of a tile that one of the picture covers."""
    row, look = scene.solids.geometry[solid], scene.solids.look[solid]
    light = scene.light
    texture, glow, pane = look[TEXTURE], 0.0, 1.0
    if kind == _FACADE:
        bay, floor = int(u), int(v)
        luck = hashed(look[OWNER] * 7919 + bay * 131 + floor * 31)
        pane = 0.5 + 1.1 * luck
        if floor == 0:
            texture += 2 if luck < 0.18 else 1
        if luck > 1 - light[LAMPS]:
            glow = 1.0
    blue, green, red, cover = sample(scene.tiles[texture], _SIDE, level_of(pixels, _LAST), u, 1 - v, kind != _BOARD)
    tint = cover / 255.0 if kind < _FENCE or kind == _FACE else 1.0
    own = (1 - tint) * pane
    blue *= tint * row[BLUE] / 200.0 + own
    green *= tint * row[GREEN] / 200.0 + own
    red *= tint * row[RED] / 200.0 + own
    if light[SHADED] > 0:
        lit = float(row[SUNLIT])
        blue = blue * (light[AMBIENT] + light[SUN] * lit) + glow * (1 - tint) * 60.0
        green = green * (light[AMBIENT + 1] + light[SUN + 1] * lit) + glow * (1 - tint) * 125.0
        red = red * (light[AMBIENT + 2] + light[SUN + 2] * lit) + glow * (1 - tint) * 165.0
    return blue, green, red, (cover / 255.0 if kind in (_BOARD, _FENCE) else 1.0)


@inlined
def march(
    scene: Scene,
    columns: Columns,
    index: int,
    ray: tuple[float, float, float, float, float, float],
    ends: tuple[float, float],
    spread: float,
) -> tuple[float, float, float, float, float, int]:
    """From ends[0] to ends[1] along a ray: BGR of what is met, the share of what is behind, the distance, the solid.

    `spread`: metres that a pixel of the picture covers at distance 1. A solid of -1: nothing.
    """
    blue = green = red = 0.0
    left, where, met = 1.0, 1e30, -1
    slope, direct = ray[5], ray[2] > 0  # a mirrored ray starts below the ground
    for k in range(columns.counts[index]):
        near = float(columns.near[index, k])
        if near > ends[1] * 1.01:
            break
        if direct and (slope > columns.high[index, k] or slope < columns.low[index, k]):
            continue
        solid = columns.solid[index, k]
        kind = scene.solids.look[solid, KIND]
        row = scene.solids.geometry[solid]
        t, u, v, turned = _place(row, kind, scene.solids.corners[scene.solids.look[solid, CORNERS]], ray)
        if t <= ends[0] or t > ends[1]:
            continue
        scale = row[U_SCALE] if kind != _BOARD else 1 / (row[TOP1] - row[BOTTOM])
        pixels = t * spread * scale * _SIDE * (0.5 + 0.5 * turned)
        b, g, r, cover = _shade(scene, solid, kind, u, v, pixels)
        if cover < 0.03:
            continue
        blue += left * cover * b
        green += left * cover * g
        red += left * cover * r
        left *= 1 - cover
        if met < 0 and cover > 0.4:
            met, where = solid, t
        if left < 0.04:
            return blue, green, red, 0.0, where, met
    return blue, green, red, left, where, met
