# SPDX-License-Identifier: Apache-2.0
"""The classes of a map: names, order and colours. Nothing else in the project spells them out."""

from typing import NamedTuple

import numpy as np

from mia_ros.arrays import UInt8Array


class SemanticClass(NamedTuple):
    """One class of the map; `colour` is RGB, 0 to 255."""

    name: str
    colour: tuple[int, int, int]


CLASSES = (
    SemanticClass("road", (72, 80, 97)),
    SemanticClass("crossing", (245, 196, 66)),
    SemanticClass("sidewalk", (79, 156, 224)),
    SemanticClass("building", (201, 84, 74)),
    SemanticClass("terrain", (106, 168, 79)),
    SemanticClass("parking", (157, 110, 189)),
)
CLASS_NAMES = tuple(entry.name for entry in CLASSES)
CLASS_INDEX = {name: index for index, name in enumerate(CLASS_NAMES)}

#: Label of a cell without a class, or that was not observed.
NO_LABEL = 255

#: RGB of a cell that was observed and holds no class.
NO_CLASS_COLOUR = (205, 205, 200)
#: RGB of a cell that was not observed.
UNOBSERVED_COLOUR = (28, 28, 30)


def label_colours() -> UInt8Array:
    """RGB of every possible label: (256, 3) uint8, with NO_CLASS_COLOUR where there is no class."""
    table = np.full((256, 3), NO_CLASS_COLOUR, np.uint8)
    table[: len(CLASSES)] = [entry.colour for entry in CLASSES]
    return table
