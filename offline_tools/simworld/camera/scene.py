# SPDX-License-Identifier: Apache-2.0
"""A world as the compiled functions want it: textures with their smaller copies, and numbers in one row."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import Float32Array, FloatArray, UInt8Array
from offline_tools.simworld.camera.sampling import UInt32Array
from offline_tools.simworld.world.cells import Cells
from offline_tools.simworld.world.solids import Solids
from offline_tools.simworld.world.textures import pyramid
from offline_tools.simworld.world.world import World

# Places in `Scene.light`.
SUN, AMBIENT, ZENITH, HORIZON, CLOUD = 0, 3, 6, 9, 12  # three each, BGR
CLOUDS, HAZE, WET, SUN_HEIGHT, SHADED, LAMPS, SUN_X, SUN_Y = range(15, 23)


class Scene(NamedTuple):
    """Everything that a picture is made from."""

    cells: Cells
    solids: Solids
    materials: UInt32Array  # (layers, pixels); a pixel is B, G, R and a fourth channel
    turns: Float32Array
    far: UInt32Array  # (pixels,), all levels
    far_starts: npt.NDArray[np.int64]  # of each level
    far_sides: npt.NDArray[np.int64]  # columns of each level
    shadow: npt.NDArray[np.uint16]  # (pixels,) sunlight and openness
    shadow_side: int  # columns of it
    tiles: UInt32Array  # (tiles, pixels)
    noise: UInt8Array
    light: FloatArray


def scene_of(world: World) -> Scene:
    """Some tens of milliseconds."""
    far, starts, sides = _far_levels(world.far)
    return Scene(
        cells=world.cells,
        solids=world.solids,
        materials=_packed(pyramid(world.materials)),
        turns=world.turns,
        far=far,
        far_starts=starts,
        far_sides=sides,
        shadow=np.ascontiguousarray(world.shadow).view(np.uint16).reshape(-1),
        shadow_side=world.shadow.shape[1],
        tiles=_packed(pyramid(world.tiles)),
        noise=world.noise,
        light=_light(world),
    )


def _packed(pixels: UInt8Array) -> UInt32Array:
    """(..., 3 or 4) channels as one number."""
    if pixels.shape[-1] == 3:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=-1)
    return np.ascontiguousarray(pixels).view(np.uint32)[..., 0]


def _far_levels(far: UInt8Array) -> tuple[UInt32Array, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    levels = [far]
    while levels[-1].shape[0] > 32:
        level = levels[-1].astype(np.uint16)
        side = level.shape[0] // 2 * 2
        level = level[:side, :side]
        halved = (level[::2, ::2] + level[1::2, ::2] + level[::2, 1::2] + level[1::2, 1::2] + 2) // 4
        levels.append(halved.astype(np.uint8))
    sizes = [level.shape[0] * level.shape[1] for level in levels]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    sides = np.array([level.shape[1] for level in levels], np.int64)
    return np.concatenate([_packed(level).reshape(-1) for level in levels]), starts, sides


def _light(world: World) -> FloatArray:
    light = world.light
    lamps = 0.45 if world.weather == "dusk" else 0.012
    return np.array(
        [
            *light.sun,
            *light.ambient,
            *light.zenith,
            *light.horizon,
            *light.cloud,
            light.clouds,
            light.haze,
            light.wet,
            math.sin(light.sun_elevation),
            float(world.shaded),
            lamps,
            math.cos(light.sun_azimuth),
            math.sin(light.sun_azimuth),
        ]
    )
