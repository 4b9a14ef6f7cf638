# SPDX-License-Identifier: Apache-2.0
"""How far the verticals of the world lean in a level view: that much gravity was wrong.

In the axes of a level view a vertical of the world points along (0, 1, 0). Where gravity errs it points along (a, 1, b)
instead, and its picture, which crosses the horizon at x (in focal lengths from the middle), leans by a - b x.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, FloatArray, UInt8Array
from mia_ros.rectify import View

#: Lines that lean more are not taken for verticals; gravity that errs more shows in other ways.
_MOST_LEAN = math.tan(math.radians(20))
#: Of the view's size: the shortest line that counts, and how far from the picture's edge it must stay.
_SHORTEST, _MARGIN = 0.03, 0.01
#: Steps of the first search, and how near to it a line must lie, radians.
_COARSE, _NEAR = math.radians(1.5), math.radians(1.2)
#: Fewer lines, or a smaller share of their length that agrees, say nothing.
_FEWEST, _AGREEING = 9, 0.5
#: Spread of the lines over the picture, in focal lengths, that tells pitch from roll.
_SPREAD = 0.2
_ROUNDS = 6


class Lean(NamedTuple):
    """Roll and pitch of the gravity that levelled the view, less those that the verticals show; radians.

    None: the lines do not say. lines: how many agreed.
    """

    roll: float | None
    pitch: float | None
    lines: int


def lean_of(view: View) -> Lean:
    """Of the lines above the horizon: below it, kerbs that run ahead look like verticals."""
    slope, x, length = _candidates(view)
    if len(slope) < _FEWEST:
        return Lean(None, None, len(slope))
    a, b = _coarse(slope, x, length)
    agreeing = np.abs(slope - a + b * x) < 2 * _NEAR
    spread = bool(x[agreeing].std() > _SPREAD) if agreeing.any() else False
    a, b, weights = _refined(slope, x, length, (a, b), spread)
    lines = int(np.count_nonzero(weights))
    if lines < _FEWEST or length[weights > 0].sum() < _AGREEING * length.sum():
        return Lean(None, None, lines)
    return Lean(math.atan(a), -math.atan(b) if spread else None, lines)


def _candidates(view: View) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slope (x over y), crossing of the horizon (focal lengths) and length (pixels) of steep lines."""
    camera = view.camera
    rows = max(0, min(math.ceil(camera.cy), view.image.shape[0]))
    nothing = np.zeros(0)
    if rows < _SHORTEST * camera.width:
        return nothing, nothing, nothing
    found = _detector().detect(cv2.cvtColor(_bytes(view.image[:rows]), cv2.COLOR_BGR2GRAY))[0]
    if found is None:
        return nothing, nothing, nothing
    ends = np.asarray(found, np.float64).reshape(-1, 2, 2)
    ends = ends[_inside(ends, view.valid[:rows], max(2, round(_MARGIN * camera.width)))]
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    x, y = (ends[..., 0] - camera.cx) / camera.fx, (ends[..., 1] - camera.cy) / camera.fy
    down = y[:, 1] - y[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x[:, 1] - x[:, 0]) / down
    wanted = (np.abs(slope) < _MOST_LEAN) & (length > _SHORTEST * camera.width)
    return slope[wanted], (x.mean(1) - slope * y.mean(1))[wanted], length[wanted]


def _inside(ends: FloatArray, valid: BoolArray, margin: int) -> BoolArray:
    """Lines whose ends and middle lie well inside the picture: its own edge, levelled, is a line too."""
    kernel = np.ones((2 * margin + 1,) * 2, np.uint8)
    inner = cv2.erode(valid.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    inner[-margin - 1 :] |= valid[-margin - 1 :]  # the picture goes on below the horizon
    points = np.stack([ends[:, 0], ends.mean(1), ends[:, 1]], 1).round().astype(np.int64)
    columns = points[..., 0].clip(0, valid.shape[1] - 1)
    rows = points[..., 1].clip(0, valid.shape[0] - 1)
    return np.asarray(inner[rows, columns].all(1))


def _coarse(slope: FloatArray, x: FloatArray, length: FloatArray) -> tuple[float, float]:
    """The (a, b) of a grid that most of the lines' length agrees with; of equals, the smaller lean."""
    a, b, cost = _grid()
    residual = slope - a[:, None] + b[:, None] * x
    votes = np.exp(-0.5 * (residual / _NEAR) ** 2) @ length
    best = int(np.argmax(votes - cost * length.sum()))
    return float(a[best]), float(b[best])


def _refined(
    slope: FloatArray, x: FloatArray, length: FloatArray, start: tuple[float, float], spread: bool
) -> tuple[float, float, FloatArray]:
    """Least squares on the lines that agree, again and again; without spread, roll alone."""
    a, b = start if spread else (start[0] - start[1] * float(np.average(x, weights=length)), 0.0)
    weights = np.zeros(len(slope))
    terms = np.stack([np.ones_like(x), -x], 1) if spread else np.ones((len(x), 1))
    for _ in range(_ROUNDS):
        residual = (slope - a + b * x) / (2 * _NEAR)
        weights = np.where(np.abs(residual) < 1, length * (1 - residual**2) ** 2, 0.0)
        if np.count_nonzero(weights) < _FEWEST:
            break
        solved = np.linalg.lstsq(terms * np.sqrt(weights)[:, None], slope * np.sqrt(weights), rcond=None)[0]
        a, b = float(solved[0]), float(solved[1]) if spread else 0.0
    return a, b, weights


@lru_cache(1)
def _grid() -> tuple[FloatArray, FloatArray, FloatArray]:
    """All (a, b) that are tried first, and how much less each is liked: a hundredth of the votes at the edge."""
    steps = np.arange(-10, 11) * _COARSE
    a, b = (part.reshape(-1) for part in np.meshgrid(steps, steps))
    return a, b, 0.01 * np.hypot(a, b) / float(steps[-1])


@lru_cache(1)
def _detector() -> Any:
    return cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE)


def _bytes(image: Array) -> UInt8Array:
    """Of a view that is exact, float32 in 0..1, too."""
    return image if image.dtype == np.uint8 else (image * 255).round().astype(np.uint8)
