# SPDX-License-Identifier: Apache-2.0
"""nuScenes' map expansion drawn as a camera stands on it, and what lidar points say of what is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, FloatArray
from mia_ros.grid import NETWORK_GRID
from offline_tools.dataset.files import read_json
from offline_tools.errors import DatasetError

#: The layer of each class.
LAYERS = {"road": "drivable_area", "crossing": "ped_crossing", "sidewalk": "walkway", "parking": "carpark_area"}

_FINE = 2  # a cell is drawn as so many pixels a side, and has a class where any of them has it, as published
_REACH = 57.0  # metres from the camera to the farthest corner of the grid
_SHIFT = 4  # bits of a pixel's fraction
_RAYS = NETWORK_GRID.depth / NETWORK_GRID.resolution  # a ray is one cell wide at the grid's far edge

Rings = tuple[FloatArray, ...]  # the outline of a polygon, then its holes: (n, 2) metres east and north


class GroundMap:
    """The layers of one location."""

    def __init__(self, path: Path) -> None:
        content = read_json(path)
        try:
            self._layers = {name: _Layer(_polygons(content, layer)) for name, layer in LAYERS.items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"data set {path}: no map expansion: {type(error).__name__} {error}") from error

    def layers(self, position: Array, forward: Array) -> dict[str, BoolArray]:
        """(100, 100) bool for each class: seen from a camera at `position`, whose view goes `forward`; (2,) each."""
        return {name: layer.drawn(position, forward) for name, layer in self._layers.items()}


@lru_cache(maxsize=8)
def ground_map(path: Path) -> GroundMap:
    """Each is read once in a process; nuScenes has four."""
    return GroundMap(path)


def hidden_from(right: FloatArray, ahead: FloatArray) -> BoolArray:
    """(100, 100) bool: cells beyond the farthest of the points in their direction; points in metres from the camera."""
    use = (ahead > 0) & (np.abs(right) <= ahead * _RAYS)
    ray = np.rint(right[use] / ahead[use] * _RAYS).astype(np.int64)
    count = int(_RAYS * _RAYS)
    farthest = np.zeros(2 * count + 1)
    np.maximum.at(farthest, ray + count, ahead[use])
    x, z = NETWORK_GRID.centres()
    cell = np.clip(np.rint(x / z * _RAYS).astype(np.int64), -count, count)
    return np.asarray(z > farthest[cell + count])


class _Layer:
    """Polygons, and the boxes around them."""

    def __init__(self, polygons: Sequence[Rings]) -> None:
        self._polygons = list(polygons)
        corners = [(*rings[0].min(0), *rings[0].max(0)) for rings in self._polygons]
        self._boxes = np.array(corners, np.float64).reshape(-1, 4)

    def drawn(self, position: Array, forward: Array) -> BoolArray:
        side = NETWORK_GRID.rows * _FINE
        pixel = NETWORK_GRID.resolution / _FINE
        forward = forward / np.linalg.norm(forward)
        right = np.array([forward[1], -forward[0]])
        west, south, east, north = self._boxes.T
        x, y = position
        near = (west < x + _REACH) & (east > x - _REACH) & (south < y + _REACH) & (north > y - _REACH)
        canvas = np.zeros((side, side), np.uint8)
        for index in np.flatnonzero(near).tolist():
            rings = []
            for ring in self._polygons[index]:
                away = ring - position
                column = (away @ right - NETWORK_GRID.left) / pixel - 0.5
                row = (NETWORK_GRID.depth - away @ forward) / pixel - 0.5
                rings.append(np.rint(np.stack([column, row], 1) * 2**_SHIFT).astype(np.int32))
            cv2.fillPoly(canvas, rings, 1, shift=_SHIFT)
        cells = canvas.reshape(NETWORK_GRID.rows, _FINE, NETWORK_GRID.columns, _FINE)
        return np.asarray(cells.any((1, 3)))


def _polygons(content: Any, layer: str) -> list[Rings]:
    nodes = {row["token"]: (float(row["x"]), float(row["y"])) for row in content["node"]}
    polygons = {row["token"]: row for row in content["polygon"]}
    found = []
    for record in content[layer]:
        tokens = record["polygon_tokens"] if "polygon_tokens" in record else [record["polygon_token"]]
        found += [_rings(polygons[token], nodes) for token in tokens]
    return [rings for rings in found if rings]


def _rings(polygon: Mapping[str, Any], nodes: Mapping[str, tuple[float, float]]) -> Rings:
    """Empty where the outline is none."""
    tokens = [polygon["exterior_node_tokens"], *(hole["node_tokens"] for hole in polygon.get("holes", ()))]
    rings = [np.array([nodes[token] for token in ring], np.float64) for ring in tokens]
    if len(rings[0]) < 3:
        return ()
    return tuple(ring for ring in rings if len(ring) >= 3)
