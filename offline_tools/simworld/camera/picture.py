# SPDX-License-Identifier: Apache-2.0
"""The picture: each pixel's ray to the first thing that it meets; where neighbours meet other things, more rays.

All of it is one compiled function, which numba keeps on disk. Numba looks at this file alone: after a change in another
file of this folder, remove the folder's __pycache__.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mia_ros.arrays import Array, BoolArray, Float32Array, FloatArray, UInt8Array
from offline_tools.simworld.camera.columns import Columns, search
from offline_tools.simworld.camera.ground import ground_colour
from offline_tools.simworld.camera.sampling import noise_at
from offline_tools.simworld.camera.scene import HAZE, HORIZON, SHADED, WET, Scene
from offline_tools.simworld.camera.sky import sky_colour
from offline_tools.simworld.camera.surfaces import march
from offline_tools.simworld.compiled import inlined

_GROUND = 1 << 28  # what a pixel shows: a solid's number, or this and a layer, or the sky
_FAR_GROUND = _GROUND + 64
_SKY = 1 << 29
_FARTHEST = 1e5  # metres


@inlined
def _trace(
    scene: Scene, columns: Columns, hidden: BoolArray, place: FloatArray, dx: float, dy: float, dz: float, angle: float
) -> tuple[float, float, float, int]:
    """BGR and what is met in a direction; `angle`: radians that a pixel covers."""
    side, index = max(abs(dx), abs(dy), 1e-9), 0
    ux, uy, slope = dx / side, dy / side, dz / side
    if abs(dx) >= abs(dy):
        index = (0 if dx > 0 else 1) * columns.bins + min(int((uy + 1) * 0.5 * columns.bins), columns.bins - 1)
    else:
        index = (2 if dy > 0 else 3) * columns.bins + min(int((ux + 1) * 0.5 * columns.bins), columns.bins - 1)
    if columns.counts[index] < 0:
        search(columns, index, scene.solids, hidden, place[0], place[1], place[2])
    flat = np.sqrt(ux * ux + uy * uy)
    long = np.sqrt(flat * flat + slope * slope)  # metres of a unit of distance
    end = -place[2] / slope if slope < -1e-9 else _FARTHEST
    ray = (place[0], place[1], place[2], ux, uy, slope)
    blue, green, red, left, where, met = march(scene, columns, index, ray, (0.0, end), angle * long)
    light = scene.light
    if left <= 0.04:
        clear = _clear(where * long * light[HAZE])
        return (
            _hazy(blue, light[HORIZON], clear),
            _hazy(green, light[HORIZON + 1], clear),
            _hazy(red, light[HORIZON + 2], clear),
            met,
        )
    if end >= _FARTHEST:
        b, g, r = sky_colour(scene, ux / flat, uy / flat, slope / flat)
        return blue + left * b, green + left * g, red + left * r, (met if met >= 0 else _SKY)
    away = end * long
    wide = away * angle
    deep = wide * away / max(place[2], 0.05)
    x, y = place[0] + ux * end, place[1] + uy * end
    b, g, r, layer = ground_colour(scene, x, y, ux / flat, uy / flat, wide, deep)
    if light[WET] > 0 and light[SHADED] > 0:
        puddles = 0.55 + 0.45 * min(max(2.5 * noise_at(scene.noise, x * 2.3, y * 2.3), -1.0), 1.0)
        mirror = light[WET] * puddles * (0.04 + 0.5 * (1 + slope / long) ** 5)
        up = (x - ux * end, y - uy * end, -place[2], ux, uy, -slope)
        mb, mg, mr, rest, _, _ = march(scene, columns, index, up, (end, _FARTHEST), angle * long)
        if rest > 0.04:
            sb, sg, sr = sky_colour(scene, ux / flat, uy / flat, -slope / flat)
            mb, mg, mr = mb + rest * sb, mg + rest * sg, mr + rest * sr
        b, g, r = b + mirror * (mb - b), g + mirror * (mg - g), r + mirror * (mr - r)
    clear = _clear(away * light[HAZE])
    b, g, r = _hazy(b, light[HORIZON], clear), _hazy(g, light[HORIZON + 1], clear), _hazy(r, light[HORIZON + 2], clear)
    seen = met if met >= 0 else (_GROUND + layer if layer >= 0 else _FAR_GROUND)
    return blue + left * b, green + left * g, red + left * r, seen


@inlined
def _clear(depth: float) -> float:
    """Near to exp(-depth), and much cheaper."""
    return 1 / (1 + depth * (1 + depth * (0.5 + depth / 6)))


@inlined
def _hazy(colour: float, haze: float, clear: float) -> float:
    return haze + clear * (colour - haze)


@njit(cache=True, nogil=True, error_model="numpy")
def take(
    scene: Scene,
    columns: Columns,
    hidden: BoolArray,
    rays: Float32Array,
    imaged: BoolArray,
    spread: Float32Array,
    place: FloatArray,
    turn: FloatArray,
    seen: Array,
    out: UInt8Array,
) -> None:
    """Fill `out` (H, W, 3), BGR; `seen` (H, W) int32 is what each pixel shows. `turn` takes rays to the world.

    `spread` (H, W): radians that each pixel covers.
    """
    rows, width = imaged.shape
    columns.counts[:] = -1
    for v in range(rows):
        for u in range(width):
            seen[v, u] = -1
            if not imaged[v, u]:
                out[v, u] = 0
                continue
            x, y, z = float(rays[v, u, 0]), float(rays[v, u, 1]), float(rays[v, u, 2])
            blue, green, red, what = _trace(
                scene,
                columns,
                hidden,
                place,
                turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z,
                turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z,
                turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z,
                spread[v, u],
            )
            _put(out, v, u, blue, green, red)
            seen[v, u] = what
    for v in range(1, rows - 1):
        for u in range(1, width - 1):
            here = seen[v, u]
            if here >= 0 and (
                here != seen[v, u + 1] or here != seen[v + 1, u] or here != seen[v, u - 1] or here != seen[v - 1, u]
            ):
                _refine(scene, columns, hidden, rays, imaged, spread, place, turn, v, u, out)


@inlined
def _refine(
    scene: Scene,
    columns: Columns,
    hidden: BoolArray,
    rays: Float32Array,
    imaged: BoolArray,
    spread: Float32Array,
    place: FloatArray,
    turn: FloatArray,
    v: int,
    u: int,
    out: UInt8Array,
) -> None:
    """Four rays for one pixel."""
    if not (imaged[v, u - 1] and imaged[v, u + 1] and imaged[v - 1, u] and imaged[v + 1, u]):
        return
    blue = green = red = 0.0
    angle = spread[v, u] * 0.5
    for k in range(4):
        along, down = (k - 1.5) / 8, ((2 * k + 1) % 5 - 1.5) / 8  # a turned square
        x = (
            rays[v, u, 0]
            + along * (rays[v, u + 1, 0] - rays[v, u - 1, 0])
            + down * (rays[v + 1, u, 0] - rays[v - 1, u, 0])
        )
        y = (
            rays[v, u, 1]
            + along * (rays[v, u + 1, 1] - rays[v, u - 1, 1])
            + down * (rays[v + 1, u, 1] - rays[v - 1, u, 1])
        )
        z = (
            rays[v, u, 2]
            + along * (rays[v, u + 1, 2] - rays[v, u - 1, 2])
            + down * (rays[v + 1, u, 2] - rays[v - 1, u, 2])
        )
        b, g, r, _ = _trace(
            scene,
            columns,
            hidden,
            place,
            turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z,
            turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z,
            turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z,
            angle,
        )
        blue += b / 4
        green += g / 4
        red += r / 4
    _put(out, v, u, blue, green, red)


@inlined
def _put(out: UInt8Array, v: int, u: int, blue: float, green: float, red: float) -> None:
    out[v, u, 0] = np.uint8(min(max(blue + 0.5, 0.0), 255.0))
    out[v, u, 1] = np.uint8(min(max(green + 0.5, 0.0), 255.0))
    out[v, u, 2] = np.uint8(min(max(red + 0.5, 0.0), 255.0))
