# SPDX-License-Identifier: Apache-2.0
"""What stands on the ground: walls, sloping faces, and billboards that turn to the camera; in a grid of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from mia_ros.arrays import Array, Float32Array, FloatArray
from offline_tools.errors import SimulationError
from offline_tools.simworld.world.appearance import Colour

GRID = 4.0  # metres of a cell


class SolidKind(IntEnum):
    """How a solid is hit and coloured. A texture's fourth channel is a tint mask, or coverage where noted."""

    FACADE = 0  # a wall with floors of windows: four textures, upper floors, ground floor, door, plain
    PANEL = 1  # a wall with one texture
    FENCE = 2  # a wall with one texture; coverage
    FACE = 3  # a flat convex face that is not upright: a roof
    BILLBOARD = 4  # an upright rectangle that faces the camera; coverage


# Columns of `Solids.geometry`. Walls: X1 to Y2, BOTTOM, TOP1, TOP2, U_SCALE, V_SCALE (texture tiles a metre).
X1, Y1, X2, Y2, BOTTOM, TOP1, TOP2, U_SCALE, V_SCALE, BLUE, GREEN, RED, SUN = range(13)
# A face is z = A x + B y + C, its texture is turned to (COS, SIN). A billboard: X1, Y1, HALF its width, BOTTOM, TOP1.
A, B, C, COS, SIN = range(5)
HALF = 2
# Columns of `Solids.look`.
KIND, TEXTURE, OWNER, CORNERS = range(4)


class Solids(NamedTuple):
    """All solids; positions are metres from the world's south-west corner. SUN is how squarely the sun shines on it."""

    geometry: Float32Array  # (N, 13)
    look: npt.NDArray[np.int32]  # (N, 4) kind, texture, a number for variety, index into `corners`
    corners: Float32Array  # (F, 4, 2) of the faces
    starts: npt.NDArray[np.int32]  # (cells + 1,) into `items`
    items: npt.NDArray[np.int32]
    columns: int  # of the grid
    top: float  # height of the highest


@dataclass
class SolidsBuilder:
    """Solids in the making; positions in local metres."""

    origin: tuple[float, float]
    sun: FloatArray  # (3,) towards the sun
    _geometry: list[tuple[float, ...]] = field(default_factory=list)
    _look: list[tuple[int, int, int, int]] = field(default_factory=list)
    _corners: list[FloatArray] = field(default_factory=list)

    def wall(
        self,
        ends: FloatArray,
        heights: tuple[float, float, float],
        colour: Colour,
        texture: int,
        tiles: tuple[float, float],
        kind: SolidKind = SolidKind.PANEL,
        owner: int = 0,
    ) -> None:
        """From ends[0] to ends[1], its outside on the right; `heights`: bottom, top at either end; tiles a metre."""
        (xa, ya), (xb, yb) = (ends - self.origin).tolist()
        length = float(np.hypot(xb - xa, yb - ya))
        if length < 1e-3 or max(heights[1:]) <= heights[0]:
            return
        facing = ((yb - ya) * self.sun[0] - (xb - xa) * self.sun[1]) / length
        self._geometry.append((xa, ya, xb, yb, *heights, *tiles, *colour, max(float(facing), 0.0)))
        self._look.append((int(kind), texture, owner, 0))

    def face(self, corners: FloatArray, plane: FloatArray, colour: Colour, texture: int, scale: float) -> None:
        """Convex, 3 or 4 corners (x, y) anticlockwise; `plane` (3,) gives its height z = a x + b y + c."""
        a, b, c = plane.tolist()
        normal = np.array([-a, -b, 1.0]) / np.sqrt(a * a + b * b + 1)
        slope = float(np.hypot(a, b))
        cos, sin = (a / slope, b / slope) if slope > 1e-3 else (1.0, 0.0)
        moved = np.concatenate([corners, np.repeat(corners[-1:], 4 - len(corners), axis=0)]) - self.origin
        c += a * self.origin[0] + b * self.origin[1]
        lit = max(float(normal @ self.sun), 0.0)
        self._geometry.append((a, b, c, cos, sin, 0.0, 0.0, scale, scale, *colour, lit))
        self._look.append((int(SolidKind.FACE), texture, 0, len(self._corners)))
        self._corners.append(moved)

    def billboard(
        self, place: Sequence[float], half: float, heights: tuple[float, float], texture: int, colour: Colour
    ) -> None:
        """Upright, centred on a place (x, y), `half` its width to either side; the texture is stretched over it."""
        x, y = place[0] - self.origin[0], place[1] - self.origin[1]
        self._geometry.append((x, y, half, 0.0, *heights, heights[1], 1.0, 1.0, *colour, 0.55))
        self._look.append((int(SolidKind.BILLBOARD), texture, int(abs(x * 131 + y * 17)), 0))

    @property
    def count(self) -> int:
        """How many solids there are so far."""
        return len(self._look)

    def build(self, size: float) -> Solids:
        """In a square world of `size` metres."""
        geometry = np.array(self._geometry, np.float32).reshape(-1, SUN + 1)
        look = np.array(self._look, np.int32).reshape(-1, 4)
        # One at least, so that a wall's unused index into them is valid.
        corners = np.array(self._corners or [np.zeros((4, 2))], np.float32).reshape(-1, 4, 2)
        if not np.isfinite(geometry).all():
            raise SimulationError("world: a solid has a corner that is not finite; is a tag's number a typing error?")
        columns = int(np.ceil(size / GRID))
        pairs = _pairs(geometry, look, corners, columns)
        starts = np.searchsorted(pairs[:, 0], np.arange(columns * columns + 1)).astype(np.int32)
        upright = geometry[look[:, KIND] != SolidKind.FACE]
        top = float(upright[:, TOP1 : TOP2 + 1].max()) if len(upright) else 0.0
        return Solids(geometry, look, corners, starts, pairs[:, 1].astype(np.int32), columns, top)


def _pairs(geometry: Float32Array, look: Array, corners: Float32Array, columns: int) -> Array:
    """(n, 2) cell and solid, sorted, each once."""
    kinds = look[:, KIND]
    walls = np.flatnonzero(kinds < SolidKind.FACE)
    faces, boards = np.flatnonzero(kinds == SolidKind.FACE), np.flatnonzero(kinds == SolidKind.BILLBOARD)
    segments = [np.column_stack([walls, geometry[walls, X1:BOTTOM]])]
    for index in range(4):
        edge = corners[look[faces, CORNERS]][:, [index, (index + 1) % 4]].reshape(-1, 4)
        segments.append(np.column_stack([faces, edge]))
    x, y, half = geometry[boards, X1], geometry[boards, Y1], geometry[boards, HALF]
    for step in np.linspace(-1, 1, 1 + 2 * max(int(np.ceil(half.max(initial=0.0) / GRID)), 1)):
        row = y + step * half
        segments.append(np.column_stack([boards, x - half, row, x + half, row]))
    found = _cells_on(np.concatenate(segments).astype(np.float64), columns, GRID)
    return np.unique(found, axis=0)


@njit(cache=True)
def _cells_on(segments: FloatArray, columns: int, cell: float) -> Array:
    """The cells that each segment (number, x, y, x, y) touches, and a little around it: (n, 2) cell and number."""
    found = np.empty((1024, 2), np.int64)
    count = 0
    for i in range(segments.shape[0]):
        xa, ya = segments[i, 1] / cell, segments[i, 2] / cell
        xb, yb = segments[i, 3] / cell, segments[i, 4] / cell
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        for row in range(max(int(np.floor(ya - 1e-3)), 0), min(int(np.floor(yb + 1e-3)), columns - 1) + 1):
            x1, x2 = xa, xb
            if yb - ya > 1e-9:
                slope = (xb - xa) / (yb - ya)
                x1 = xa + (min(max(row - 1e-3, ya), yb) - ya) * slope
                x2 = xa + (min(max(row + 1 + 1e-3, ya), yb) - ya) * slope
            first = max(int(np.floor(min(x1, x2) - 1e-3)), 0)
            for column in range(first, min(int(np.floor(max(x1, x2) + 1e-3)), columns - 1) + 1):
                if count == found.shape[0]:
                    larger = np.empty((2 * count, 2), np.int64)
                    larger[:count] = found
                    found = larger
                found[count, 0], found[count, 1] = row * columns + column, segments[i, 0]
                count += 1
    return found[:count]
