# SPDX-License-Identifier: Apache-2.0
"""Ground: the true classes of a whole neighbourhood at once, and how well maps fit it wherever they are put."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from mia_ros.arrays import Array, Float32Array, FloatArray, IntArray, UInt8Array
from offline_tools.channels import TRAINING_CHANNELS
from offline_tools.osm import MapStore, load_style
from offline_tools.osm.frame import SIZE, mercator, view_of
from offline_tools.osm.render import render_view
from offline_tools.simworld.frame import LocalFrame

#: Metres per pixel: half of a map's cell.
RESOLUTION = 0.25


@dataclass(frozen=True, eq=False)
class Ground:
    """codes: (n, n) uint8, bit c set where class c is. affine: (2, 3) takes (x, y, 1), metres, to (right, down)."""

    codes: UInt8Array
    affine: FloatArray

    @classmethod
    def around(cls, store: MapStore, frame: LocalFrame, centre: tuple[float, float], reach: float) -> Ground:
        """All within `reach` metres of a point of the frame; a CoverageError where the map has nothing."""
        side = 2 * math.ceil(reach / RESOLUTION)
        lat, lon = (float(value) for value in frame.to_globe(*centre))
        view = view_of(lat, lon, 0.0, (side, side), RESOLUTION)
        layers = render_view(store, view, load_style("mia"), True)[..., TRAINING_CHANNELS]
        codes = np.packbits(layers, axis=-1, bitorder="little")[..., 0]
        # Metres of the frame are Mercator degrees, scaled: (lon, mercator) = origin + metres / metres_per_degree.
        origin = np.array([frame.lon0, mercator(frame.lat0)])
        linear = view.matrix[:, :2] / frame.metres_per_degree
        offset = view.matrix[:, :2] @ origin + view.matrix[:, 2]
        return cls(np.ascontiguousarray(codes), np.column_stack([linear, offset]))


def drawn_pose(frame: LocalFrame, pose: FloatArray) -> FloatArray:
    """Where the middle of the map lies that is drawn at a pose (3,): up to a third of a metre beside it.

    The published maps are cut out of a larger canvas at whole pixels, and networks learn from them.
    """
    lat, lon = (float(value) for value in frame.to_globe(pose[0], pose[1]))
    view = view_of(lat, lon, 90.0 - math.degrees(pose[2]))
    place = np.linalg.solve(view.matrix[:, :2], np.full(2, SIZE / 2) - view.matrix[:, 2])
    x, y = (place - (frame.lon0, mercator(frame.lat0))) * frame.metres_per_degree
    return np.array([x, y, pose[2]])


class Cells(NamedTuple):
    """Cells of some frames: frame (M,), ahead and right (M,) m, weights (M, 6) of each class's being there."""

    frame: IntArray
    ahead: Float32Array
    right: Float32Array
    weights: Float32Array


def gains(ground: Ground, cells: Cells, poses: FloatArray, pivot: Array, candidates: FloatArray) -> FloatArray:
    """(K,): mean weight per cell of what is there, with poses (F, 3) turned about a pivot and moved (K, 3)."""
    found = _gains(ground.codes, ground.affine, *cells, poses, np.asarray(pivot, np.float64), candidates)
    return np.asarray(found / max(len(cells.frame), 1))


@njit(cache=True, nogil=True)
def _gains(
    codes: UInt8Array,
    affine: FloatArray,
    frame: IntArray,
    ahead: Float32Array,
    right: Float32Array,
    weights: Float32Array,
    poses: FloatArray,
    pivot: FloatArray,
    candidates: FloatArray,
) -> FloatArray:
    rows, columns = codes.shape
    out = np.zeros(len(candidates))
    for k in range(len(candidates)):
        east, north, turn = candidates[k]
        cos, sin = math.cos(turn), math.sin(turn)
        last, total = -1, 0.0
        x, y, c, s = 0.0, 0.0, 1.0, 0.0
        for i in range(len(frame)):
            if frame[i] != last:
                last = frame[i]
                dx, dy = poses[last, 0] - pivot[0], poses[last, 1] - pivot[1]
                x, y = pivot[0] + cos * dx - sin * dy + east, pivot[1] + sin * dx + cos * dy + north
                c, s = math.cos(poses[last, 2] + turn), math.sin(poses[last, 2] + turn)
            at_x = x + c * ahead[i] + s * right[i]
            at_y = y + s * ahead[i] - c * right[i]
            column = math.floor(affine[0, 0] * at_x + affine[0, 1] * at_y + affine[0, 2])
            row = math.floor(affine[1, 0] * at_x + affine[1, 1] * at_y + affine[1, 2])
            if 0 <= row < rows and 0 <= column < columns:
                code, kind = codes[row, column], 0
                while code:
                    if code & 1:
                        total += weights[i, kind]
                    code >>= 1
                    kind += 1
        out[k] = total
    return out
