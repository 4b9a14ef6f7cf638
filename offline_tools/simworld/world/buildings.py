# SPDX-License-Identifier: Apache-2.0
"""Buildings as solids: walls with floors and bays, and roofs with gables, hips, or flat behind a parapet."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.simworld.world.appearance import Appearance, Colour
from offline_tools.simworld.world.facades import STYLES
from offline_tools.simworld.world.footprints import FLOOR, Footprint, ring_of
from offline_tools.simworld.world.solids import SolidKind, SolidsBuilder

_NAMED = {
    "white": (235, 235, 235),
    "beige": (200, 225, 235),
    "brown": (60, 90, 140),
    "grey": (140, 140, 140),
    "gray": (140, 140, 140),
    "red": (60, 60, 180),
    "yellow": (110, 205, 230),
    "black": (45, 45, 45),
}
_HOUSES = {
    "house",
    "detached",
    "terrace",
    "semidetached_house",
    "farm",
    "barn",
    "church",
    "bungalow",
    "cabin",
    "residential",
}
_PITCHED = {"gabled", "hipped", "half-hipped", "pyramidal", "gambrel", "mansard"}


@dataclass(frozen=True)
class Tiles:
    """Where in the world's tiles the walls and roofs start."""

    facades: int
    roofs: int


def raise_buildings(
    builder: SolidsBuilder, found: list[Footprint], appearance: Appearance, tiles: Tiles, dice: np.random.Generator
) -> None:
    """Put up all buildings."""
    for footprint in found:
        colour = _colour(footprint, appearance, dice)
        style = int(dice.integers(STYLES))
        texture = tiles.facades + 4 * style if appearance.shaded else 0
        roof = (
            appearance.roof_colours[int(dice.integers(len(appearance.roof_colours)))] if appearance.shaded else colour
        )
        outer = ring_of(footprint.polygon.exterior, anticlockwise=True)
        shape = _roof_shape(footprint, outer, dice) if appearance.shaded else "flat"
        gable = np.full(len(outer), -1.0)
        if shape != "flat":
            gable = _roof(builder, footprint, outer, shape, roof, tiles.roofs + int(dice.integers(2)), dice)
        _walls(builder, footprint, outer, gable, colour, texture)
        for hole in footprint.polygon.interiors:
            ring = ring_of(hole, anticlockwise=False)
            _walls(builder, footprint, ring, np.full(len(ring), -1.0), colour, texture)
        if shape == "flat" and appearance.shaded:
            _parapet(builder, footprint, outer, roof, tiles)


def _walls(
    builder: SolidsBuilder, footprint: Footprint, ring: FloatArray, gable: FloatArray, colour: Colour, texture: int
) -> None:
    """One wall an edge; where `gable` is not -1 it rises to that height in the middle."""
    floors = max(round(footprint.height / FLOOR), 1)
    for index, start in enumerate(ring):
        end = ring[(index + 1) % len(ring)]
        length = float(np.hypot(*(end - start)))
        bays = max(round(length / 2.9), 1) if length > 1.8 else 0.02
        scales = (bays / max(length, 1e-3), floors / footprint.height)
        top, owner = footprint.height, footprint.number * 131 + index
        kind = SolidKind.FACADE if bays >= 1 and texture > 0 else SolidKind.PANEL
        tile = texture if bays >= 1 or texture == 0 else texture + 3
        builder.wall(np.stack([start, end]), (0.0, top, top), colour, tile, scales, kind, owner)
        if gable[index] > 0:
            middle, plain = (start + end) / 2, texture + 3
            builder.wall(np.stack([start, middle]), (top, top, gable[index]), colour, plain, scales)
            builder.wall(np.stack([middle, end]), (top, gable[index], top), colour, plain, scales)


def _parapet(builder: SolidsBuilder, footprint: Footprint, ring: FloatArray, colour: Colour, tiles: Tiles) -> None:
    """A rim of another colour around a flat roof."""
    if footprint.number % 3 == 0:
        return
    rim = 0.35 if footprint.number % 3 == 1 else 0.9
    for index, start in enumerate(ring):
        ends = np.stack([start, ring[(index + 1) % len(ring)]])
        heights = (footprint.height, footprint.height + rim, footprint.height + rim)
        builder.wall(ends, heights, colour, tiles.roofs + 2, (0.2, 0.3))


def _roof_shape(footprint: Footprint, ring: FloatArray, dice: np.random.Generator) -> str:
    """Roofs that slope stand on four corners only."""
    if len(ring) != 4 or footprint.polygon.interiors:
        return "flat"
    told = footprint.tags.get("roof:shape")
    if told is not None:
        return ("gabled" if told == "gabled" else "hipped") if told in _PITCHED else "flat"
    house = footprint.tags.get("building") in _HOUSES
    small = footprint.polygon.area < 260 and footprint.height < 11
    if not (dice.random() < (0.92 if house else 0.6 if small else 0.25)):
        return "flat"
    return "gabled" if dice.random() < 0.6 else "hipped"


def _roof(
    builder: SolidsBuilder,
    footprint: Footprint,
    ring: FloatArray,
    shape: str,
    colour: Colour,
    tile: int,
    dice: np.random.Generator,
) -> FloatArray:
    """Four corners: two slopes along the longer side and two gables, or four slopes; the gables' heights by edge."""
    sides = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    if sides[0] + sides[2] < sides[1] + sides[3]:
        ring = np.roll(ring, -1, axis=0)
        turned = 1
    else:
        turned = 0
    a, b, c, d = ring  # ab and cd are the long sides
    low = footprint.height
    across = (float(np.hypot(*(c - b))) + float(np.hypot(*(a - d)))) / 2
    high = low + min(across / 2 * float(dice.uniform(0.45, 1.0)), 6.0)
    left, right = (a + d) / 2, (b + c) / 2
    if shape == "hipped":
        inset = min(across / 2 / max(float(np.hypot(*(right - left))), 1e-3), 0.48)
        left, right = left + (right - left) * inset, right + (left - right) * inset
    ridge = [(left, right), (right, left)]
    for (start, end), (near, far) in zip(((a, b), (c, d)), ridge, strict=True):
        _slope(builder, [start, end, far, near], [low, low, high, high], colour, tile)
    if shape == "hipped":
        _slope(builder, [b, c, right], [low, low, high], colour, tile)
        _slope(builder, [d, a, left], [low, low, high], colour, tile)
        return np.full(4, -1.0)
    return np.roll(np.array([-1.0, high, -1.0, high]), turned)


def _slope(builder: SolidsBuilder, corners: list[FloatArray], heights: list[float], colour: Colour, tile: int) -> None:
    places = np.stack(corners)
    system = np.column_stack([places, np.ones(len(places))])
    plane = np.linalg.lstsq(system, np.array(heights), rcond=None)[0]
    builder.face(places, plane, colour, tile, 0.25)


def _colour(footprint: Footprint, appearance: Appearance, dice: np.random.Generator) -> Colour:
    told = footprint.tags.get("building:colour", "").lower()
    drawn = appearance.wall_colours[int(dice.integers(len(appearance.wall_colours)))]
    if not appearance.shaded or dice.random() < 0.3:
        return drawn
    if re.fullmatch("#[0-9a-f]{6}", told):
        red, green, blue = (float(int(told[at : at + 2], 16)) for at in (1, 3, 5))
        return blue, green, red
    return _NAMED.get(told, drawn)
