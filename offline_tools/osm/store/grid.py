# SPDX-License-Identifier: Apache-2.0
"""The blocks of a store: squares of 0.05 degrees, each with all that comes within 400 m of it.

So a window whose centre lies in a block finds everything that it needs in that one block.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from offline_tools.errors import CoverageError
from offline_tools.osm.elements import Int64Array
from offline_tools.osm.sources.stream import UNIT

BLOCK = UNIT // 20
MARGIN_M = 400.0
COLUMNS = 360 * UNIT // BLOCK
ROWS = 180 * UNIT // BLOCK
#: What touches more blocks than this is stored once for all of them, or a border would fill the disk.
MOST_BLOCKS = 16
#: The key of what touches more.
LARGE = -1

_METRES_PER_DEGREE = 110_574.0  # of latitude, at the equator, where it is least
_MARGIN = math.ceil(MARGIN_M / _METRES_PER_DEGREE * UNIT)
_MOST_LATITUDE = 85.0  # nothing is drawn beyond 84; a margin in metres would go round the pole

Degrees = tuple[float, float, float, float]


class Box(NamedTuple):
    """Positions of 1e-7 degrees, inclusive."""

    west: int
    south: int
    east: int
    north: int

    @classmethod
    def of(cls, box: Degrees) -> Box:
        """From degrees, rounded outwards; refuses what is no box on the globe."""
        west, south, east, north = box
        if not all(math.isfinite(value) for value in box):
            raise CoverageError(f"box {box}: want four finite numbers of degrees: west, south, east, north")
        if south > north or abs(south) > 90 or abs(north) > 90 or abs(west) > 180 or abs(east) > 180:
            raise CoverageError(f"box {box}: want west, south, east, north within -180..180 and -90..90 degrees")
        if west > east:
            raise CoverageError(
                f"box {box}: west lies east of east; a box over the antimeridian is drawn in two halves"
            )
        low = (math.floor(round(value * UNIT, 2)) for value in (west, south))
        return cls(*low, *(math.ceil(round(value * UNIT, 2)) for value in (east, north)))

    def holds(self, other: Box) -> bool:
        """Whether the other box lies inside."""
        starts = self.west <= other.west and self.south <= other.south
        return starts and other.east <= self.east and other.north <= self.north

    def touches(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        across = self.west <= other.east and other.west <= self.east
        return across and self.south <= other.north and other.south <= self.north

    def grown(self) -> Box:
        """With the margin on all sides."""
        aside = int(_aside(max(abs(self.south), abs(self.north))))
        return Box(self.west - aside, self.south - _MARGIN, self.east + aside, self.north + _MARGIN)


def _aside(lat: int | Int64Array) -> Int64Array:
    """The margin in longitude, at a latitude without its sign."""
    degrees = np.minimum(np.asarray(lat) / UNIT, _MOST_LATITUDE)
    return np.ceil(_MARGIN / np.cos(np.radians(degrees))).astype(np.int64)


def block_at(lon: int, lat: int) -> int:
    """The key of the block that holds a position."""
    column = min((lon + 180 * UNIT) // BLOCK, COLUMNS - 1)
    row = min((lat + 90 * UNIT) // BLOCK, ROWS - 1)
    return row * COLUMNS + column


def block_box(key: int) -> Box:
    """The box of a block, without its margin."""
    row, column = divmod(key, COLUMNS)
    west, south = column * BLOCK - 180 * UNIT, row * BLOCK - 90 * UNIT
    return Box(west, south, west + BLOCK, south + BLOCK)


def block_name(key: int) -> str:
    """What the folder of a block is called: its row and column."""
    return "large" if key == LARGE else f"{key // COLUMNS:04d}_{key % COLUMNS:04d}"


def blocks_of(bounds: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Pairs (index of the box, key of a block that it comes near to) of boxes (N, 4) west, south, east, north."""
    west, south, east, north = bounds.T
    # A block's own margin follows from its edge nearest to the pole, which lies less than a block beyond.
    aside = _aside(np.maximum(np.abs(south), np.abs(north)) + _MARGIN + BLOCK)
    column, columns = _span(west - aside, east + aside, 180 * UNIT, COLUMNS)
    row, rows = _span(south - _MARGIN, north + _MARGIN, 90 * UNIT, ROWS)
    many = columns * rows > MOST_BLOCKS
    counts = np.where(many, 1, columns * rows)
    index = np.repeat(np.arange(len(bounds)), counts)
    within = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = (row[index] + within // columns[index]) * COLUMNS + column[index] + within % columns[index]
    return index, np.where(many[index], LARGE, keys)


def _span(low: Int64Array, high: Int64Array, zero: int, end: int) -> tuple[Int64Array, Int64Array]:
    first = np.clip((low + zero) // BLOCK, 0, end - 1)
    return first, np.clip((high + zero) // BLOCK, 0, end - 1) - first + 1
