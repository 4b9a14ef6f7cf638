# SPDX-License-Identifier: Apache-2.0
"""A road: how wide it is, where its lines run, and the two strokes that draw it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from shapely import LineString, get_num_geometries, offset_curve

from mia_ros.arrays import FloatArray
from offline_tools.osm.elements import Int64Array, Tags
from offline_tools.osm.frame import EQUATOR
from offline_tools.osm.lengths import metres, plain_metres
from offline_tools.osm.scene.builder import Pen, ShapesBuilder
from offline_tools.osm.scene.outlines import Outline
from offline_tools.osm.scene.sidewalks import SIDES, Pavement
from offline_tools.osm.shapes import Join
from offline_tools.osm.style.model import Borders, RoadClass, Style

_OF_LANE = {"left_of": 0.0, "middle_of": 0.5, "right_of": 1.0}
_METRES = EQUATOR / 360  # of one degree of the plane: GEOS gets numbers of a usual size
_WIDEST = 200.0  # metres; no road is wider, and a typing error must not pave a town
_ARC = 16  # segments of a quarter of a circle, where a sidewalk runs round a corner


@dataclass
class Road:
    """A road to be drawn; joints may shorten its points."""

    tags: Tags
    refs: Int64Array
    points: FloatArray  # (n, 2)
    metre: float  # in the plane's degrees
    width: float  # metres
    channel: str
    placement: float  # metres that the strokes are moved to the left of the way
    transition: bool  # not drawn: its neighbours are joined instead
    is_area: bool
    border_channel: str | None
    border_ground: float  # metres that the border is wider than the road
    border_pen: float  # reference pixels that it is wider, over both sides
    border_shift: float  # metres to the left


def road_of(outline: Outline, row: RoadClass, style: Style, pavement: Pavement) -> Road | None:
    """The road that an object of a map is; none where its line has no length."""
    points = outline.lines[0]
    if len(points) < 2:
        return None
    tags = outline.tags
    width = _width(tags, row.metres, style)
    channel, ground, pen, shift = _border(tags, row, style.borders, pavement)
    closed = outline.refs[0] == outline.refs[-1]
    return Road(
        tags=tags,
        refs=outline.refs,
        points=points.copy(),
        metre=outline.metre,
        width=width,
        channel=row.channel,
        placement=_placement(tags, width, style.lane),
        transition=tags.get("placement") == "transition",
        is_area=bool(closed) and style.is_area(tags),
        border_channel=channel,
        border_ground=ground,
        border_pen=pen,
        border_shift=shift,
    )


def draw_road(builder: ShapesBuilder, road: Road, borders: Borders) -> None:
    """The border and the road in it, each a stroke along the centre line, or along one beside it."""
    if road.transition:
        return
    wider = road.border_ground > 0 or borders.pen + road.border_pen > 0
    if road.border_channel is not None and (wider or road.border_channel != road.channel):
        line = _beside(road, road.placement + road.border_shift)
        _draw(builder, road, line, road.border_channel, (road.border_ground, borders.pen + road.border_pen))
    _draw(builder, road, _beside(road, road.placement), road.channel, (0.0, 0.0))


def _draw(builder: ShapesBuilder, road: Road, line: FloatArray, channel: str, wider: tuple[float, float]) -> None:
    ground, pixels = wider
    builder.stroke([line], channel, Pen((road.width + ground) * road.metre, pixels, join=Join.ROUND))
    if road.is_area:
        builder.fill([line], channel)


def _beside(road: Road, shift: float) -> FloatArray:
    """The road's line moved to its left; the line itself where that would tear it apart."""
    if abs(shift) < 1e-6:
        return road.points
    moved = offset_curve(
        LineString(road.points * _METRES),
        shift * road.metre * _METRES,
        quad_segs=_ARC,
        join_style="round",
        mitre_limit=5,
    )
    if get_num_geometries(moved) != 1 or moved.is_empty or moved.geom_type != "LineString":
        return road.points
    return np.asarray(moved.coords) / _METRES


def _width(tags: Tags, default: float, style: Style) -> float:
    """Metres: by `width`, else by `lanes`, else by the class."""
    width = default
    with suppress(ValueError):
        width = _sound(int(tags.get("lanes", "")) * style.lane, width)
    told = (metres if style.width_units else plain_metres)(tags.get("width", ""))
    return width if told is None else _sound(told, width)


def _sound(width: float, otherwise: float) -> float:
    return width if 0 <= width <= _WIDEST else otherwise


def _placement(tags: Tags, width: float, lane: float) -> float:
    """Metres to the left of the way, by the tag `placement`: its line is not the middle of the road."""
    place, _, number = tags.get("placement", "").partition(":")
    if place not in _OF_LANE:
        return 0.0
    try:
        before = int(number) - 1
    except ValueError:
        return 0.0
    offset = -width / 2 + (before + _OF_LANE[place]) * lane
    return offset if abs(offset) <= _WIDEST else 0.0


def _border(tags: Tags, row: RoadClass, borders: Borders, pavement: Pavement) -> tuple[str | None, float, float, float]:
    """Channel, metres and pen that it is wider, and shift to the left of a road's border."""
    sidewalk = pavement.of_road(tags) if row.sidewalks else None
    rules = pavement.rules
    if sidewalk == "both":
        return rules.channel, rules.both, 0.0, 0.0
    if sidewalk in SIDES:
        return rules.channel, rules.one, 0.0, rules.shift if sidewalk == "left" else -rules.shift
    rim = next((rim for rim in borders.rims if rim.holds(tags)), None)
    if rules.rim_of_other_values and sidewalk not in {None, "none"}:
        return rules.channel, 0.0, rim.pen if rim else 0.0, 0.0
    return (rim.channel, 0.0, rim.pen, 0.0) if rim else (row.channel, 0.0, 0.0, 0.0)
