# SPDX-License-Identifier: Apache-2.0
"""Large buildings on open ground: slabs of an estate, halls and shops, a church, a school."""

from __future__ import annotations

import math

from shapely import Polygon

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.buildings import Habits, building_tags, cross, outline
from offline_tools.simworld.town.fronts import has_street, line_up
from offline_tools.simworld.town.lines import Corner, Point, heading
from offline_tools.simworld.town.parking import car_parks


def slabs(builder: Builder, plot: Plot, habits: Habits) -> int:
    """Blocks of flats in rank and file, with lawns between them and a way to each door; how many."""
    dice = builder.dice
    car_parks(builder, plot, dice.whole(0, 2))
    turn = plot.district.heading + dice.pick((0.0, 0.0, math.pi / 2))
    u = heading(turn)
    west, south, east, north = plot.ground.bounds
    centre: Point = ((west + east) / 2, (south + north) / 2)
    reach = math.hypot(east - west, north - south) / 2
    length, depth, gap = dice.between(28, 56), dice.between(11, 14), dice.between(16, 26)
    levels = dice.whole(3, 9)
    built = 0
    y = -reach
    while y < reach:
        x = -reach
        while x < reach:
            built += (done := _slab(builder, plot, habits, Corner(centre, u), (x, y), (length, depth, levels)))
            x += length + gap * 0.7 if done else 5.0
        y += depth + gap
    lawn(builder, plot, 2.0)
    return built


def _slab(
    builder: Builder, plot: Plot, habits: Habits, frame: Corner, at: tuple[float, float], size: tuple[float, float, int]
) -> bool:
    dice = builder.dice
    length, depth, levels = size
    shape = frame.box(at[0], at[1], at[0] + length, at[1] + depth)
    if not plot.fits(shape, 4.0):
        return False
    if dice.chance(0.25):
        shape = outline(frame, at[0], at[1], length, depth, dice)
    door = frame.at(at[0] + length / 2, at[1])
    built = builder.build(plot, shape, building_tags("apartments", habits, dice, levels), 4.0)
    path = builder.path_in(door, (-frame.inward[0], -frame.inward[1]), 30.0) if built else None
    if path:
        builder.sheet.line(path, {"highway": "footway", "surface": "paving_stones"})
    return built


def halls(builder: Builder, plot: Plot, habits: Habits) -> int:
    """Shops, halls and works with car parks before or beside them; how many."""
    dice = builder.dice
    kinds = dice.pick(
        (("retail", "retail", "commercial"), ("industrial", "warehouse", "office"), ("industrial", "warehouse"))
    )
    car_parks(builder, plot, dice.whole(1, 2), (18.0, 36.0))

    def place(corner: Corner, width: float) -> bool:
        if not has_street(builder, corner, width):
            return False
        front, depth = dice.between(4, 14), dice.between(18, 44)
        shape = outline(corner, 3, front, width - 6, depth, dice)
        return builder.build(plot, shape, building_tags(dice.pick(kinds), habits, dice), 5.0)

    built = line_up(plot, 28, 64, dice, place)
    if plot.district.greens == "lawns":
        lawn(builder, plot, 1.5)
    return built


def church(builder: Builder, plot: Plot, habits: Habits) -> int:
    """A church on its green, with a path to its door and trees about it."""
    dice = builder.dice
    frame = Corner(plot.middle, heading(plot.district.heading + dice.between(-0.2, 0.2)))
    for length in (32.0, 26.0, 20.0, 16.0):
        tags = {**building_tags("church", habits, dice), "amenity": "place_of_worship", "religion": "christian"}
        if builder.build(plot, cross(frame, length, length * 0.34), tags, 2.0):
            break
    else:
        return 0
    west = (-frame.along[0], -frame.along[1])
    path = builder.path_in(frame.at(-length / 2, 0), west, 60.0)
    if path:
        builder.sheet.line(path, {"highway": "footway"})
    lawn(builder, plot, 2.0)
    plant(builder, plot, plot.ground, dice.whole(3, 9), {"natural": "tree"})
    return 1


def school(builder: Builder, plot: Plot, habits: Habits) -> int:
    """A school with a yard, a pitch and a playground."""
    dice = builder.dice
    frame = Corner(plot.middle, heading(plot.district.heading))
    for scale in (1.0, 0.75, 0.55):
        width, depth = 48 * scale, 26 * scale
        shape = outline(frame, -width / 2, -depth / 2, width, depth, dice)
        if builder.build(plot, shape, {**building_tags("school", habits, dice), "amenity": "school"}, 2.0):
            break
    else:
        return 0
    for tags, size in (({"leisure": "pitch", "sport": "soccer"}, (36, 22)), ({"leisure": "playground"}, (14, 10))):
        spot = room_for(builder, plot, size)
        if spot is not None:
            builder.sheet.area(spot, tags)
    lawn(builder, plot, 2.0)
    return 1


def lawn(builder: Builder, plot: Plot, gap: float) -> None:
    """Grass on all that is left of a plot, with holes where something stands."""
    for piece in plot.free(gap):
        builder.sheet.area(piece, {"landuse": "grass"})


def plant(builder: Builder, plot: Plot, ground: Polygon, count: int, tags: dict[str, str]) -> None:
    """Trees anywhere on the ground, but not on what is built."""
    west, south, east, north = ground.bounds
    for _ in range(count):
        point = (builder.dice.between(west, east), builder.dice.between(south, north))
        spot = Corner(point, (1.0, 0.0)).box(-0.8, -0.8, 0.8, 0.8)
        on_way = any(line.distance(spot) < 1.0 for line in builder.ways_in[-60:])
        if ground.contains(spot) and plot.fits(spot, 1.0) and not on_way:
            builder.sheet.point(point, dict(tags))


def room_for(builder: Builder, plot: Plot, size: tuple[float, float]) -> Polygon | None:
    """A rectangle that fits on a plot, found by trying; it is taken."""
    west, south, east, north = plot.ground.bounds
    along = heading(plot.district.heading + (builder.dice.between(0, 3.2) if builder.dice.chance(0.3) else 0.0))
    for _ in range(24):
        point = (builder.dice.between(west, east), builder.dice.between(south, north))
        shape = Corner(point, along).box(-size[0] / 2, -size[1] / 2, size[0] / 2, size[1] / 2)
        if plot.take(shape, 2.0):
            return shape
    return None
