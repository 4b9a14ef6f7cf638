# SPDX-License-Identifier: Apache-2.0
"""The ground as vectors in a grid of cells, so that its borders are exact at any distance.

Each cell holds which layers cover its centre, and the edges that pass through it. What covers a point follows from the
parity of the edges between it and the centre. Layers are bits: see layers.LAYERS.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import Float32Array, UInt8Array
from offline_tools.simworld.compiled import inlined

CELL = 0.5  # metres


class Cells(NamedTuple):
    """Cell (row, column) starts at (x0, y0) + CELL (column, row) and has the edges starts[i] to starts[i + 1] of
    `entries`, i = row * columns + column."""

    mask: npt.NDArray[np.uint32]  # (rows, columns)
    starts: npt.NDArray[np.int32]  # (rows * columns + 1,)
    entries: npt.NDArray[np.int32]
    edges: Float32Array  # (E, 4) metres from (x0, y0): from x, y to x, y
    layer: UInt8Array  # (E,)


@inlined
def mask_at(cells: Cells, x: float, y: float) -> np.int64:
    """The layers at a point, as bits; x and y in metres from the cells' corner. Outside of them there is none."""
    rows, columns = cells.mask.shape
    column, row = int(np.floor(x / CELL)), int(np.floor(y / CELL))
    if not (0 <= column < columns and 0 <= row < rows):
        return np.int64(0)
    mask = np.int64(cells.mask[row, column])
    index = row * columns + column
    first, last = cells.starts[index], cells.starts[index + 1]
    if first == last:
        return mask
    cx, cy = (column + 0.5) * CELL, (row + 0.5) * CELL
    dx, dy = x - cx, y - cy
    for k in range(first, last):
        edge = cells.entries[k]
        xa, ya = float(cells.edges[edge, 0]) - cx, float(cells.edges[edge, 1]) - cy
        xb, yb = float(cells.edges[edge, 2]) - cx, float(cells.edges[edge, 3]) - cy
        if ((dx * ya - dy * xa) >= 0) == ((dx * yb - dy * xb) >= 0):
            continue  # both ends on one side of the line from the centre to the point
        turn = xa * yb - ya * xb  # the side of the edge on which the centre lies
        ex, ey = xb - xa, yb - ya
        if ((ex * (dy - ya) - ey * (dx - xa)) >= 0) != (turn >= 0):
            mask ^= np.int64(1) << np.int64(cells.layer[edge])
    return mask


@inlined
def highest(mask: np.int64) -> np.int64:
    """The layer that is seen, 0 where none of them is."""
    layer = np.int64(0)
    while mask > 1:
        mask >>= np.int64(1)
        layer += np.int64(1)
    return layer
