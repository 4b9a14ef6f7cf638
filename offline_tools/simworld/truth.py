# SPDX-License-Identifier: Apache-2.0
"""The true map of a simulated picture: what `mia render` draws at its pose, and what the camera sees of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import BoolArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import TiltError
from mia_ros.gravity import Gravity
from mia_ros.grid import NETWORK_GRID
from mia_ros.observation import observed_cells
from mia_ros.rectify import Rectifier
from mia_ros.semantic_map import SemanticMap
from offline_tools.channels import TRAINING_CHANNELS
from offline_tools.osm import MapStore, Style, render
from offline_tools.osm.frame import SIZE

#: Where the network's grid lies in a published mask: up to the row of the ego, and centred on its column.
ROWS = slice(SIZE // 2 - NETWORK_GRID.rows, SIZE // 2)
COLUMNS = slice((SIZE - NETWORK_GRID.columns) // 2, (SIZE + NETWORK_GRID.columns) // 2)

Pose = tuple[float, float, float]  # latitude, longitude, heading in degrees, clockwise from north


@dataclass(frozen=True)
class Drawing:
    """How maps are drawn of a store."""

    store: MapStore
    style: Style
    infer_sidewalks: bool

    def mask(self, pose: Pose) -> UInt8Array:
        """(224, 224, 9) 0 or 1, as published."""
        return render(self.store, *pose, self.style, self.infer_sidewalks)


def training_cells(mask: UInt8Array) -> UInt8Array:
    """(224, 224, 9) -> (100, 100, 6): the six classes on the network's grid."""
    return np.ascontiguousarray(mask[ROWS, COLUMNS][..., TRAINING_CHANNELS])


class Truth:
    """True maps for one camera."""

    def __init__(self, drawing: Drawing, camera: Camera) -> None:
        self._drawing = drawing
        self._rectifier = Rectifier(camera)
        width, height = camera.frame_size
        self._blank = np.zeros((height, width, 3), np.uint8)

    def __call__(self, pose: Pose, gravity: Gravity, height: float, stamp: int = 0) -> SemanticMap:
        """The map at a pose of a camera `height` metres above the ground, that feels `gravity`."""
        cells = training_cells(self._drawing.mask(pose))
        layers = np.moveaxis(cells, -1, 0).astype(np.float32)
        return SemanticMap(np.ascontiguousarray(layers), self.observed(gravity, height), stamp)

    def observed(self, gravity: Gravity, height: float) -> BoolArray:
        """(100, 100): cells whose ground the camera sees if nothing stands before it; none if it is too tilted."""
        try:
            view = self._rectifier(self._blank, gravity)
        except TiltError:
            return np.zeros(NETWORK_GRID.shape, np.bool_)
        return observed_cells(view, height)
