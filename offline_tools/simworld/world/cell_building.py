# SPDX-License-Identifier: Apache-2.0
"""Polygons by layer into the cells of the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numba import njit

from mia_ros.arrays import Array, Float32Array, UInt8Array
from offline_tools.simworld.world.cells import CELL, Cells
from offline_tools.simworld.world.layers import LAYER_INDEX


def cells_of(layers: dict[str, Any], x0: float, y0: float, size: int) -> Cells:
    """Geometries by layer, in a square of `size` cells a side."""
    edges, layer = _edges(layers, x0, y0)
    mask = np.zeros((size, size), np.uint32)
    _cover(edges, layer, mask, CELL)
    counts = np.zeros(size * size + 1, np.int32)
    none = np.empty(0, np.int32)
    _visit(edges, size, CELL, counts, none)
    starts = np.concatenate([[0], np.cumsum(counts[:-1], dtype=np.int64)]).astype(np.int32)
    entries = np.empty(starts[-1], np.int32)
    _visit(edges, size, CELL, starts.copy(), entries)
    return Cells(mask, starts, entries, edges, layer)


def _edges(layers: dict[str, Any], x0: float, y0: float) -> tuple[Float32Array, UInt8Array]:
    """All edges of all rings, rounded to how they will be kept."""
    found, names = [np.empty((0, 4), np.float32)], [np.empty(0, np.uint8)]
    for name, geometry in layers.items():
        polygons = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
        rings = shapely.get_rings(shapely.get_parts(np.array(polygons, object)))
        for ring in rings:
            points = (shapely.get_coordinates(ring) - (x0, y0)).astype(np.float32)
            found.append(np.concatenate([points[:-1], points[1:]], axis=1))
            names.append(np.full(len(points) - 1, LAYER_INDEX[name], np.uint8))
    return np.concatenate(found), np.concatenate(names)


@njit(cache=True)
def _cover(edges: Float32Array, layer: UInt8Array, mask: Array, cell: float) -> None:
    """Sets the bits of the layers that hold each centre: a border toggles all to its right in the row."""
    rows, columns = mask.shape
    for i in range(edges.shape[0]):
        xa, ya, xb, yb = float(edges[i, 0]), float(edges[i, 1]), float(edges[i, 2]), float(edges[i, 3])
        if ya == yb:
            continue
        low, high = min(ya, yb), max(ya, yb)
        first, last = max(int(np.ceil(low / cell - 0.5)), 0), min(int(np.ceil(high / cell - 0.5)), rows)
        bit = np.uint32(1) << np.uint32(layer[i])
        for row in range(first, last):
            x = xa + ((row + 0.5) * cell - ya) * (xb - xa) / (yb - ya)
            column = max(int(np.ceil(x / cell - 0.5)), 0)
            if column < columns:
                mask[row, column] ^= bit
    for row in range(rows):
        for column in range(1, columns):
            mask[row, column] ^= mask[row, column - 1]


@njit(cache=True)
def _visit(edges: Float32Array, size: int, cell: float, at: Array, entries: Array) -> None:
    """Counts the edges of each cell in `at`; with room in `entries`, puts them there instead, from `at` on."""
    for i in range(edges.shape[0]):
        xa, ya, xb, yb = edges[i, 0] / cell, edges[i, 1] / cell, edges[i, 2] / cell, edges[i, 3] / cell
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        for row in range(max(int(np.floor(ya - 1e-4)), 0), min(int(np.floor(yb + 1e-4)), size - 1) + 1):
            x1, x2 = xa, xb
            if yb - ya > 1e-9:
                slope = (xb - xa) / (yb - ya)
                x1 = xa + (min(max(row - 1e-4, ya), yb) - ya) * slope
                x2 = xa + (min(max(row + 1 + 1e-4, ya), yb) - ya) * slope
            first = max(int(np.floor(min(x1, x2) - 1e-4)), 0)
            for column in range(first, min(int(np.floor(max(x1, x2) + 1e-4)), size - 1) + 1):
                index = row * size + column
                if entries.size > 0:
                    entries[at[index]] = i
                at[index] += 1
