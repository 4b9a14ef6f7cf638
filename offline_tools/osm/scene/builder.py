# SPDX-License-Identifier: Apache-2.0
"""Collects shapes one by one and makes the columns of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.osm.channels import CHANNEL_INDEX
from offline_tools.osm.shapes import Cap, Join, Kind, Shapes
from offline_tools.osm.style.model import Paint

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
    _lines: list[FloatArray] = field(default_factory=list)
    _line_counts: list[int] = field(default_factory=list)
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
        """The columns of all shapes so far."""
        points = np.concatenate(self._lines) if self._lines else np.empty((0, 2))
        line_starts = np.concatenate([[0], np.cumsum([len(line) for line in self._lines], dtype=np.int64)]).astype(
            np.int64
        )
        shape_starts = np.concatenate([[0], np.cumsum(self._line_counts, dtype=np.int64)]).astype(np.int64)
        rows = np.array(self._rows, np.float64).reshape(-1, 8)
        return Shapes(
            origin=self.origin,
            points=points,
            line_starts=line_starts,
            shape_starts=shape_starts,
            channel=rows[:, 0].astype(np.uint8),
            kind=rows[:, 1].astype(np.uint8),
            ground_width=rows[:, 2].copy(),
            pen=rows[:, 3].astype(np.float32),
            cap=rows[:, 4].astype(np.uint8),
            join=rows[:, 5].astype(np.uint8),
            dash=rows[:, 6:8].astype(np.float32),
            bounds=_bounds(points, line_starts[shape_starts], rows[:, 2]),
        )

    def _add(self, lines: list[FloatArray], channel: str, kind: Kind, pen: Pen) -> None:
        if not lines:
            return
        self._lines += lines
        self._line_counts.append(len(lines))
        self._rows.append((CHANNEL_INDEX[channel], kind, pen.ground, pen.pixels, pen.cap, pen.join, *pen.dash))


def _closed(line: FloatArray) -> FloatArray:
    """The line with equal ends, where they are as good as equal."""
    gap = np.abs(line[0] - line[-1]).max()
    if gap == 0 or gap > _SAME:
        return line
    line = line.copy()
    line[-1] = line[0]
    return line


def _bounds(points: FloatArray, point_starts: np.ndarray, ground: FloatArray) -> FloatArray:
    """(S, 4) x min, y min, x max, y max of each shape's points, grown by half its ground width."""
    if len(points) == 0:
        return np.empty((0, 4))
    low = np.minimum.reduceat(points, point_starts[:-1], axis=0) - ground[:, None] / 2
    high = np.maximum.reduceat(points, point_starts[:-1], axis=0) + ground[:, None] / 2
    return np.concatenate([low, high], axis=1)
