# SPDX-License-Identifier: Apache-2.0
"""What stands in each direction: the plan is searched once for a bin of azimuths, all pixels of the bin use the list.

The direction is counted as on the sides of a square: the larger of |x| and |y| is 1, and distances are multiples of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import BoolArray, Float32Array
from offline_tools.simworld.compiled import inlined, leaf
from offline_tools.simworld.world.solids import (
    BOTTOM,
    CORNERS,
    GRID,
    HALF,
    KIND,
    TOP1,
    TOP2,
    X1,
    X2,
    Y1,
    Y2,
    A,
    B,
    C,
    SolidKind,
    Solids,
)

ROOM = 56  # solids in a list; what is farther is left out
_FACE, _BILLBOARD, _PANEL = int(SolidKind.FACE), int(SolidKind.BILLBOARD), int(SolidKind.PANEL)


class Columns(NamedTuple):
    """For each of 4 x bins directions the solids that are hit there, nearest first."""

    bins: int  # for a quarter of the horizon
    counts: npt.NDArray[np.int32]  # (4 bins,); -1: not searched yet
    solid: npt.NDArray[np.int32]  # (4 bins, ROOM)
    near: Float32Array  # (4 bins, ROOM) distance
    low: Float32Array  # (4 bins, ROOM) no ray of the bin whose slope is less can hit
    high: Float32Array  # (4 bins, ROOM) nor one whose slope is more


def make_columns(bins: int) -> Columns:
    """Empty ones."""
    shape = (4 * bins, ROOM)
    floats = (np.zeros(shape, np.float32) for _ in range(3))
    return Columns(bins, np.full(4 * bins, -1, np.int32), np.zeros(shape, np.int32), *floats)


@inlined
def direction_of(bins: int, index: int) -> tuple[float, float]:
    """x and y of the middle of a bin; the larger is 1 or -1."""
    side, place = index // bins, index % bins
    across = (place + 0.5) / bins * 2 - 1
    if side < 2:
        return (1.0 if side == 0 else -1.0), across
    return across, (1.0 if side == 2 else -1.0)


@inlined
def _hit_wall(row: Float32Array, x: float, y: float, ux: float, uy: float) -> tuple[float, float]:
    """Distance to the line through a wall and the share of the wall that lies before the hit; -1 if it is missed."""
    ex, ey = float(row[X2]) - float(row[X1]), float(row[Y2]) - float(row[Y1])
    across = ux * ey - uy * ex
    if abs(across) < 1e-12:
        return -1.0, 0.0
    px, py = float(row[X1]) - x, float(row[Y1]) - y
    share = (px * uy - py * ux) / across
    if share < 0 or share > 1:
        return -1.0, 0.0
    return (px * ey - py * ex) / across, share


@inlined
def _hit_board(row: Float32Array, x: float, y: float, ux: float, uy: float) -> float:
    """Distance to a billboard that faces the camera; -1 if it is missed."""
    px, py = float(row[X1]) - x, float(row[Y1]) - y
    ahead = ux * px + uy * py
    away = np.sqrt(px * px + py * py)
    if ahead <= 0 or away < 1e-6:
        return -1.0
    distance = away * away / ahead
    return distance if abs(distance * (ux * py - uy * px)) <= float(row[HALF]) * away else -1.0


@inlined
def _clip_face(corners: Float32Array, x: float, y: float, ux: float, uy: float) -> tuple[float, float]:
    """From where to where a ray is over a convex face; the second is less where it never is."""
    first, last = -1e9, 1e9
    for i in range(4):
        xa, ya = float(corners[i, 0]), float(corners[i, 1])
        j = (i + 1) % 4
        ex, ey = float(corners[j, 0]) - xa, float(corners[j, 1]) - ya
        if ex * ex + ey * ey < 1e-8:
            continue
        inside = ex * (y - ya) - ey * (x - xa)
        rate = ex * uy - ey * ux
        if abs(rate) < 1e-12:
            if inside < 0:
                return 1.0, 0.0
        elif rate > 0:
            first = max(first, -inside / rate)
        else:
            last = min(last, -inside / rate)
    return first, last


@leaf
def search(columns: Columns, index: int, solids: Solids, hidden: BoolArray, x: float, y: float, z: float) -> None:
    """Fill the list of one bin, for a camera at x, y, z. What lies behind and below an opaque wall is left out."""
    ux, uy = direction_of(columns.bins, index)
    step_x, step_y = (1 if ux > 0 else -1), (1 if uy > 0 else -1)
    column, row = int(x / GRID), int(y / GRID)
    pace_x = GRID / abs(ux) if ux != 0 else 1e30
    pace_y = GRID / abs(uy) if uy != 0 else 1e30
    next_x = ((column + (ux > 0)) * GRID - x) / ux if ux != 0 else 1e30
    next_y = ((row + (uy > 0)) * GRID - y) / uy if uy != 0 else 1e30
    entered, horizon, count = 0.0, -1e30, 0
    while 0 <= column < solids.columns and 0 <= row < solids.columns and count < ROOM:
        left = min(next_x, next_y)
        if entered > 0 and (solids.top - z) / entered < horizon:
            break
        count, horizon = _search_cell(
            columns,
            index,
            solids,
            hidden,
            row * solids.columns + column,
            (x, y, z, ux, uy),
            (entered, left),
            count,
            horizon,
        )
        entered = left
        if next_x < next_y:
            next_x += pace_x
            column += step_x
        else:
            next_y += pace_y
            row += step_y
    columns.counts[index] = count


@inlined
def _search_cell(
    columns: Columns,
    index: int,
    solids: Solids,
    hidden: BoolArray,
    cell: int,
    ray: tuple[float, float, float, float, float],
    span: tuple[float, float],
    count: int,
    horizon: float,
) -> tuple[int, float]:
    """Adds what is hit inside one cell, in order; the horizon above which things behind are still seen."""
    start, raised = count, horizon
    for k in range(solids.starts[cell], solids.starts[cell + 1]):
        solid = solids.items[k]
        if hidden[solid] or count == ROOM:
            continue
        near, low, high, slack = _hit(solids, solid, ray)
        if not span[0] < near <= span[1] or high < horizon:
            continue
        if solids.look[solid, KIND] <= _PANEL and solids.geometry[solid, BOTTOM] <= 0.0:
            raised = max(raised, high)
        # Across a bin of 2 / bins the distance to a slanting wall changes, and so does the slope of its top.
        slack *= 3.0 / columns.bins
        low -= slack * abs(low) + 2e-3
        count = _insert(columns, index, start, count, solid, (near, low, high + slack * abs(high) + 2e-3))
    return count, raised


@inlined
def _hit(
    solids: Solids, solid: int, ray: tuple[float, float, float, float, float]
) -> tuple[float, float, float, float]:
    """Distance (-1: missed), slopes to the lowest and highest point, how slanting it is hit."""
    x, y, z, ux, uy = ray
    row, kind = solids.geometry[solid], solids.look[solid, KIND]
    if kind == _FACE:
        if z <= row[A] * x + row[B] * y + row[C]:
            return -1.0, 0.0, 0.0, 0.0  # roofs are not seen from below
        near, far = _clip_face(solids.corners[solids.look[solid, CORNERS]], x, y, ux, uy)
        if far <= near or near <= 0:
            return -1.0, 0.0, 0.0, 0.0
        first = (row[A] * (x + ux * near) + row[B] * (y + uy * near) + row[C] - z) / near
        last = (row[A] * (x + ux * far) + row[B] * (y + uy * far) + row[C] - z) / far
        return near, min(first, last) - 0.02, max(first, last) + 0.02, 40.0
    if kind == _BILLBOARD:
        near = max(_hit_board(row, x, y, ux, uy), -1.0)
        return near, (row[BOTTOM] - z) / max(near, 1e-3), (row[TOP1] - z) / max(near, 1e-3), 2.0
    near, share = _hit_wall(row, x, y, ux, uy)
    if near <= 0:
        return -1.0, 0.0, 0.0, 0.0
    ex, ey = float(row[X2]) - float(row[X1]), float(row[Y2]) - float(row[Y1])
    slanting = np.sqrt((ex * ex + ey * ey) * (ux * ux + uy * uy)) / max(abs(ux * ey - uy * ex), 1e-9)
    top = row[TOP1] + share * (row[TOP2] - row[TOP1])
    if row[TOP1] != row[TOP2]:
        slanting = slanting * 4.0 + 10.0
    return near, (row[BOTTOM] - z) / max(near, 1e-3), (top - z) / max(near, 1e-3), slanting


@inlined
def _insert(
    columns: Columns,
    index: int,
    start: int,
    count: int,
    solid: int,
    found: tuple[float, float, float],
) -> int:
    place = count
    while place > start and columns.near[index, place - 1] > found[0]:
        _copy(columns, index, place - 1, place)
        place -= 1
    columns.near[index, place] = found[0]
    columns.low[index, place], columns.high[index, place] = found[1], found[2]
    columns.solid[index, place] = solid
    return count + 1


@inlined
def _copy(columns: Columns, index: int, source: int, target: int) -> None:
    columns.near[index, target] = columns.near[index, source]
    columns.low[index, target], columns.high[index, target] = columns.low[index, source], columns.high[index, source]
    columns.solid[index, target] = columns.solid[index, source]
