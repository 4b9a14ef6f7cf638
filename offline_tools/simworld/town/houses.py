# SPDX-License-Identifier: Apache-2.0
"""Houses along the streets: detached with drives, garages and gardens, or in rows."""

from __future__ import annotations

from itertools import pairwise

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.buildings import Habits, building_tags, outline
from offline_tools.simworld.town.fronts import REACH, has_street, line_up
from offline_tools.simworld.town.lines import Corner, Point

_DRIVEWAY = {"highway": "service", "service": "driveway"}
_BARRIERS = ("hedge", "hedge", "fence", "wall")


def detached(builder: Builder, plot: Plot, habits: Habits) -> int:
    """A house on each lot of a plot; how many."""
    low, high = (13.0, 18.0) if plot.district.kind == "grid" else (15.0, 23.0)

    def place(corner: Corner, width: float) -> bool:
        return has_street(builder, corner, width) and _house(builder, plot, habits, corner, width)

    return line_up(plot, low, high, builder.dice, place)


def _house(builder: Builder, plot: Plot, habits: Habits, corner: Corner, width: float) -> bool:
    dice = builder.dice
    front = max(plot.district.setback + dice.between(-1, 1.5), 0.8)
    drive = min(3.4, 0.28 * width)  # the drive's side of the lot
    size = min(dice.between(7.5, 12.5), width - drive - 2.0)
    depth = dice.between(7.5, 12)
    shape = outline(corner, 1.2, front, size, depth, dice)
    if not builder.build(plot, shape, building_tags(dice.pick(("house", "detached")), habits, dice), 1.8):
        return False
    _drive(builder, plot, corner, 1.2 + size + drive / 2 + 0.3, front, dice.between(0, 1))
    if dice.chance(plot.district.gardens):
        _garden(builder, plot, corner, width, front, front + depth)
    elif dice.chance(0.15):
        builder.build(
            plot, corner.box(2, front + depth + 4, 4.8, front + depth + 6.4), building_tags("shed", habits, dice), 1
        )
    return True


def _drive(builder: Builder, plot: Plot, corner: Corner, x: float, front: float, luck: float) -> None:
    """A drive beside the house, to a garage or just along the wall; some houses have none on the map."""
    if luck > 0.72:
        return
    # Maps draw a drive wider than it is: it ends before the house, so that it is not drawn over its wall.
    if luck < 0.38:
        garage = corner.box(x - 1.6, front, x + 1.6, front + 6.0)
        if not builder.build(plot, garage, {"building": "garage"}, 0.15):
            return
    outward = (-corner.inward[0], -corner.inward[1])
    points = builder.way_in(corner.at(x, front - 0.2), outward, front + REACH + 3)
    if points:
        builder.sheet.line(points, dict(_DRIVEWAY))


def _garden(builder: Builder, plot: Plot, corner: Corner, width: float, front: float, back: float) -> None:
    """What mappers draw of a garden: the green behind the house, and what it is enclosed with."""
    dice = builder.dice
    deep = back + dice.between(5, 13)
    lot = corner.box(0.3, 0.4, width - 0.3, deep)
    if not plot.ground.contains(lot):
        return
    others = [shape for shape in plot.taken if shape.intersects(lot)]
    if any(not lot.contains(shape) for shape in others):
        return
    plot.taken.append(lot)
    if plot.district.greens == "gardens":
        behind = corner.box(0.8, back + 0.8, width - 0.8, deep - 0.4)
        if not any(shape.intersects(behind) for shape in others):
            builder.sheet.area(behind, {"leisure": "garden", "garden:type": "residential"})
    barrier = {"barrier": dice.pick(_BARRIERS)}
    sides: list[tuple[float, float]] = [(0.3, front), (0.3, deep), (width - 0.3, deep), (width - 0.3, front)]
    builder.sheet.line([corner.at(x, y) for x, y in sides], barrier)
    if dice.chance(0.5):
        gate = 1.2 + 0.55 * width
        builder.sheet.line(
            [corner.at(0.3, 0.5), corner.at(min(gate, width - 5), 0.5)], {"barrier": dice.pick(_BARRIERS)}
        )
    if dice.chance(0.4):
        builder.sheet.point(corner.at(dice.between(2, width - 2), deep - 2), {"natural": "tree"})


def rows(builder: Builder, plot: Plot, habits: Habits) -> int:
    """Rows of houses that share their walls; how many rows."""

    def place(corner: Corner, width: float) -> bool:
        return has_street(builder, corner, width) and _row(builder, plot, habits, corner, width - 1.5)

    return line_up(plot, 18, 52, builder.dice, place)


def _row(builder: Builder, plot: Plot, habits: Habits, corner: Corner, length: float) -> bool:
    dice = builder.dice
    front, depth = max(plot.district.setback + dice.between(-0.3, 0.3), 0.3), dice.between(8, 11)
    if not plot.fits(corner.box(0, front, length, front + depth), 1.2):
        return False
    count = max(round(length / dice.between(5.2, 7.5)), 2)
    levels = dice.whole(2, 3)
    walls = [length * step / count for step in range(count + 1)]
    stepped = dice.chance(0.2)
    for left, right in pairwise(walls):
        back = front + depth - (dice.between(0, 1.5) if stepped else 0)
        shape = corner.box(left, front, right, back)
        builder.build(plot, shape, building_tags("terrace", habits, dice, levels))
    if dice.chance(plot.district.gardens):
        _yards(builder, plot, corner, walls, front + depth)
    return True


def _yards(builder: Builder, plot: Plot, corner: Corner, walls: list[float], back: float) -> None:
    """The strips behind a row, with a wall or a hedge between them, and a shed here and there."""
    dice = builder.dice
    deep = back + dice.between(5, 10)
    strip = corner.box(walls[0], back + 0.3, walls[-1], deep)
    if not plot.take(strip):
        return
    barrier = dice.pick(("wall", "fence", "hedge"))
    ends: list[Point] = [corner.at(walls[0], deep), corner.at(walls[-1], deep)]
    builder.sheet.line(ends, {"barrier": barrier})
    for x in walls[1:-1]:
        builder.sheet.line([corner.at(x, back + 0.3), corner.at(x, deep)], {"barrier": barrier})
    if plot.district.greens == "gardens":
        for left, right in pairwise(walls):
            builder.sheet.area(corner.box(left + 0.3, back + 0.6, right - 0.3, deep - 0.3), {"leisure": "garden"})
