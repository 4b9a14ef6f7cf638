# SPDX-License-Identifier: Apache-2.0
"""Where the photos of a location are, as a drawing: cells of ground, coloured by the part of the split."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import shapely

from mia_ros.arrays import Array, FloatArray, IntArray
from offline_tools.curate.places import Area

#: In the order of their colours; photos of no part come last.
PARTS = ("train", "val", "test")
NO_PART = "in no part"

_SIDE = 520  # of the drawing, in its own units
_CELLS, _SMALLEST_CELL_M = 110, 6.0
_MARGIN = 0.04
_METRES = 111_320.0  # of a degree of latitude


def ground_drawing(name: str, lon: FloatArray, lat: FloatArray, parts: Sequence[str], area: Area | None) -> str:
    """SVG: where photos are, which `parts` (one for each photo) they belong to, and the outline of the area."""
    frame = _Frame.around(lon, lat, area)
    x, y = frame.to_drawing(lon, lat)
    outline = f'<path class="outline" d="{frame.outline(area)}"/>' if area is not None else ""
    layers = "".join(
        f'<path class="p{index}" d="{path}"/>' for index, path in enumerate(_cells(x, y, parts, frame.cell)) if path
    )
    return (
        f'<svg viewBox="0 0 {frame.width:.0f} {frame.height + 24:.0f}" role="img" '
        f'aria-label="where the photos of {escape(name)} are">{outline}{layers}{frame.scale_bar()}</svg>'
    )


class _Frame:
    """From degrees to a drawing with north above, which is true to scale in its middle."""

    def __init__(self, box: tuple[float, float, float, float]) -> None:
        west, south, east, north = box
        shrink = math.cos(math.radians((south + north) / 2))
        extent = max((east - west) * shrink, north - south, 1e-4)
        self._west, self._north = west - _MARGIN * extent / shrink, north + _MARGIN * extent
        self._per_degree = _SIDE / (extent * (1 + 2 * _MARGIN))
        self._shrink = shrink
        self.width = ((east - west) * shrink + 2 * _MARGIN * extent) * self._per_degree
        self.height = (north - south + 2 * _MARGIN * extent) * self._per_degree
        self._per_metre = self._per_degree / _METRES
        self.cell = max(_SIDE / _CELLS, _SMALLEST_CELL_M * self._per_metre)

    @classmethod
    def around(cls, lon: FloatArray, lat: FloatArray, area: Area | None) -> _Frame:
        """All photos and the whole area."""
        west, south, east, north = area.bounds if area is not None else (180.0, 90.0, -180.0, -90.0)
        lows = min(west, float(lon.min(initial=180))), min(south, float(lat.min(initial=90)))
        highs = max(east, float(lon.max(initial=-180))), max(north, float(lat.max(initial=-90)))
        return cls((*lows, *highs))

    def to_drawing(self, lon: Array, lat: Array) -> tuple[FloatArray, FloatArray]:
        x = (lon - self._west) * self._shrink * self._per_degree
        return np.asarray(x), np.asarray((self._north - lat) * self._per_degree)

    def outline(self, area: Area) -> str:
        """The rings of the area, as fine as can be seen."""
        simple = area.geometry.simplify(0.5 / self._per_degree)
        rings = []
        for part in shapely.get_parts(simple):
            for ring in (part.exterior, *part.interiors):
                points = np.array(ring.coords)
                x, y = self.to_drawing(points[:, 0], points[:, 1])
                rings.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "Z")
        return "".join(rings)

    def scale_bar(self) -> str:
        """As long as a round number of metres that fills a quarter of the drawing at most."""
        quarter = self.width / 4 / self._per_metre
        power = 10 ** math.floor(math.log10(quarter))
        metres = max(step * power for step in (1, 2, 5) if step * power <= quarter)
        length, y = metres * self._per_metre, self.height + 8
        text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
        return (
            f'<path class="scale" d="M8 {y - 4:.1f}v4h{length:.1f}v-4"/><text x="{length + 14:.1f}" y="{y:.1f}">{text}'
            f"</text>"
        )


def _cells(x: FloatArray, y: FloatArray, parts: Sequence[str], cell: float) -> list[str]:
    """A path for each part and one for photos of none; a cell is of the part that has most of its photos."""
    index = {part: number for number, part in enumerate(PARTS)}
    number = np.array([index.get(part, len(PARTS)) for part in parts], np.int64)
    places = np.stack([np.floor(x / cell), np.floor(y / cell)], 1).astype(np.int64)
    cells, which = np.unique(places, axis=0, return_inverse=True)
    counts = np.zeros((len(cells), len(PARTS) + 1), np.int64)
    np.add.at(counts, (which.reshape(-1), number), 1)
    chosen: IntArray = counts.argmax(axis=1)
    return [_squares(cells[chosen == part], cell) for part in range(len(PARTS) + 1)]


def _squares(cells: IntArray, cell: float) -> str:
    return "".join(f"M{x * cell:.1f} {y * cell:.1f}h{cell:.1f}v{cell:.1f}h-{cell:.1f}z" for x, y in cells.tolist())


def part_of(split: Mapping[str, Mapping[str, Sequence[str | int]]], location: str) -> dict[str, str]:
    """The part of each sample of a location."""
    return {str(id_): part for part, places in split.items() for id_ in places.get(location, ())}
