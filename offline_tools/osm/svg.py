# SPDX-License-Identifier: Apache-2.0
"""The drawing of a map as SVG, for people to look at, and its pixels by way of cairo.

What `raster` draws at once is drawn here the long way: the same shapes and pens as text, and cairo makes pixels of it.
The text stands alone: no script, no link, no file that it would have to fetch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from mia_ros.arrays import BoolArray, FloatArray, UInt8Array
from offline_tools.channels import CHANNEL_COLOURS, CHANNEL_INDEX, CHANNEL_LABELS, CHANNELS, DRAWING_ORDER
from offline_tools.errors import MapSourceError, MissingPart
from offline_tools.osm.frame import View
from offline_tools.osm.shapes import Cap, Join, Kind, Shapes

PAPER = "#f6f4ee"
_MITER_LIMIT = 4  # SVG's own, and cairo's as the masks have it


def draw_svg(shapes: Shapes, view: View, channels: Sequence[str] = DRAWING_ORDER) -> str:
    """The shapes that touch the view as an SVG document: a group for each channel, the first of `channels` lowest.

    A pixel of the view is a unit of the document. A pedestrian's ground lies under the roads, as in the masks.
    """
    placed = _Placed(shapes, view)
    size = f'width="{view.columns}" height="{view.rows}" viewBox="0 0 {view.columns} {view.rows}"'
    pen = f'stroke-linecap="butt" stroke-linejoin="miter" stroke-miterlimit="{_MITER_LIMIT}" fill-rule="nonzero"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="background:{PAPER}" {pen}>',
        "<desc>Map data © OpenStreetMap contributors, ODbL 1.0</desc>",
    ]
    for name in channels:
        lines += _group(placed, CHANNEL_INDEX[name])
    return "\n".join([*lines, "</svg>", ""])


def rasterise(svg: str, scale: float = 1.0) -> UInt8Array:
    """(rows, columns, 4) uint8 RGBA of an SVG document, transparent where nothing is drawn.

    The document is drawn without its surroundings: entities are refused, and links to files and servers.
    """
    surface = _surface()
    try:
        png = surface.convert(bytestring=svg.encode(), scale=scale, unsafe=False, url_fetcher=_refuse)
    except (ValueError, SyntaxError, TypeError) as error:
        raise MapSourceError(f"SVG picture: it cannot be drawn: {' '.join(str(error).split())}") from None
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA), np.uint8)


def svg_channels(shapes: Shapes, view: View) -> UInt8Array:
    """(rows, columns, 9) 0 or 1 by the SVG's way: each channel drawn alone, set where anything is opaque at all.

    As `raster.draw` of the same shapes; the rule that a pedestrian's pixel gives way to a road's is not applied.
    """
    alone = [rasterise(draw_svg(shapes, view, (name,)))[..., 3] != 0 for name in CHANNELS]
    return np.stack(alone, axis=2).astype(np.uint8)


class _Placed:
    """Shapes in a view: their points in its pixels, and which of them can be seen."""

    def __init__(self, shapes: Shapes, view: View) -> None:
        self.shapes = shapes
        self.view = view
        matrix = np.array(view.matrix, np.float64)
        matrix[:, 2] += matrix[:, :2] @ np.asarray(shapes.origin, np.float64)
        self.matrix = matrix
        self.scale = math.hypot(matrix[0, 0], matrix[1, 0])
        self.widths = shapes.ground_width * self.scale + shapes.pen.astype(np.float64) * view.pixel
        self.visible = self._touching() & ((shapes.kind == Kind.FILL) | (self.widths > 0))

    def points(self, line: int) -> FloatArray:
        """(n, 2) pixels of one line."""
        start, stop = self.shapes.line_starts[line], self.shapes.line_starts[line + 1]
        return self.shapes.points[start:stop] @ self.matrix[:, :2].T + self.matrix[:, 2]

    def lines(self, shape: int) -> list[FloatArray]:
        """The lines of one shape."""
        first, last = self.shapes.shape_starts[shape], self.shapes.shape_starts[shape + 1]
        return [self.points(line) for line in range(first, last)]

    def _touching(self) -> BoolArray:
        """Which shapes may touch the view, by their bounds, the pen and the longest miter."""
        corners = np.array([[0, 0, self.view.columns, self.view.columns], [0, self.view.rows, 0, self.view.rows]])
        x, y = np.linalg.solve(self.matrix[:, :2], corners - self.matrix[:, 2:])
        margin = (1 + _MITER_LIMIT * self.widths / 2) / self.scale
        west, south, east, north = self.shapes.bounds.T
        inside = (west - margin <= x.max()) & (east + margin >= x.min())
        return inside & (south - margin <= y.max()) & (north + margin >= y.min())


def _group(placed: _Placed, channel: int) -> Iterator[str]:
    """The element of one channel: what is filled and what is drawn with a pen apart, for they are coloured apart."""
    mine = np.flatnonzero(placed.visible & (placed.shapes.channel == channel)).tolist()
    stroked = [shape for shape in mine if placed.shapes.kind[shape] == Kind.STROKE]
    filled = [shape for shape in mine if placed.shapes.kind[shape] != Kind.STROKE]
    colour = "#{:02x}{:02x}{:02x}".format(*CHANNEL_COLOURS[channel])
    yield f'<g id="{CHANNELS[channel]}">'
    yield f"<title>{CHANNEL_LABELS[channel]}</title>"
    yield f'<g fill="{colour}" stroke="none">'
    for shape in filled:
        yield from _discs(placed, shape) if placed.shapes.kind[shape] == Kind.DISC else _fill(placed, shape)
    yield f'</g>\n<g fill="none" stroke="{colour}">'
    for shape in stroked:
        yield _stroke(placed, shape)
    yield "</g>\n</g>"


def _fill(placed: _Placed, shape: int) -> Iterator[str]:
    yield f'<path d="{"".join(_path(line, closed=True) for line in placed.lines(shape))}"/>'


def _discs(placed: _Placed, shape: int) -> Iterator[str]:
    radius = placed.widths[shape] / 2
    for line in placed.lines(shape):
        for x, y in line.tolist():
            yield f'<circle cx="{x:.3f}" cy="{y:.3f}" r="{radius:.3f}"/>'


def _stroke(placed: _Placed, shape: int) -> str:
    shapes = placed.shapes
    pen = f'stroke-width="{placed.widths[shape]:.3f}"'
    if shapes.cap[shape] == Cap.ROUND:
        pen += ' stroke-linecap="round"'
    if shapes.join[shape] == Join.ROUND:
        pen += ' stroke-linejoin="round"'
    if shapes.dash[shape, 0] > 0:
        on, off = (shapes.dash[shape].astype(np.float64) * placed.view.pixel).tolist()
        pen += f' stroke-dasharray="{on:.3f} {off:.3f}"'
    paths = [_path(line, closed=len(line) > 2 and bool((line[0] == line[-1]).all())) for line in placed.lines(shape)]
    return f'<path {pen} d="{"".join(paths)}"/>'


def _path(line: FloatArray, *, closed: bool) -> str:
    """Path data; the last point of a closed line is left out where it repeats the first."""
    points = line[:-1] if closed and bool((line[0] == line[-1]).all()) else line
    return "M" + "L".join(f"{x:.3f} {y:.3f}" for x, y in points.tolist()) + ("Z" if closed else "")


def _surface() -> Any:
    """cairosvg's maker of PNG; it looks for the system's libcairo when it is imported."""
    try:
        from cairosvg.surface import PNGSurface
    except (ImportError, OSError) as error:
        raise MissingPart(
            "SVG pictures are drawn by cairosvg and the system's libcairo "
            f"({' '.join(str(error).split())}): pip install 'mia_ros[maps]' and apt-get install libcairo2"
        ) from None
    return PNGSurface


def _refuse(url: str, _kind: str) -> bytes:
    raise ValueError(f"it refers to {url[:80]}; a picture must stand alone")
