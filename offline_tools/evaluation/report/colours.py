# SPDX-License-Identifier: Apache-2.0
"""The classes' colours for lines and bars on light and dark paper: the taxonomy's, changed where they would fade."""

from __future__ import annotations

from mia_ros.taxonomy import CLASSES

Colour = tuple[int, int, int]

LIGHT_PAPER: Colour = (255, 255, 255)
DARK_PAPER: Colour = (32, 35, 42)

#: Least contrast of a line with its paper, as WCAG measures it.
_CONTRAST = {LIGHT_PAPER: 1.9, DARK_PAPER: 3.0}
_STEPS = 20


def class_variables(paper: Colour) -> str:
    """CSS variables --c0 to --c5, in the order of the classes, for lines on this paper."""
    return " ".join(f"--c{index}: {css(readable(entry.colour, paper))};" for index, entry in enumerate(CLASSES))


def css(colour: Colour) -> str:
    """#rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def readable(colour: Colour, paper: Colour) -> Colour:
    """The colour, away from the paper as far as contrast asks for."""
    away = 0 if luminance(paper) > 0.5 else 255
    for step in range(_STEPS + 1):
        red, green, blue = (round(part + (away - part) * step / _STEPS) for part in colour)
        if contrast((red, green, blue), paper) >= _CONTRAST[paper]:
            break
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Colour) -> float:
    """Relative luminance of an sRGB colour, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
