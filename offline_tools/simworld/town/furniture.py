# SPDX-License-Identifier: Apache-2.0
"""Street furniture: lamps, trees, bus stops and benches beside the streets; grass between carriageways."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Point, Polygon, STRtree

from offline_tools.simworld.town.blocks import Builder
from offline_tools.simworld.town.districts import District
from offline_tools.simworld.town.lines import Point as Place
from offline_tools.simworld.town.lines import direction_at, left_of, moved, point_at, polygons_of
from offline_tools.simworld.town.network import Road
from offline_tools.simworld.town.plan import Site
from offline_tools.simworld.town.sidewalks import StreetSpace
from offline_tools.simworld.town.skeleton import Skeleton
from offline_tools.simworld.town.streets import MAJOR, SERVICE

_TREES = ("broadleaved", "broadleaved", "needleleaved")


@dataclass
class Kerbside:
    """Finds places beside the streets where something can stand."""

    builder: Builder
    space: StreetSpace
    site: Site

    def __post_init__(self) -> None:
        self._buildings = STRtree(self.builder.buildings)
        self._ways_in = STRtree(self.builder.ways_in)

    def spot(self, road: Road, s: float, side: int, offset: float) -> Place | None:
        """`offset` metres outside the carriageway at s; side 1 is left, -1 right. None if something is in the way."""
        across = left_of(direction_at(road.shape, s))
        place = moved(point_at(road.shape, s), across, side * (road.traits.half + offset))
        point = Point(place)
        if not self.site.outline.contains(point) or self.space.carriageway.distance(point) < 0.4:
            return None
        if len(self._buildings.query(point, predicate="dwithin", distance=0.9)):
            return None
        # A driveway is 5 m wide.
        return None if len(self._ways_in.query(point, predicate="dwithin", distance=3.0)) else place


def furnish(kerbside: Kerbside, districts: list[District], skeleton: Skeleton) -> None:
    """Put up all that stands beside the streets of a town."""
    builder = kerbside.builder
    main_lamps, main_trees = builder.dice.chance(0.75), builder.dice.chance(0.5)
    for road in builder.network.items:
        if road.ring or road.traits.highway in SERVICE:
            continue
        district = districts[road.district] if road.district >= 0 else None
        if main_lamps if district is None else district.lamps:
            _line(kerbside, road, builder.dice.between(26, 40), 0.7, {"highway": "street_lamp"})
        if main_trees if district is None else district.trees:
            _line(kerbside, road, builder.dice.between(8, 16), _behind(road), {"natural": "tree"})
        if road.traits.highway in MAJOR and road.shape.length > 60:
            _bus_stop(kerbside, road)
    for median in skeleton.medians:
        _median(builder, median.difference(skeleton.circle.buffer(2.0)), kerbside.space)
    _island(builder, skeleton, kerbside.space)


def _behind(road: Road) -> float:
    """Metres from the carriageway to the street's trees: behind the sidewalk, or before it if it leaves room."""
    return 0.8 if road.traits.verge > 2.3 and road.traits.mapping == "separate" else road.traits.verge + 1.9


def _line(kerbside: Kerbside, road: Road, step: float, offset: float, tags: dict[str, str]) -> None:
    """Both sides, a step apart; lamps stand in turn on one and the other, trees face each other."""
    staggered = "highway" in tags
    dice = kerbside.builder.dice
    s, side = dice.between(8, 8 + step), 1
    while s < road.shape.length - 8:
        for at in (side,) if staggered else (1, -1):
            place = kerbside.spot(road, s, at, offset)
            if place is not None and not (tags.get("natural") and dice.chance(0.15)):
                extra = {"leaf_type": dice.pick(_TREES)} if "natural" in tags and dice.chance(0.3) else {}
                kerbside.builder.sheet.point(place, {**tags, **extra})
        s, side = s + step * dice.between(0.85, 1.15), -side


def _bus_stop(kerbside: Kerbside, road: Road) -> None:
    builder = kerbside.builder
    if not builder.dice.chance(0.3):
        return
    side = -1 if kerbside.site.driving_side == "right" else 1
    s = road.shape.length * builder.dice.between(0.35, 0.65)
    stop = kerbside.spot(road, s, side, 0.9)
    if stop is None:
        return
    builder.sheet.point(
        stop, {"highway": "bus_stop", "public_transport": "platform", "name": road.tags.get("name", "")}
    )
    bench = kerbside.spot(road, s + 2.5, side, road.traits.verge + 1.0)
    if bench is not None and builder.dice.chance(0.7):
        builder.sheet.point(bench, {"amenity": "bench"})


def _median(builder: Builder, median: Polygon, space: StreetSpace) -> None:
    """Grass, and perhaps trees, between two carriageways; not where streets pass through."""
    for piece in polygons_of(median.difference(space.carriageway.buffer(0.2)).buffer(-0.3).buffer(0.3), 25.0):
        builder.sheet.area(piece.simplify(0.1), {"landuse": "grass"})


def _island(builder: Builder, skeleton: Skeleton, space: StreetSpace) -> None:
    """Inside the roundabout: grass, with a tree or a few."""
    island = skeleton.circle.difference(space.carriageway.buffer(0.8))
    for piece in polygons_of(island, 20.0):
        builder.sheet.area(piece.simplify(0.2), {"landuse": "grass"})
        if builder.dice.chance(0.7):
            builder.sheet.point(skeleton.roundabout, {"natural": "tree"})
