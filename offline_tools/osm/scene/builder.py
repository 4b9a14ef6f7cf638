# SPDX-License-Identifier: Apache-2.0
"""Collects shapes one by one and makes the columns of them."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.shapes import Cap, Join, Kind, Shapes
from offline_tools.osm.style.model import Paint

_STEP = 1e-4  # degrees, some 10 m: how finely shapes are put in order
_LARGE = 3e-3  # degrees, some 300 m: a shape of this size would make a group of neighbours as large
_SAME = 1e-10  # degrees, a hundredth of a millimetre: the ends of a line that was computed and closes itself


@dataclass(frozen=True)
class Pen:
    """How a line is stroked: widths add up; `ground` is in the plane's degrees, `pixels` in reference pixels."""

    ground: float = 0.0
    pixels: float = 0.0
    cap: Cap = Cap.BUTT
    join: Join = Join.MITER
    dash: tuple[float, float] = (0.0, 0.0)


_NO_PEN = Pen()


@dataclass
class ShapesBuilder:
    """Shapes in the making; nothing that draws nothing is kept."""

    origin: tuple[float, float]
    _lines: list[list[FloatArray]] = field(default_factory=list)  # of each shape
    _rows: list[tuple[int, int, float, float, int, int, float, float]] = field(default_factory=list)

    def fill(self, lines: Sequence[FloatArray], channel: str) -> None:
        """Rings, filled as if they were closed."""
        self._add([line for line in lines if len(line) > 2], channel, Kind.FILL, _NO_PEN)

    def stroke(self, lines: Sequence[FloatArray], channel: str, pen: Pen) -> None:
        """Lines along which a pen is drawn."""
        if pen.ground + pen.pixels > 0:
            self._add([_closed(line) for line in lines if len(line) > 1], channel, Kind.STROKE, pen)

    def disc(self, centre: FloatArray, channel: str, pen: Pen) -> None:
        """A disc as wide as the pen."""
        if pen.ground + pen.pixels > 0:
            self._add([centre[None]], channel, Kind.DISC, pen)

    def paint(self, lines: Sequence[FloatArray], paint: Paint) -> None:
        """As a row of a style says."""
        if paint.fill:
            self.fill(lines, paint.channel)
        if paint.pen:
            cap = Cap.ROUND if paint.round_caps else Cap.BUTT
            join = Join.ROUND if paint.round_joins else Join.MITER
            self.stroke(lines, paint.channel, Pen(0.0, paint.pen, cap, join, paint.dash or (0.0, 0.0)))

    def build(self) -> Shapes:
        """The columns of all shapes so far, neighbours together."""
        rows = np.array(self._rows, np.float64).reshape(-1, 8)
        bounds = _bounds(self._lines, rows[:, 2])
        order = _along_a_curve(bounds)
        rows, bounds = rows[order], bounds[order]
        shapes = [self._lines[index] for index in order]
        lines = [line for shape in shapes for line in shape]
        return Shapes(
            origin=self.origin,
            points=np.concatenate(lines) if lines else np.empty((0, 2)),
            line_starts=_starts(lines),
            shape_starts=_starts(shapes),
            channel=rows[:, 0].astype(np.uint8),
            kind=rows[:, 1].astype(np.uint8),
            ground_width=rows[:, 2].copy(),
            pen=rows[:, 3].astype(np.float32),
            cap=rows[:, 4].astype(np.uint8),
            join=rows[:, 5].astype(np.uint8),
            dash=rows[:, 6:8].astype(np.float32),
            bounds=bounds,
        )

    def _add(self, lines: list[FloatArray], channel: str, kind: Kind, pen: Pen) -> None:
        if not lines:
            return
        self._lines.append(lines)
        self._rows.append((CHANNEL_INDEX[channel], kind, pen.ground, pen.pixels, pen.cap, pen.join, *pen.dash))


def _closed(line: FloatArray) -> FloatArray:
    """The line with equal ends, where they are as good as equal."""
    gap = np.abs(line[0] - line[-1]).max()
    if gap == 0 or gap > _SAME:
        return line
    line = line.copy()
    line[-1] = line[0]
    return line


def _starts(parts: Sequence[Sized]) -> Int64Array:
    """Where each part starts in all of them, and where the last one ends."""
    return np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)


def _bounds(shapes: list[list[FloatArray]], ground: FloatArray) -> FloatArray:
    """(S, 4) x min, y min, x max, y max of each shape's points, grown by half its ground width."""
    if not shapes:
        return np.empty((0, 4))
    points = np.concatenate([line for shape in shapes for line in shape])
    first = np.cumsum([0, *(sum(len(line) for line in shape) for shape in shapes[:-1])])
    low = np.minimum.reduceat(points, first, axis=0) - ground[:, None] / 2
    high = np.maximum.reduceat(points, first, axis=0) + ground[:, None] / 2
    return np.concatenate([low, high], axis=1)


def _along_a_curve(bounds: FloatArray) -> Int64Array:
    """An order in which neighbours on the ground follow each other (Morton's); what is large comes last."""
    if len(bounds) == 0:
        return np.empty(0, np.int64)
    size = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    centre = (bounds[:, :2] + bounds[:, 2:]) / 2
    steps = np.clip((centre - centre.min(axis=0)) / _STEP, 0, 2**20 - 1).astype(np.int64)
    code = np.zeros(len(bounds), np.int64)
    for bit in range(20):
        code |= ((steps[:, 0] >> bit & 1) << 2 * bit) | ((steps[:, 1] >> bit & 1) << 2 * bit + 1)
    return np.lexsort((code, size > _LARGE))
