# SPDX-License-Identifier: Apache-2.0
"""Pictures of what stands about, as tiles: trees, people, poles and signs with coverage; sides of cars with a tint.

All are drawn large and shrunk. Coverage, or the tint mask of cars, is the fourth channel.
"""

from __future__ import annotations

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray, UInt8Array
from offline_tools.simworld.world.facades import SIZE, WALL
from offline_tools.simworld.world.textures import clouds, noise, to_covered_tile, to_tile

_LARGE = 512
_NOISE = 256  # pixels; noise is drawn smaller
TREES, PEOPLE, CYCLISTS, SIGNS = 8, 10, 3, 4


def tree_tiles(dice: np.random.Generator) -> UInt8Array:
    """TREES crowns with their trunks: broad ones, then two conifers, then a bush."""
    found = []
    for index in range(TREES):
        canvas = np.zeros((_LARGE, _LARGE, 4), np.uint8)
        kind = "bush" if index == TREES - 1 else "conifer" if index >= TREES - 3 else "broad"
        _trunk(canvas, kind, dice)
        _leaves(canvas, kind, dice)
        found.append(to_covered_tile(canvas, SIZE))
    return np.stack(found)


def _trunk(canvas: Array, kind: str, dice: np.random.Generator) -> None:
    bark = (*dice.uniform(50, 120, 3).mean() * np.array([0.8, 1.0, 1.15]), 255)
    if kind != "bush":
        half = int(dice.integers(9, 17))
        cv2.fillPoly(
            canvas,
            [np.array([[256 - half, 511], [256 + half, 511], [256 + half // 2, 200], [256 - half // 2, 200]])],
            bark,
        )
    if kind == "broad":
        for _ in range(6):
            tip = (int(dice.integers(120, 392)), int(dice.integers(80, 260)))
            cv2.line(canvas, (256, 320), tip, bark, int(dice.integers(4, 9)))


def _leaves(canvas: Array, kind: str, dice: np.random.Generator) -> None:
    v, u = np.mgrid[0:_LARGE, 0:_LARGE] / _LARGE
    ragged = 0.13 * _grown(clouds(_NOISE, 32, dice)) + 0.05 * _grown(noise(_NOISE, 2.5, dice))
    if kind == "conifer":
        body = (v - 0.02) * 0.5 / 0.85 - np.abs(u - 0.5) - 0.05 * ((v * 9) % 1)
        cover = (body + 0.4 * ragged * v > 0.02) & (v < 0.88)
    else:
        middle, tall = (0.62, 0.44) if kind == "bush" else (0.34, 0.35)
        round_ = ((u - 0.5) / 0.5) ** 2 + ((v - middle) / tall) ** 2
        cover = round_ + 1.5 * ragged < dice.uniform(0.75, 0.95)
    light = WALL * (
        0.95 - 0.35 * (v - 0.3) + 0.14 * _grown(clouds(_NOISE, 16, dice)) + 0.16 * _grown(noise(_NOISE, 2, dice))
    )
    if kind == "broad":
        cover &= _grown(noise(_NOISE, 4, dice)) < dice.uniform(1.0, 2.5)  # light falls through
    canvas[cover] = np.dstack([light, light, light, np.full_like(light, 255)]).clip(0, 255).astype(np.uint8)[cover]


def _grown(field: FloatArray) -> FloatArray:
    return np.asarray(cv2.resize(field, (_LARGE, _LARGE)))


def people_tiles(dice: np.random.Generator) -> UInt8Array:
    """PEOPLE on foot, then CYCLISTS."""
    found = []
    for index in range(PEOPLE + CYCLISTS):
        canvas = np.zeros((_LARGE, _LARGE, 4), np.uint8)
        if index < PEOPLE:
            _person(canvas, 256, 500, 480, dice)
        else:
            _bicycle(canvas, dice)
            _person(canvas, 262, 430, 400, dice)
        found.append(to_covered_tile(canvas, SIZE))
    return np.stack(found)


def _person(canvas: Array, x: int, foot: int, tall: int, dice: np.random.Generator) -> None:
    """The tile is stretched to a third of its height in width, so that all is drawn three times as wide."""
    unit = tall / 100
    wide = 2.6 * unit
    skin = (*dice.uniform(0.45, 1.0) * np.array([150.0, 185.0, 230.0]), 255)
    coat, legs = ((*(dice.uniform(20, 170) + dice.uniform(-45, 45, 3)).clip(8, 235), 255) for _ in range(2))
    stride = float(dice.uniform(1, 9))
    for side in (-1, 1):
        hip, shoe = (int(x + side * 2 * wide), int(foot - 52 * unit)), (int(x + side * stride * wide), int(foot))
        cv2.line(canvas, hip, shoe, legs, int(9 * wide / 2.6))
        hand = (int(x + side * dice.uniform(9, 13) * wide), int(foot - 48 * unit))
        cv2.line(canvas, (int(x + side * 7 * wide), int(foot - 80 * unit)), hand, coat, int(7 * wide / 2.6))
    torso = [(-9, 84), (9, 84), (8, 48), (-8, 48)]
    cv2.fillPoly(canvas, [np.array([(int(x + px * wide), int(foot - py * unit)) for px, py in torso])], coat)
    head = (int(x), int(foot - 93 * unit))
    cv2.ellipse(canvas, head, (int(4.6 * wide), int(7 * unit)), 0, 0, 360, skin, -1)
    hair = (*dice.uniform(10, 120, 3).mean() * np.array([0.6, 0.8, 1.0]), 255)
    cv2.ellipse(canvas, (head[0], int(head[1] - 3 * unit)), (int(4.8 * wide), int(5 * unit)), 0, 180, 360, hair, -1)


def _bicycle(canvas: Array, dice: np.random.Generator) -> None:
    colour = (*dice.uniform(20, 200, 3), 255)
    for x in (110, 400):
        cv2.ellipse(canvas, (x, 412), (95, 92), 0, 0, 360, (30, 30, 30, 255), 9)
    for start, end in (
        ((110, 412), (230, 300)),
        ((230, 300), (360, 290)),
        ((360, 290), (400, 412)),
        ((110, 412), (260, 410)),
    ):
        cv2.line(canvas, start, end, colour, 9)


def pole_tiles(dice: np.random.Generator) -> UInt8Array:
    """A street lamp, a bare pole, and SIGNS."""
    found = []
    for index in range(2 + SIGNS):
        canvas = np.zeros((_LARGE, _LARGE, 4), np.uint8)
        grey = (*dice.uniform(45, 160) * np.ones(3), 255)
        cv2.rectangle(canvas, (246, 20), (266, 511), grey, -1)
        if index == 0:
            cv2.rectangle(canvas, (256, 14), (430, 26), grey, -1)
            cv2.rectangle(canvas, (360, 20), (470, 40), (225, 235, 240, 255), -1)
        elif index > 1:
            _sign(canvas, index, dice)
        found.append(to_covered_tile(canvas, SIZE))
    return np.stack(found)


def _sign(canvas: Array, index: int, dice: np.random.Generator) -> None:
    red, white, blue = (40, 30, 200, 255), (240, 240, 240, 255), (190, 90, 20, 255)
    if index == 2:
        cv2.circle(canvas, (256, 130), 110, red, -1)
        cv2.circle(canvas, (256, 130), 78, white, -1)
    elif index == 3:
        cv2.fillPoly(canvas, [np.array([[256, 20], [386, 240], [126, 240]])], red)
        cv2.fillPoly(canvas, [np.array([[256, 75], [336, 212], [176, 212]])], white)
    elif index == 4:
        cv2.rectangle(canvas, (150, 25), (362, 235), blue, -1)
    else:
        cv2.rectangle(canvas, (60, 40), (452, 150), (*dice.uniform(20, 200, 3), 255), -1)


def car_tiles() -> UInt8Array:
    """Body from the side, cabin from the side, body's end, cabin's end, top; the tint mask is the paint."""
    paint, glass, dark = (200, 200, 200, 255), (70, 62, 55, 0), (18, 18, 18, 0)
    side = np.full((_LARGE, _LARGE, 4), paint, np.uint8)
    side[400:] = dark
    side[205:220] = (165, 165, 165, 255)
    side[60:400:2, 250:253] = (120, 120, 120, 255)
    for x in (100, 412):
        cv2.ellipse(side, (x, 350), (62, 160), 0, 0, 360, dark, -1)
        cv2.ellipse(side, (x, 350), (34, 88), 0, 0, 360, (150, 150, 150, 0), -1)
    cabin = np.full((_LARGE, _LARGE, 4), paint, np.uint8)
    for left, right in ((30, 240), (262, 480)):
        cabin[70:470, left:right] = glass
        cabin[70:200, left:right, :3] += np.uint8(45)
    end = np.full((_LARGE, _LARGE, 4), paint, np.uint8)
    end[400:] = dark
    end[110:190, 20:110], end[110:190, 402:492] = (60, 60, 215, 0), (60, 60, 215, 0)
    end[250:340, 170:342] = (225, 225, 225, 0)
    window = np.full((_LARGE, _LARGE, 4), paint, np.uint8)
    window[60:480, 40:472] = glass
    window[60:220, 40:472, :3] += np.uint8(50)
    top = np.full((_LARGE, _LARGE, 4), paint, np.uint8)
    return np.stack([to_tile(tile, SIZE) for tile in (side, cabin, end, window, top)])


def barrier_tiles(dice: np.random.Generator) -> UInt8Array:
    """A hedge, a wall, two fences; the fences with coverage, the others with a tint."""
    hedge = WALL * (1 + 0.2 * _grown(noise(_NOISE, 4, dice)) + 0.15 * _grown(clouds(_NOISE, 16, dice)))
    stone = WALL * (1 + 0.08 * _grown(clouds(_NOISE, 32, dice)))
    stone[::64] *= 0.75
    stone[:, ::128] *= 0.85
    bars = np.zeros((_LARGE, _LARGE, 4), np.uint8)
    bars[:, ::64], bars[40:64], bars[440:460] = (WALL,) * 3 + (255,), (WALL,) * 3 + (255,), (WALL,) * 3 + (255,)
    for shift in range(1, 14):
        bars[:, shift::64] = bars[:, ::64]
    planks = np.zeros((_LARGE, _LARGE, 4), np.uint8)
    for left in range(0, _LARGE, 64):
        planks[20:, left + 6 : left + 60] = (*[WALL * dice.uniform(0.85, 1.1)] * 3, 255)
    solid = [np.dstack([tone, tone, tone, np.full_like(tone, 255)]).clip(0, 255) for tone in (hedge, stone)]
    return np.stack([to_tile(tile.astype(np.uint8), SIZE) for tile in (*solid, bars, planks)])
