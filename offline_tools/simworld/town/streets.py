# SPDX-License-Identifier: Apache-2.0
"""Streets before they are woven into a network: a line, and the traits that all pieces of one street share."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely import LineString

from offline_tools.simworld.town.dice import Dice

# Metres of carriageway that a map without width or lanes stands for, as maps are drawn.
DEFAULT_WIDTH = {
    "primary": 13.0,
    "secondary": 13.0,
    "tertiary": 12.0,
    "unclassified": 8.0,
    "residential": 10.0,
    "living_street": 7.0,
    "service": 5.0,
    "track": 3.0,
    "pedestrian": 2.5,
}
LANE = 3.7  # metres
SERVICE = frozenset({"service", "track"})  # they have no sidewalk and cut no corner
MAJOR = frozenset({"primary", "secondary", "tertiary"})


@dataclass(frozen=True)
class Traits:
    """What all pieces of one street share.

    `sides`: where it has sidewalks, looking along the line: both, left, right, no. `mapping`: how the map says so,
    `separate` lines, `tagged` on the road, or `none`. `verge`: metres from the carriageway to a sidewalk's middle.
    """

    highway: str
    tags: dict[str, str] = field(default_factory=dict)
    sides: str = "no"
    mapping: str = "none"
    verge: float = 1.0

    @property
    def width(self) -> float:
        """Metres of carriageway, by the tags, as maps are drawn."""
        if "width" in self.tags:
            return float(self.tags["width"])
        if "lanes" in self.tags:
            return int(self.tags["lanes"]) * LANE
        if self.tags.get("service") == "parking_aisle":
            return 4.0
        return DEFAULT_WIDTH[self.highway]

    @property
    def half(self) -> float:
        """From the middle of the carriageway to its edge, metres."""
        return self.width / 2


@dataclass(frozen=True)
class Street:
    """A piece of a street; `district` is its index, -1 for a street between districts. A `ring` is never split."""

    line: LineString
    traits: Traits
    district: int = -1
    ring: bool = False


def major_tags(dice: Dice, name: str, lanes: int) -> dict[str, str]:
    """The tags of a main street."""
    tags = {"name": name, "surface": "asphalt", "maxspeed": dice.pick(("50", "50", "60"))}
    if lanes:
        tags["lanes"] = str(lanes)
    if dice.chance(0.7):
        tags["lit"] = "yes"
    return tags


def minor_tags(dice: Dice, name: str, highway: str, habit: str) -> dict[str, str]:
    """The tags of a street within a district; `habit`: what its mappers wrote of widths: width, lanes or none."""
    tags = {"name": name}
    surface = {"living_street": "paving_stones", "pedestrian": "paving_stones", "track": "gravel"}.get(
        highway, "asphalt"
    )
    if dice.chance(0.8):
        tags["surface"] = "sett" if surface == "paving_stones" and dice.chance(0.3) else surface
    if highway in ("residential", "unclassified"):
        tags |= _minor_width(dice, habit)
        if dice.chance(0.6):
            tags["maxspeed"] = dice.pick(("30", "30", "50"))
        if dice.chance(0.5):
            tags["lit"] = "yes"
    if highway == "track":
        tags = {"highway": "track", "tracktype": f"grade{dice.whole(2, 4)}", "surface": tags.get("surface", "ground")}
    return tags


def _minor_width(dice: Dice, habit: str) -> dict[str, str]:
    if habit == "width":
        return {"width": f"{dice.between(5.5, 8.5):.1f}"}
    if habit == "lanes":
        one_way = dice.chance(0.25)
        return {"lanes": "1", "oneway": "yes"} if one_way else {"lanes": "2"}
    return {"oneway": "yes"} if dice.chance(0.12) else {}
