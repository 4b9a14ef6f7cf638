# SPDX-License-Identifier: Apache-2.0
"""How a frame of the video is laid out, and all of it that never changes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, UInt8Array
from mia_ros.taxonomy import CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR

WIDTH, HEIGHT = 1280, 720
_PAPER, INK, SOFT, MARK = (24, 22, 20), (240, 240, 240), (165, 165, 165), (90, 170, 255)
_DARK = UNOBSERVED_COLOUR[::-1]
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class Box(NamedTuple):
    """Pixels of a panel: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


TITLE = Box(0, 0, WIDTH, 36)
PHOTO = Box(0, 54, 432, 324)
LEVEL = Box(0, 396, 432, 324)
MAP = Box(440, 54, 400, 400)
LEGEND = Box(440, 464, 400, 84)
FACTS = Box(440, 560, 400, 152)
GROUND = Box(848, 54, 432, 666)
_CAPTIONS = {
    "photo": PHOTO,
    "levelled with gravity": LEVEL,
    "map, 50 m x 50 m ahead": MAP,
    "maps along the way": GROUND,
}


def empty_frame() -> UInt8Array:
    """(HEIGHT, WIDTH, 3) BGR with captions and legend, to be drawn on."""
    return _background().copy()


def put(frame: UInt8Array, box: Box, picture: Array, nearest: bool = False) -> None:
    """A picture into a box, as large as it fits, the rest dark."""
    height, width = picture.shape[:2]
    scale = min(box.width / width, box.height / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != (width, height):
        flag = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        picture = cv2.resize(picture, size, interpolation=flag)
    x, y = box.x + (box.width - size[0]) // 2, box.y + (box.height - size[1]) // 2
    frame[y : y + size[1], x : x + size[0]] = picture


def write(
    frame: UInt8Array, text: str, at: tuple[int, int], size: float = 0.45, colour: tuple[int, int, int] = INK
) -> None:
    """One line; what the font does not have becomes a question mark."""
    plain = text.replace("–", "-").replace("·", "-").encode("ascii", "replace").decode("ascii")
    cv2.putText(frame, plain, at, _FONT, size, colour, 1, cv2.LINE_AA)


def say(frame: UInt8Array, box: Box, title: str, text: str) -> None:
    """Words in place of a picture: a title, and some lines."""
    y = box.y + box.height // 2 - 14
    write(frame, title, (box.x + 16, y), 0.6, MARK)
    for number, line in enumerate(wrapped(text, (box.width - 32) // 8)[:7]):
        write(frame, line, (box.x + 16, y + 26 + 20 * number), 0.42, SOFT)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many letters, broken between words where that is possible."""
    lines = [""]
    for word in text.split():
        for piece in (word[k : k + width] for k in range(0, len(word), width)):
            if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
                lines.append("")
            lines[-1] = f"{lines[-1]} {piece}".strip()
    return lines


def shortened(text: str, letters: int) -> str:
    """With dots in place of what is too much."""
    return text if len(text) <= letters else text[: letters - 3] + "..."


@lru_cache(1)
def _background() -> UInt8Array:
    frame = np.full((HEIGHT, WIDTH, 3), _PAPER, np.uint8)
    for caption, box in _CAPTIONS.items():
        write(frame, caption, (box.x + 4, box.y - 5), 0.42, SOFT)
        frame[box.y : box.y + box.height, box.x : box.x + box.width] = _DARK
    entries = [*CLASSES, ("none of these", NO_CLASS_COLOUR), ("not observed", UNOBSERVED_COLOUR)]
    for number, (name, colour) in enumerate(entries):
        x, y = LEGEND.x + number % 3 * 134, LEGEND.y + number // 3 * 26
        cv2.rectangle(frame, (x, y), (x + 16, y + 16), colour[::-1], -1)
        cv2.rectangle(frame, (x, y), (x + 16, y + 16), SOFT, 1)
        write(frame, name, (x + 23, y + 13), 0.42)
    return frame
