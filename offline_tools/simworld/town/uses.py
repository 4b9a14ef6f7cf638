# SPDX-License-Identifier: Apache-2.0
"""What each plot of a town is used for, by the character of its district."""

from __future__ import annotations

from offline_tools.simworld.town.blocks import Builder, Plot
from offline_tools.simworld.town.buildings import Habits
from offline_tools.simworld.town.country import countryside
from offline_tools.simworld.town.dice import Dice
from offline_tools.simworld.town.houses import detached, rows
from offline_tools.simworld.town.large import church, halls, lawn, plant, school, slabs
from offline_tools.simworld.town.lines import polygons_of
from offline_tools.simworld.town.parking import alley, car_parks
from offline_tools.simworld.town.parks import park
from offline_tools.simworld.town.perimeter import perimeter

# How likely each use is, in parts.
_LIKELY = {
    "core": {"perimeter": 14, "rows": 2, "park": 2, "church": 1, "parking": 2, "halls": 1},
    "grid": {"detached": 12, "halls": 2, "slabs": 1, "park": 2, "parking": 2, "school": 1},
    "rows": {"rows": 14, "park": 2, "church": 1, "school": 1, "parking": 1},
    "suburb": {"detached": 16, "park": 2, "rows": 1, "school": 1},
    "estate": {"slabs": 12, "park": 2, "parking": 1, "halls": 1},
    "works": {"halls": 10, "parking": 2, "waste": 2},
    "rural": {"country": 1},
}
_INNER: tuple[dict[str, str], ...] = (
    {"natural": "wood"},
    {"natural": "scrub"},
    {"landuse": "grass"},
    {"landuse": "grass"},
    {"landuse": "meadow"},
    {"landuse": "allotments"},
    {"leisure": "park"},
    {"landuse": "recreation_ground"},
)
_WASTE = 9000.0  # m2; more ground than that is not left to itself in a town
_SECOND_ROW = 5000.0  # m2; so much ground behind the houses may be built on too
# Every town has one of these, on the plot whose size, m2, is nearest to what it likes.
_WANTED = {"park": 6000.0, "perimeter": 4500.0, "parking": 2500.0, "church": 2000.0, "halls": 9000.0}


def uses_of(plots: list[Plot], dice: Dice) -> list[str]:
    """A use for each plot."""
    # A town of car parks, a town of parks: what is likely differs from one to the next.
    fond = {use: dice.pick((1, 2, 3, 5)) for use in ("park", "parking", "halls", "slabs", "school", "church")}
    uses = []
    for plot in plots:
        likely = {use: parts * fond.get(use, 3) for use, parts in _LIKELY[plot.district.kind].items()}
        use = dice.pick([use for use, parts in likely.items() for _ in range(parts)])
        uses.append("halls" if use == "waste" and plot.ground.area > _WASTE else use)
    for use, size in _WANTED.items():
        if use not in uses:
            free = [i for i, plot in enumerate(plots) if plot.district.kind != "rural" and uses.count(uses[i]) > 1]
            if free:
                uses[min(free, key=lambda i: abs(plots[i].ground.area - size))] = use
    return uses


def build_on(builder: Builder, plot: Plot, use: str, habits: Habits) -> None:
    """Build what a plot is used for; where that finds no room, what does."""
    if use in ("park", "country", "waste"):
        _open_ground(builder, plot, use, habits)
        return
    if use in ("detached", "rows") and plot.district.kind == "grid" and builder.dice.chance(0.75):
        alley(builder, plot)
    built = _built(builder, plot, use, habits) or rows(builder, plot, habits) or detached(builder, plot, habits)
    if not built:
        lawn(builder, plot, 0.6)
    elif use in ("detached", "rows"):
        _behind_houses(builder, plot, habits)


def _open_ground(builder: Builder, plot: Plot, use: str, habits: Habits) -> None:
    if use == "park":
        park(builder, plot)
    elif use == "country":
        countryside(builder, plot, habits)
    else:
        tags = builder.dice.pick(({"natural": "scrub"}, {"landuse": "grass"}, {"natural": "wood"}))
        builder.sheet.area(plot.ground.buffer(-1.0, join_style="mitre"), tags)


def _built(builder: Builder, plot: Plot, use: str, habits: Habits) -> int:
    if use == "parking":
        return car_parks(builder, plot, 2, (18.0, 40.0)) and 1 + rows(builder, plot, habits)
    makers = {
        "perimeter": perimeter,
        "rows": rows,
        "detached": detached,
        "slabs": slabs,
        "halls": halls,
        "church": church,
        "school": school,
    }
    return makers[use](builder, plot, habits)


def _behind_houses(builder: Builder, plot: Plot, habits: Habits) -> None:
    """The middle of a block: grass that somebody drew round, or trees, or white on the map."""
    dice = builder.dice
    _inner_ground(builder, plot, habits)
    if plot.district.greens == "lawns" and dice.chance(0.6):
        lawn(builder, plot, 0.8)
    elif plot.district.greens == "bare" and dice.chance(0.3):
        plant(builder, plot, plot.ground, dice.whole(2, 12), {"natural": "tree"})


def _inner_ground(builder: Builder, plot: Plot, habits: Habits) -> None:
    """What large blocks have in their middle, far from the houses."""
    dice = builder.dice
    for piece in plot.free(1.0):
        for core in polygons_of(piece.buffer(-7.0).buffer(5.0).simplify(0.3), 350.0):
            if core.area > _SECOND_ROW and dice.chance(0.5):
                slabs(builder, Plot(core, plot.district, plot.taken), habits)
            elif dice.chance(0.6):
                builder.sheet.area(core, dict(dice.pick(_INNER)))
                plot.taken.append(core)
