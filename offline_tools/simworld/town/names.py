# SPDX-License-Identifier: Apache-2.0
"""Names of streets and towns."""

from __future__ import annotations

from offline_tools.simworld.town.dice import Dice

_WORDS = (
    "Alder", "Almond", "Amber", "Anchor", "Arbor", "Aspen", "Barley", "Beacon", "Birch", "Bramble", "Bridge", "Brook",
    "Castle", "Cedar", "Chapel", "Cherry", "Church", "Clover", "Copper", "Dahlia", "Dove", "Elder", "Elm", "Falcon",
    "Fern", "Field", "Finch", "Forge", "Garden", "Granite", "Grove", "Harbour", "Hazel", "Heron", "Hill", "Holly",
    "Iris", "Ivy", "Jasmine", "Juniper", "Kiln", "King", "Lake", "Larch", "Laurel", "Lilac", "Linden", "Lock", "Maple",
    "Market", "Meadow", "Mill", "Mint", "Moss", "Nettle", "Oak", "Olive", "Orchard", "Park", "Pearl", "Pine", "Plum",
    "Poplar", "Priory", "Quarry", "Queen", "Raven", "Reed", "River", "Rose", "Rowan", "Sage", "School", "Shore",
    "Sorrel", "Spring", "Station", "Stone", "Swan", "Temple", "Thistle", "Thorn", "Tower", "Vale", "Vine", "Walnut",
    "Water", "Well", "Willow", "Wren", "Yarrow", "Yew",
)  # fmt: skip
_PATTERNS = (
    ("{} Street", "{} Road", "{} Lane", "{} Avenue", "{} Way", "{} Drive"),
    ("Rue {}", "Avenue {}", "Chemin {}", "Boulevard {}"),
    ("Calle {}", "Avenida {}", "Paseo {}", "Camino {}"),
    ("{}weg", "{}gasse", "{}allee", "{}ring"),
)
_ENDINGS = ("ton", "ford", "bury", "ham", "field", "stead")


class Names:
    """Names that do not repeat within a town, in one language."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._patterns = dice.pick(_PATTERNS)
        self._words = dice.shuffled(_WORDS)
        self._given = 0
        self.town = f"{dice.pick(_WORDS)}{dice.pick(_ENDINGS)}"

    def street(self) -> str:
        """The next name; once the words are used up, in pairs."""
        first = self._words[self._given % len(self._words)]
        round_number = self._given // len(self._words)
        self._given += 1
        word = first if not round_number else f"{self._words[(self._given * 7) % len(self._words)]} {first}"
        return self._dice.pick(self._patterns).format(word)
