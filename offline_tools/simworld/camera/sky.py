# SPDX-License-Identifier: Apache-2.0
"""The sky: a gradient, clouds, the sun's glow, and far off the outline of hills and woods."""

from __future__ import annotations

import numpy as np

from offline_tools.simworld.camera.sampling import noise_at
from offline_tools.simworld.camera.scene import (
    CLOUD,
    CLOUDS,
    HORIZON,
    SHADED,
    SUN,
    SUN_HEIGHT,
    SUN_X,
    SUN_Y,
    ZENITH,
    Scene,
)
from offline_tools.simworld.compiled import inlined

_HILLS = 0.036  # the slope up to the highest
_SKYLINE = 0.78  # how dark the hills are against the sky


@inlined
def sky_colour(scene: Scene, ux: float, uy: float, slope: float) -> tuple[float, float, float]:
    """BGR in the direction ux, uy of length 1 and `slope` upwards."""
    light = scene.light
    up = max(slope, 0.0)
    high = up / np.sqrt(1 + up * up)
    mix = min(1.4 * high, 1.0)
    mix = mix * (2 - mix)
    blue = light[HORIZON] + mix * (light[ZENITH] - light[HORIZON])
    green = light[HORIZON + 1] + mix * (light[ZENITH + 1] - light[HORIZON + 1])
    red = light[HORIZON + 2] + mix * (light[ZENITH + 2] - light[HORIZON + 2])
    if light[SHADED] == 0:
        return blue, green, red
    toward = (ux * light[SUN_X] + uy * light[SUN_Y]) * np.sqrt(1 - high * high) + high * light[SUN_HEIGHT]
    if light[SUN] > 0 and toward > 0.8:
        glow = ((toward - 0.8) / 0.2) ** 4 * 90.0
        blue, green, red = blue + glow, green + glow, red + glow
    if light[CLOUDS] > 0 and up > 0.015:
        reach = 14.0 / (up + 0.12)
        value = 1.2 * noise_at(scene.noise, ux * reach + 40.0, uy * reach)
        cover = min(max((value + 1.6 * light[CLOUDS] - 0.75) * 1.8, 0.0), 1.0) * min(up * 12, 1.0) * 0.9
        blue += cover * (light[CLOUD] - blue)
        green += cover * (light[CLOUD + 1] - green)
        red += cover * (light[CLOUD + 2] - red)
    if slope < _HILLS:
        hills = 0.5 + 0.4 * noise_at(scene.noise, ux * 31.0 + 70.0, uy * 31.0)
        woods = 0.1 * noise_at(scene.noise, ux * 260.0, uy * 260.0)
        if slope < _HILLS * (hills + woods):
            blue, green, red = blue * _SKYLINE, green * _SKYLINE * 1.02, red * _SKYLINE * 0.97
    return blue, green, red
