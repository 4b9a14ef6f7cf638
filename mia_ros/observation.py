# SPDX-License-Identifier: Apache-2.0
"""Which cells of the map the camera saw."""

import math

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from mia_ros.errors import CameraError
from mia_ros.grid import NETWORK_GRID, GridSpec
from mia_ros.rectify import View

#: Feature columns of the published encoder: 504 pixels in patches of 14.
FEATURE_COLUMNS = 36


def observed_cells(
    view: View,
    camera_height: float | None = None,
    grid: GridSpec = NETWORK_GRID,
    feature_columns: int = FEATURE_COLUMNS,
) -> BoolArray:
    """(rows, columns) bool: cells in the network's horizontal frustum whose image column holds picture of them.

    The frustum is that of a network with so many feature columns, taken at the cell's centre; the rest as `seen_cells`.
    """
    frustum = _in_frustum(_image_column(view, grid), view.camera.width, feature_columns)
    return seen_cells(frustum, view, camera_height, grid)


def seen_cells(
    frustum: BoolArray, view: View, camera_height: float | None = None, grid: GridSpec = NETWORK_GRID
) -> BoolArray:
    """Of the cells in a network's frustum, (rows, columns) bool, those whose image column holds picture of them.

    With the camera's height above the ground (metres), a cell must also lie where the picture shows the ground: not
    nearer than where the column's lowest valid pixel meets it, nor farther than its highest one reaches if the
    picture ends below the horizon there. Everything is taken at the cell's centre.
    """
    check_height(camera_height)
    pixel = np.clip(np.rint(_image_column(view, grid)), 0, view.camera.width - 1).astype(np.int64)
    column_has_picture: BoolArray = np.asarray(view.valid.any(0))
    observed = np.asarray(frustum & column_has_picture[pixel])
    if camera_height is None:
        return observed
    nearest, farthest = _ground_range(view, camera_height)
    z = grid.row_centres()[:, None]
    return np.asarray(observed & (z >= nearest[pixel]) & (z <= farthest[pixel]))


def check_height(camera_height: float | None) -> None:
    """Refuse a height above the ground, metres, that no camera has."""
    if camera_height is not None and not (math.isfinite(camera_height) and camera_height > 0):
        raise CameraError(f"camera_height: {camera_height} m; want a positive height, or None if it is not known")


def _image_column(view: View, grid: GridSpec) -> FloatArray:
    """(rows, columns): where the cells' centres appear in the level view, pixels."""
    x, z = grid.centres()
    return np.asarray(view.camera.fx * x / z + view.camera.cx)


def _in_frustum(column: FloatArray, width: int, feature_columns: int) -> BoolArray:
    """Between the centres of the first and the last feature column: the network interpolates only there."""
    feature = (column + 0.5) * feature_columns / width - 0.5
    return np.asarray((feature >= -1e-4) & (feature <= feature_columns - 1 + 1e-4))


def _ground_range(view: View, height: float) -> tuple[FloatArray, FloatArray]:
    """Per image column, the nearest and farthest ground in the picture: metres ahead along the level axis."""
    camera, rows = view.camera, view.valid.shape[0]
    lowest_edge = rows - np.argmax(view.valid[::-1], 0) - 0.5
    highest_edge = np.argmax(view.valid, 0) - 0.5
    return _ground_depth(lowest_edge, camera.fy, camera.cy, height), _ground_depth(
        highest_edge, camera.fy, camera.cy, height
    )


def _ground_depth(row: FloatArray, fy: float, cy: float, height: float) -> FloatArray:
    """Depth at which image row `row` meets flat ground; infinity at and above the horizon."""
    below = np.asarray(row - cy, np.float64)
    return np.where(below > 0, fy * height / np.where(below > 0, below, 1.0), np.inf)
