# SPDX-License-Identifier: Apache-2.0
"""Where two roads meet: a disc where they go on alike, a change of width where they do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.osm.scene.builder import Pen, ShapesBuilder
from offline_tools.osm.scene.roads import Road
from offline_tools.osm.shapes import Join
from offline_tools.osm.style.model import Borders

_CURVE = np.linspace(0.0, 1.0, 25)[:, None]  # steps of a cubic curve


@dataclass(frozen=True)
class _Use:
    """A road that runs through a node, and where along it."""

    road: Road
    index: int

    @property
    def at_end(self) -> bool:
        return self.index in {0, len(self.road.points) - 1}


def draw_joints(builder: ShapesBuilder, roads: list[Road], borders: Borders) -> None:
    """Draw what joins roads, and shorten those that change their width."""
    uses = _uses(roads)
    for road in roads:
        if road.transition:
            _bridge_transition(builder, road, uses, borders)
    for met in uses.values():
        if len(met) == 2:
            _join(builder, met[0], met[1], borders)


def _uses(roads: list[Road]) -> dict[int, list[_Use]]:
    found: dict[int, list[_Use]] = {}
    for road in roads:
        for index, ref in enumerate(road.refs.tolist()):
            found.setdefault(ref, []).append(_Use(road, index))
    return found


def _bridge_transition(builder: ShapesBuilder, road: Road, uses: dict[int, list[_Use]], borders: Borders) -> None:
    """A transition is not drawn: the roads at its two ends reach for each other."""
    ends = [[use for use in uses[int(road.refs[end])] if not use.road.transition] for end in (0, -1)]
    if len(ends[0]) == 1 and len(ends[1]) == 1 and ends[0][0].at_end and ends[1][0].at_end:
        _change_width(builder, ends[0][0], ends[1][0], borders)


def _join(builder: ShapesBuilder, first: _Use, second: _Use, borders: Borders) -> None:
    if first.road.width == second.road.width or not first.at_end or not second.at_end:
        road = first.road
        pen = Pen(road.width * road.metre, borders.pen)
        builder.disc(road.points[first.index], road.channel, pen)
    elif not first.road.transition and not second.road.transition:
        _change_width(builder, first, second, borders)


def _change_width(builder: ShapesBuilder, first: _Use, second: _Use, borders: Borders) -> None:
    """A quad with curved sides between two ends that are drawn back from where they meet."""
    road = first.road
    meeting = (first.road.points[first.index] + second.road.points[second.index]) / 2
    back = abs(first.road.width - second.road.width) * road.metre
    if not (_shorten(first, back) and _shorten(second, back)):
        return
    sides_1, sides_2 = _sides(first, meeting), _sides(second, meeting)
    if sides_1 is None or sides_2 is None:
        return
    left_1, left_1_met, right_1_met, right_1 = sides_1
    left_2, left_2_met, right_2_met, right_2 = sides_2
    curves = [_cubic(left_1, left_1_met, left_2_met, left_2), _cubic(right_2, right_2_met, right_1_met, right_1)]
    builder.fill([np.concatenate(curves)], road.channel)
    if road.border_channel is not None:
        pen = Pen(road.border_ground * road.metre, borders.pen + road.border_pen, join=Join.ROUND)
        builder.stroke(curves, road.border_channel, pen)


def _shorten(use: _Use, length: float) -> bool:
    """Move an end along its last segment; past the other end of it, if it must, as the reference does."""
    points = use.road.points
    towards = points[1 if use.index == 0 else -2] - points[use.index]
    distance = float(np.hypot(*towards))
    if distance == 0:
        return False
    points[use.index] = points[use.index] + towards / distance * length
    return True


def _sides(use: _Use, meeting: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray] | None:
    """Left of the drawn-back end, left and right of where the roads meet, right of the end; left of the way."""
    road = use.road
    end = road.points[use.index]
    reach = meeting - end
    distance = float(np.hypot(*reach))
    if distance == 0:
        return None
    along = reach / distance if use.index != 0 else -reach / distance  # the way's own direction
    left = np.array([-along[1], along[0]])
    to_left = left * (road.width / 2 + road.placement) * road.metre
    to_right = -left * (road.width / 2 - road.placement) * road.metre
    return end + to_left, meeting + to_left, meeting + to_right, end + to_right


def _cubic(start: FloatArray, first: FloatArray, second: FloatArray, end: FloatArray) -> FloatArray:
    rest = 1 - _CURVE
    return rest**3 * start + 3 * rest**2 * _CURVE * first + 3 * rest * _CURVE**2 * second + _CURVE**3 * end
