# SPDX-License-Identifier: Apache-2.0
"""The same drawing twice: as a Shapes for the raster, and by cairo itself, which says what is right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from mia_ros.arrays import BoolArray, FloatArray
from offline_tools.osm.frame import View
from offline_tools.osm.shapes import Cap, Join, Kind, Shapes

# Cairo draws on a larger canvas, as the reference does, so that it does not cut shapes at the picture's border.
_MARGIN = 100


@dataclass(frozen=True)
class Drawn:
    """One shape in pixels: its lines, and how they are drawn."""

    kind: Kind
    lines: list[FloatArray]
    width: float = 0.0
    cap: Cap = Cap.BUTT
    join: Join = Join.MITER
    dash: tuple[float, float] = (0.0, 0.0)
    channel: int = 0


def pixels(rows: int = 64, columns: int = 64, resolution: float = 0.5) -> View:
    """A view whose map is measured in its pixels."""
    return View(np.array([[1.0, 0, 0], [0, 1.0, 0]]), rows, columns, resolution)


def shapes(*drawn: Drawn, ground: bool = False, origin: tuple[float, float] = (0.0, 0.0)) -> Shapes:
    """The shapes as columns; widths are the pen's, or of the ground if `ground`."""
    lines = [np.asarray(line, float).reshape(-1, 2) for shape in drawn for line in shape.lines]
    points = np.concatenate([*lines, np.empty((0, 2))])
    widths = np.array([shape.width for shape in drawn])
    grown = widths / 2 if ground else np.zeros(len(drawn))
    bounds = np.empty((len(drawn), 4))
    for i, shape in enumerate(drawn):
        own = np.concatenate([np.asarray(line, float).reshape(-1, 2) for line in shape.lines])
        bounds[i] = [*(own.min(axis=0) - grown[i]), *(own.max(axis=0) + grown[i])]
    return Shapes(
        origin=origin,
        points=points,
        line_starts=np.cumsum([0, *(len(line) for line in lines)]),
        shape_starts=np.cumsum([0, *(len(shape.lines) for shape in drawn)]),
        channel=np.array([shape.channel for shape in drawn], np.uint8),
        kind=np.array([shape.kind for shape in drawn], np.uint8),
        ground_width=widths if ground else np.zeros(len(drawn)),
        pen=np.zeros(len(drawn), np.float32) if ground else widths.astype(np.float32),
        cap=np.array([shape.cap for shape in drawn], np.uint8),
        join=np.array([shape.join for shape in drawn], np.uint8),
        dash=np.array([shape.dash for shape in drawn], np.float32).reshape(-1, 2),
        bounds=bounds,
    )


def cairo() -> ModuleType:
    """Cairo; the test is skipped where the library is missing, which importing it says with an OSError."""
    try:
        import cairocffi
    except (ImportError, OSError) as error:
        pytest.skip(f"needs libcairo and cairocffi to compare with: {error}")
    return cairocffi


def touched_by_cairo(shape: Drawn, rows: int = 64, columns: int = 64) -> BoolArray:
    """Where cairo's anti-aliased drawing of the shape is not quite transparent."""
    library = cairo()
    height, width = rows + 2 * _MARGIN, columns + 2 * _MARGIN
    surface = library.ImageSurface(library.FORMAT_A8, width, height)
    context = library.Context(surface)
    for line in shape.lines:
        points = np.asarray(line, float).reshape(-1, 2) + _MARGIN
        if shape.kind == Kind.DISC:
            for x, y in points:
                context.new_sub_path()
                context.arc(x, y, shape.width / 2, 0, 2 * math.pi)
            continue
        context.move_to(*points[0])
        for point in points[1:]:
            context.line_to(*point)
        if shape.kind == Kind.FILL or (len(points) > 1 and (points[0] == points[-1]).all()):
            context.close_path()
    if shape.kind == Kind.STROKE:
        context.set_line_width(shape.width)
        context.set_line_cap(library.LINE_CAP_ROUND if shape.cap == Cap.ROUND else library.LINE_CAP_BUTT)
        context.set_line_join(library.LINE_JOIN_ROUND if shape.join == Join.ROUND else library.LINE_JOIN_MITER)
        context.set_miter_limit(4)
        context.set_dash(shape.dash if shape.dash[0] > 0 else [])
        context.stroke()
    else:
        context.fill()
    surface.flush()
    alpha = np.frombuffer(surface.get_data(), np.uint8).reshape(height, surface.get_stride())
    return alpha[_MARGIN : _MARGIN + rows, _MARGIN : _MARGIN + columns] != 0
