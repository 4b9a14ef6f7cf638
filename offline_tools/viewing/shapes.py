# SPDX-License-Identifier: Apache-2.0
"""A map on the ground of the world, as triangles."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import Array, UInt8Array
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import label_colours

#: Never a label: a cell that was not observed.
_HOLE = 254


class Place(NamedTuple):
    """Where a map's frame is on the ground: metres, and the yaw of its x axis, radians, anticlockwise from +x."""

    x: float
    y: float
    yaw: float

    def distance(self, other: Place) -> float:
        """Metres between the two."""
        return math.hypot(self.x - other.x, self.y - other.y)

    def turn(self, other: Place) -> float:
        """Radians between the two directions, 0 to pi."""
        return abs(math.remainder(self.yaw - other.yaw, 2 * math.pi))


class Patch(NamedTuple):
    """Rectangles of one colour: (4 n, 3) corners in metres, (2 n, 3) triangles, (4 n, 3) RGB uint8."""

    corners: Array
    triangles: Array
    colours: UInt8Array


def ground_patch(semantic_map: SemanticMap, place: Place, height: float = 0.0) -> Patch:
    """The observed cells of a map, coloured by their labels and laid where the map was made.

    Cells of a row that hold the same are one rectangle. height: z of all corners, metres.
    """
    grid = semantic_map.grid
    labels = np.where(semantic_map.observed, semantic_map.labels(), np.uint8(_HOLE))
    row, first, last = _runs(labels)
    kept = labels[row, first] != _HOLE
    row, first, last = row[kept], first[kept], last[kept]
    far, right = grid.depth - row * grid.resolution, grid.left + last * grid.resolution
    near, left = far - grid.resolution, grid.left + first * grid.resolution
    ahead = np.stack([near, far, far, near], 1).reshape(-1)
    leftward = -np.stack([left, left, right, right], 1).reshape(-1)
    c, s = math.cos(place.yaw), math.sin(place.yaw)
    x, y = place.x + c * ahead - s * leftward, place.y + s * ahead + c * leftward
    corners = np.stack([x, y, np.full_like(x, height)], 1).astype(np.float32)
    halves = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    triangles = (halves + 4 * np.arange(len(row), dtype=np.uint32)[:, None, None]).reshape(-1, 3)
    colours = np.repeat(label_colours()[labels[row, first]], 4, 0)
    return Patch(corners, triangles, colours)


def _runs(cells: UInt8Array) -> tuple[Array, Array, Array]:
    """Of equal neighbours in a row: row, first column, and the column after the last, each (n,)."""
    rows, columns = cells.shape
    edge = np.ones((rows, columns + 1), np.bool_)
    edge[:, 1:-1] = cells[:, 1:] != cells[:, :-1]
    row, first = np.nonzero(edge[:, :-1])
    _, last = np.nonzero(edge[:, 1:])
    return row, first, last + 1
