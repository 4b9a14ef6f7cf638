# SPDX-License-Identifier: Apache-2.0
"""Flicker: how much of the ground is called something else from one map to the next."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np

from mia_ros.semantic_map import SemanticMap


class GroundMotion(Protocol):
    """Of the camera on the ground: metres, radians anticlockwise."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...

    @property
    def yaw(self) -> float: ...


class Moved(NamedTuple):
    """Where a camera is in the axes it had before: x metres ahead, y to the left, turned left by yaw radians."""

    x: float
    y: float
    yaw: float


def moved(before: GroundMotion, after: GroundMotion) -> Moved:
    """From two poses in the same axes of the world."""
    east, north = after.x - before.x, after.y - before.y
    c, s = math.cos(before.yaw), math.sin(before.yaw)
    yaw = math.remainder(after.yaw - before.yaw, math.tau)
    return Moved(c * east + s * north, c * north - s * east, yaw)


def flicker(previous: SemanticMap, current: SemanticMap, relative: GroundMotion) -> float:
    """Share of the cells that both maps observed and that changed their label; NaN where they have none in common.

    relative: the pose of the current map's camera in the axes of the previous one's, x ahead and y to the left, as
    `moved` gives it. Each cell of the current map is compared with the one of the previous map that its centre is in.
    """
    right, ahead = current.grid.centres()
    c, s = math.cos(relative.yaw), math.sin(relative.yaw)
    before_ahead = relative.x + c * ahead + s * right
    before_left = relative.y + s * ahead - c * right
    row, column, inside = previous.grid.cell_of(-before_left, before_ahead)
    both = inside & current.observed & previous.observed[row, column]
    cells = int(np.count_nonzero(both))
    if not cells:
        return math.nan
    changed = current.labels() != previous.labels()[row, column]
    return float(np.count_nonzero(changed & both) / cells)
