# SPDX-License-Identifier: Apache-2.0
"""Buildings: their outlines and their tags."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Polygon

from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.lines import Corner
from offline_tools.simworld.town.sheet import Tags

_LEVELS = {
    "house": (1, 2),
    "detached": (1, 2),
    "terrace": (2, 3),
    "apartments": (3, 7),
    "retail": (1, 3),
    "commercial": (2, 6),
    "office": (3, 9),
    "industrial": (1, 2),
    "warehouse": (1, 2),
    "church": (2, 3),
    "school": (2, 3),
    "farm": (1, 2),
    "barn": (1, 1),
    "yes": (1, 4),
}
_PITCHED = frozenset({"house", "detached", "terrace", "church", "farm", "barn"})
_COLOURS = ("white", "beige", "#c8b6a0", "brown", "#a0522d", "#d9c7a3", "grey", "#b5651d", "#8b3a2b", "#e8dcc0")


@dataclass(frozen=True)
class Habits:
    """How much a town's mappers say of a building; shares of the buildings."""

    levels: float
    height: float
    roof: float
    colour: float
    plain: float  # buildings that are only building=yes


def habits_of(dice: Dice) -> Habits:
    """Draw a town's habits."""
    return Habits(
        levels=dice.between(0.3, 1.0),
        height=dice.between(0.0, 0.5),
        roof=dice.between(0.0, 0.8),
        colour=dice.between(0.0, 0.5),
        plain=dice.between(0.0, 0.5),
    )


def building_tags(kind: str, habits: Habits, dice: Dice, levels: int | None = None) -> Tags:
    """Tags of a building; sheds and garages get little more than their kind."""
    if kind in ("shed", "garage"):
        return {"building": kind, **({"building:levels": "1"} if dice.chance(0.2) else {})}
    low, high = _LEVELS[kind]
    storeys = levels or dice.whole(low, high)
    tags = {"building": "yes" if kind != "church" and dice.chance(habits.plain) else kind}
    if dice.chance(habits.levels):
        tags["building:levels"] = str(storeys)
    if dice.chance(habits.height):
        tall = 6.0 if kind in ("church", "industrial", "warehouse") else 3.1
        tags["height"] = f"{storeys * tall + dice.between(0.5, 3):.1f}"
    if dice.chance(habits.roof):
        tags["roof:shape"] = dice.pick(("gabled", "gabled", "hipped", "half-hipped") if kind in _PITCHED else ("flat",))
    if dice.chance(habits.colour):
        tags["building:colour"] = dice.pick(_COLOURS)
    return tags


def outline(corner: Corner, x: float, y: float, width: float, depth: float, dice: Dice) -> Polygon:
    """A house's outline on x to x + width and y to y + depth: a rectangle, an L, a T or a U."""
    right, back = x + width, y + depth
    form = dice.pick(("box", "box", "L", "T", "U")) if min(width, depth) > 7 else "box"
    if form == "box":
        return corner.box(x, y, right, back)
    part, deep = dice.between(0.35, 0.6) * width, dice.between(0.25, 0.5) * depth
    if form == "L":
        points = [(x, y), (right, y), (right, back - deep), (x + part, back - deep), (x + part, back), (x, back)]
        if dice.chance(0.5):
            points = [(x + right - px, py) for px, py in reversed(points)]
    elif form == "T":
        a, b = x + (width - part) / 2, x + (width + part) / 2
        points = [(x, y), (right, y), (right, back - deep), (b, back - deep), (b, back), (a, back), (a, back - deep)]
        points.append((x, back - deep))
    else:
        a, b = x + width * 0.32, right - width * 0.32
        points = [
            (x, y),
            (right, y),
            (right, back),
            (b, back),
            (b, back - deep),
            (a, back - deep),
            (a, back),
            (x, back),
        ]
    return Polygon([corner.at(px, py) for px, py in points])


def cross(corner: Corner, length: float, width: float) -> Polygon:
    """A church: a nave of `length` with a transept, about the corner's origin."""
    nave = corner.box(-length / 2, -width / 2, length / 2, width / 2)
    transept = corner.box(length * 0.1, -width, length * 0.1 + width, width)
    return nave.union(transept)
