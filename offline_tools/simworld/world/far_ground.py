# SPDX-License-Identifier: Apache-2.0
"""The ground as one picture, for what is so far away that a pixel of the camera covers more than the picture's."""

from __future__ import annotations

import numpy as np
from numba import njit

from mia_ros.arrays import Array, Float32Array, UInt8Array
from offline_tools.simworld.world.cells import CELL, Cells, highest, mask_at


def far_ground(cells: Cells, colours: Float32Array, resolution: float) -> UInt8Array:
    """(rows, columns, 3) BGR, row 0 in the south: the mean colours of the layers, (layers, 3)."""
    rows, columns = (round(side * CELL / resolution) for side in cells.mask.shape)
    out = np.empty((rows, columns, 3), np.uint8)
    _paint(cells, colours, resolution, out)
    return out


def layer_picture(cells: Cells, resolution: float) -> UInt8Array:
    """(rows, columns) the layer that is seen at each pixel's middle, row 0 in the south."""
    rows, columns = (round(side * CELL / resolution) for side in cells.mask.shape)
    out = np.empty((rows, columns), np.uint8)
    _sample(cells, resolution, out)
    return out


@njit(cache=True, error_model="numpy")
def _paint(cells: Cells, colours: Float32Array, resolution: float, out: UInt8Array) -> None:
    """Four samples a pixel, one where a cell is all of a kind."""
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            x, y = (column + 0.5) * resolution, (row + 0.5) * resolution
            index = int(y / CELL) * cells.mask.shape[1] + int(x / CELL)
            if cells.starts[index] == cells.starts[index + 1]:
                layer = highest(mask_at(cells, x, y))
                for c in range(3):
                    out[row, column, c] = np.uint8(colours[layer, c])
                continue
            blue = green = red = 0.0
            for k in range(4):
                dx, dy = (0.25 if k & 1 else -0.25) * resolution, (0.25 if k & 2 else -0.25) * resolution
                layer = highest(mask_at(cells, x + dx, y + dy))
                blue += colours[layer, 0] / 4
                green += colours[layer, 1] / 4
                red += colours[layer, 2] / 4
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = (
                np.uint8(blue),
                np.uint8(green),
                np.uint8(red),
            )


@njit(cache=True, error_model="numpy")
def _sample(cells: Cells, resolution: float, out: Array) -> None:
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[row, column] = highest(mask_at(cells, (column + 0.5) * resolution, (row + 0.5) * resolution))
