# SPDX-License-Identifier: Apache-2.0
"""Parks: paths from the streets to a loop, a pond or a lawn in the middle, a playground, trees."""

from __future__ import annotations

import math

from shapely import LineString, Point, Polygon

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.fronts import ring_of
from offline_tools.simworld.town.large import plant, room_for
from offline_tools.simworld.town.lines import Point as Place
from offline_tools.simworld.town.lines import (
    blob,
    direction_at,
    distance,
    left_of,
    moved,
    point_at,
    points_of,
    smooth,
)
from offline_tools.simworld.town.threads import Thread


def park(builder: Builder, plot: Plot) -> int:
    """Make a plot a park."""
    dice = builder.dice
    builder.sheet.area(plot.ground.buffer(-0.6, join_style="mitre"), {"leisure": "park"})
    middle = plot.middle
    room = plot.ground.exterior.distance(Point(middle))
    core = blob(middle, room * dice.between(0.12, 0.5), dice, 1.25)
    if not plot.take(core):
        return 1
    builder.sheet.area(core, _core_tags(builder, core.area))
    loop = _loop(core, dice.between(2.5, 4.5))
    ways = [loop.shape]
    tags = _path_tags(builder)
    for points in _entrances(builder, plot, loop):
        builder.sheet.line(points, dict(tags))
        ways.append(LineString(points))
    builder.sheet.line(loop.points, tags)
    plot.taken += [way.buffer(1.6) for way in ways]
    for feature, size in _features(builder, room):
        spot = room_for(builder, plot, size)
        if spot is not None:
            builder.sheet.area(spot, feature)
    _benches(builder, loop)
    plant(builder, plot, plot.ground, int(plot.ground.area / dice.between(90, 300)) + 4, {"natural": "tree"})
    _tree_row(builder, plot)
    return 1


def _core_tags(builder: Builder, area: float) -> dict[str, str]:
    """A pond where there is room for one, else something to look at."""
    if area > 250 and builder.dice.chance(0.75):
        return {"natural": "water", "water": "pond"}
    small = {"leisure": "playground"} if area < 250 else {"landuse": "grass"}
    return dict(builder.dice.pick(({"landuse": "grass"}, {"leisure": "garden"}, small)))


def _loop(core: Polygon, apart: float) -> Thread:
    ring = core.buffer(apart).simplify(0.4).exterior
    return Thread(points_of(ring), {}, LineString(ring.coords))


def _path_tags(builder: Builder) -> dict[str, str]:
    dice = builder.dice
    if dice.chance(0.3):
        return {"highway": "path", "surface": dice.pick(("ground", "gravel", "compacted"))}
    return {"highway": "footway", "surface": dice.pick(("fine_gravel", "asphalt", "paving_stones", "compacted"))}


def _entrances(builder: Builder, plot: Plot, loop: Thread) -> list[list[Place]]:
    """Paths from the streets around to the loop; each ends at a node of the loop."""
    dice = builder.dice
    edge = ring_of(plot.ground)
    count = dice.whole(3, 6)
    start = dice.between(0, edge.length / count)
    paths = []
    for index in range(count):
        s = start + edge.length * index / count
        gate, out = point_at(edge, s), left_of(direction_at(edge, s))
        outside = builder.path_in(gate, (-out[0], -out[1]), 22.0)
        if outside is None:
            continue
        target = point_at(loop.shape, loop.shape.project(Point(gate)) + dice.between(-6, 6))
        inner = moved(gate, out, min(6.0, distance(gate, target) / 3))
        bowed = smooth([gate, inner, target], 2)
        whole = LineString(bowed)
        if plot.ground.buffer(1.0).contains(whole):
            end = loop.insert(points_of(loop.shape.interpolate(loop.shape.project(Point(target))))[0])
            paths.append([*outside[:-1], *bowed[:-1], end])
    return paths


def _features(builder: Builder, room: float) -> list[tuple[dict[str, str], tuple[float, float]]]:
    dice = builder.dice
    wishes: list[tuple[dict[str, str], tuple[float, float]]] = []
    if dice.chance(0.8):
        wishes.append(({"leisure": "playground"}, (dice.between(10, 18), dice.between(8, 14))))
    if room > 20 and dice.chance(0.8):
        sport = dice.pick(("soccer", "tennis", "basketball"))
        wishes.append(({"leisure": "pitch", "sport": sport}, (30, 18) if sport == "soccer" else (22, 11)))
    if dice.chance(0.6):
        wishes.append(({"natural": "scrub"}, (dice.between(8, 20), dice.between(6, 12))))
    if dice.chance(0.4):
        wishes.append(({"leisure": "garden"}, (dice.between(8, 16), dice.between(8, 16))))
    if dice.chance(0.6):
        wishes.append(({"landuse": "grass"}, (dice.between(12, 30), dice.between(10, 20))))
    return wishes


def _benches(builder: Builder, loop: Thread) -> None:
    for _ in range(builder.dice.whole(1, 4)):
        s = builder.dice.between(0, loop.shape.length)
        spot = moved(point_at(loop.shape, s), left_of(direction_at(loop.shape, s)), -1.6 if _is_ccw(loop) else 1.6)
        builder.sheet.point(spot, {"amenity": "bench"})


def _is_ccw(loop: Thread) -> bool:
    return bool(Polygon(loop.points).exterior.is_ccw)


def _tree_row(builder: Builder, plot: Plot) -> None:
    """A row of trees along one side."""
    edge = ring_of(plot.ground.buffer(-3.0, join_style="mitre") if plot.ground.area > 900 else plot.ground)
    length = builder.dice.between(20, 60)
    s = builder.dice.between(0, max(edge.length - length, 1))
    ends = [point_at(edge, s), point_at(edge, min(s + length, edge.length))]
    line = LineString(ends)
    if math.isclose(line.length, length, rel_tol=0.03) and plot.ground.contains(line.buffer(2.0)):
        builder.sheet.line(ends, {"natural": "tree_row"})
