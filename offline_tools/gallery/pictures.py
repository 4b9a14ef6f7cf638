# SPDX-License-Identifier: Apache-2.0
"""A map of overlapping channels as one picture that reads like a street map."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, UInt8Array
from offline_tools.channels import CHANNEL_COLOURS, CHANNEL_INDEX, CHANNEL_LABELS, CHANNELS, DRAWING_ORDER
from offline_tools.errors import DatasetError
from offline_tools.osm.visibility import VISIBLE

Colour = tuple[int, int, int]

ENLARGEMENT = 3  # pixels of a picture for each of a mask
PAPER: Colour = (246, 244, 238)  # where there is no channel

_INK: Colour = (38, 42, 50)
_EGO: Colour = (226, 35, 90)
_WHITE: Colour = (255, 255, 255)
_NIGHT: Colour = (40, 42, 58)
_HIDDEN = 0.55  # how much of a hidden pixel is night
_EDGE = 0.62  # brightness of an outline against its colour
_THROUGH = {"building": 0.25, "parking": 0.2, "terrain": 0.0}  # of what lies below is still seen through a channel
_OUTLINED = ("park", "water", "parking", "crossing", "building")

_LINE = 26  # pixels of a row of the legend
_SWATCH = 14
_FONT, _TEXT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.48


def map_picture(
    mask: Array, legend: bool = True, ego: bool = True, *, visibility: Array | None = None, scale: int = ENLARGEMENT
) -> UInt8Array:
    """(H', W', 3) uint8 RGB of a map, (H, W, 9) 0 or 1 with the channels of CHANNELS; each pixel `scale` wide.

    What lies on top hides what is below it, but a building is glass, and outlined. `ego` puts an arrow in the middle
    that points along the heading, which is up. `visibility` is (H, W), 0 where the ground can be seen: the rest is
    dimmed. `legend` adds a strip below, with the channels that the map has.
    """
    channels = _checked(mask)
    picture = _painted(channels, scale)
    if visibility is not None:
        _dim(picture, _checked_visibility(visibility, channels), scale)
    if ego:
        _draw_ego(picture, scale)
    if not legend:
        return picture
    present = [name for name in DRAWING_ORDER if channels[..., CHANNEL_INDEX[name]].any()]
    return np.concatenate([picture, legend_strip(present, picture.shape[1])])


def hidden_overlay(visibility: Array) -> UInt8Array:
    """(H, W, 4) uint8 BGRA to lay over a map: dark where the ground cannot be seen, clear elsewhere."""
    hidden = np.asarray(visibility) != VISIBLE
    overlay = np.zeros((*hidden.shape, 4), np.uint8)
    overlay[hidden] = (*_NIGHT[::-1], round(255 * _HIDDEN))
    return overlay


def legend_strip(channels: Sequence[str], width: int) -> UInt8Array:
    """(h, width, 3) uint8 RGB: a swatch and a name for each channel, in as many rows as they need."""
    entries = [(CHANNEL_LABELS[CHANNEL_INDEX[name]], CHANNEL_COLOURS[CHANNEL_INDEX[name]]) for name in channels]
    places, x, row = [], 8, 0
    for label, _ in entries:
        wide = _SWATCH + 24 + cv2.getTextSize(label, _FONT, _TEXT_SIZE, 1)[0][0]
        if x > 8 and x + wide > width:
            x, row = 8, row + 1
        places.append((x, row * _LINE + (_LINE - _SWATCH) // 2))
        x += wide
    strip = np.full(((row + 1) * _LINE, width, 3), 255, np.uint8)
    for (label, colour), (left, top) in zip(entries, places, strict=True):
        cv2.rectangle(strip, (left, top), (left + _SWATCH, top + _SWATCH), colour, cv2.FILLED)
        cv2.rectangle(strip, (left, top), (left + _SWATCH, top + _SWATCH), _darker(colour), 1)
        at = (left + _SWATCH + 6, top + _SWATCH - 2)
        cv2.putText(strip, label, at, _FONT, _TEXT_SIZE, _INK, 1, cv2.LINE_AA)
    return strip


def _checked(mask: Array) -> BoolArray:
    found = np.asarray(mask)
    if found.ndim != 3 or found.shape[2] != len(CHANNELS) or found.size == 0:
        raise DatasetError(f"map: shape {found.shape}, want (rows, columns, {len(CHANNELS)}), a channel for each class")
    if found.dtype != np.bool_ and not np.issubdtype(found.dtype, np.integer):
        raise DatasetError(f"map: {found.dtype}, want bool, or integers that are not 0 where a class is")
    return found != 0


def _checked_visibility(visibility: Array, channels: BoolArray) -> BoolArray:
    found = np.asarray(visibility)
    if found.shape != channels.shape[:2]:
        raise DatasetError(f"visibility mask: shape {found.shape}, want that of its map, {channels.shape[:2]}")
    return found == VISIBLE


def _enlarged(plane: BoolArray, scale: int) -> BoolArray:
    return np.repeat(np.repeat(plane, scale, axis=0), scale, axis=1)


def _painted(channels: BoolArray, scale: int) -> UInt8Array:
    rows, columns = channels.shape[:2]
    picture = np.full((rows * scale, columns * scale, 3), PAPER, np.float32)
    for name in DRAWING_ORDER:
        index = CHANNEL_INDEX[name]
        if not channels[..., index].any():
            continue
        plane = _enlarged(channels[..., index], scale)
        through = _THROUGH.get(name, 0.0)
        picture[plane] = through * picture[plane] + (1 - through) * np.array(CHANNEL_COLOURS[index], np.float32)
        if name in _OUTLINED:
            picture[_rim(plane)] = _darker(CHANNEL_COLOURS[index])
    return picture.round().astype(np.uint8)


def _rim(plane: BoolArray) -> BoolArray:
    """The outermost pixels of what is set; the picture's own edge is no edge of it."""
    inner = cv2.erode(plane.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return plane & (np.asarray(inner) == 0)


def _dim(picture: UInt8Array, visible: BoolArray, scale: int) -> None:
    hidden = ~_enlarged(visible, scale)
    dimmed = (1 - _HIDDEN) * picture[hidden] + _HIDDEN * np.array(_NIGHT)
    picture[hidden] = dimmed.round().astype(np.uint8)


def _draw_ego(picture: UInt8Array, scale: int) -> None:
    """An arrow head whose middle is the middle of the map, as large on every map."""
    centre = np.array([picture.shape[1], picture.shape[0]]) / 2
    arrow = np.array([[0, -4.5], [3.4, 4], [0, 2.2], [-3.4, 4]]) * max(scale, 2)
    points = np.round((centre + arrow) * 8).astype(np.int32)[None]
    cv2.polylines(picture, points, True, _WHITE, 2 + scale, cv2.LINE_AA, 3)
    cv2.fillPoly(picture, points, _EGO, cv2.LINE_AA, 3)


def _darker(colour: Colour) -> Colour:
    red, green, blue = (round(part * _EDGE) for part in colour)
    return red, green, blue
