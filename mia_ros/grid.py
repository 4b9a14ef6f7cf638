# SPDX-License-Identifier: Apache-2.0
"""GridSpec: where the cells of a map lie, in metres, and in the order of an OccupancyGrid."""

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import Array, BoolArray, FloatArray, IntArray
from mia_ros.errors import MapError


@dataclass(frozen=True)
class GridSpec:
    """A grid of square cells on the ground ahead of the camera, symmetric about its axis.

    Cell (row, column): row 0 is farthest, column 0 leftmost. In the level camera frame, seen from above, z is metres
    ahead and x metres to the right; the near edge of the grid is at z = 0 and the axis x = 0 is its middle.
    """

    rows: int = 100
    columns: int = 100
    resolution: float = 0.5

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or not np.isfinite(self.resolution) or self.resolution <= 0:
            raise MapError(
                f"grid: rows, columns and resolution must be positive, not "
                f"{self.rows} x {self.columns} cells of {self.resolution} m"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def depth(self) -> float:
        """Metres from the near edge to the far edge."""
        return self.rows * self.resolution

    @property
    def left(self) -> float:
        """x of the left edge, metres; negative."""
        return -self.columns * self.resolution / 2

    def row_centres(self) -> FloatArray:
        """z of every row's centre: (rows,) metres ahead, far first."""
        return np.asarray(self.depth - (np.arange(self.rows) + 0.5) * self.resolution, np.float64)

    def column_centres(self) -> FloatArray:
        """x of every column's centre: (columns,) metres to the right, left first."""
        return np.asarray(self.left + (np.arange(self.columns) + 0.5) * self.resolution, np.float64)

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """(x, z) of every cell's centre, each (rows, columns), metres."""
        x, z = np.meshgrid(self.column_centres(), self.row_centres())
        return x, z

    def cell_of(self, x: Array, z: Array) -> tuple[IntArray, IntArray, BoolArray]:
        """Row and column of points `x` metres right and `z` metres ahead, and which of them lie on the grid."""
        row = np.floor((self.depth - np.asarray(z, np.float64)) / self.resolution)
        column = np.floor((np.asarray(x, np.float64) - self.left) / self.resolution)
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        row, column = np.where(inside, row, -1), np.where(inside, column, -1)
        return row.astype(np.int64), column.astype(np.int64), inside

    @property
    def occupancy_origin(self) -> tuple[float, float]:
        """(x, y) of the OccupancyGrid's first corner in the BEV frame (x forward, y left), metres."""
        return 0.0, self.left

    def occupancy_index(self, row: Array, column: Array) -> IntArray:
        """Index into OccupancyGrid.data of cells (row, column)."""
        forward = self.rows - 1 - np.asarray(row, np.int64)
        leftward = self.columns - 1 - np.asarray(column, np.int64)
        return np.asarray(leftward * self.rows + forward, np.int64)

    def to_occupancy(self, cells: Array) -> Array:
        """(..., rows, columns) -> (..., columns, rows): row-major, this is the order of OccupancyGrid.data.

        The OccupancyGrid's width (cells along x, forward) is `rows`, its height (cells along y, left) is `columns`.
        """
        self.check(cells, "cells")
        return np.ascontiguousarray(np.swapaxes(cells, -1, -2)[..., ::-1, ::-1])

    def from_occupancy(self, data: Array) -> Array:
        """OccupancyGrid.data, flat or (columns, rows), -> (rows, columns)."""
        data = np.asarray(data)
        if data.size != self.rows * self.columns:
            raise MapError(f"data: {data.size} cells do not make a grid of {self.rows} x {self.columns}")
        return np.ascontiguousarray(data.reshape(self.columns, self.rows)[::-1, ::-1].T)

    def check(self, cells: Array, field: str) -> None:
        """Refuse an array whose last two axes are not this grid's rows and columns."""
        if cells.shape[-2:] != self.shape:
            raise MapError(f"{field}: shape {cells.shape} does not end in the grid's {self.shape} (rows, columns)")


#: The grid of the published network: 50 m ahead, 25 m to each side.
NETWORK_GRID = GridSpec()
