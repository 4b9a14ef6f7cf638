# SPDX-License-Identifier: Apache-2.0
"""Lengths in tags: "5.5", "5.5 m", "18 ft", 18'6"."""

from __future__ import annotations

import math
import re
from contextlib import suppress

_METRES = {"": 1.0, "m": 1.0, "ft": 0.3048}
_WITH_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(m|ft|)\s*")
_FEET_AND_INCHES = re.compile(r"\s*(\d+)'\s*(?:(\d+)\")?\s*")


def plain_metres(text: str) -> float | None:
    """A bare number of metres, or None."""
    with suppress(ValueError):
        return value if math.isfinite(value := float(text)) else None
    return None


def metres(text: str) -> float | None:
    """Metres, whatever the unit, or None where the text is no length."""
    if found := _WITH_UNIT.fullmatch(text):
        return float(found[1]) * _METRES[found[2]]
    if found := _FEET_AND_INCHES.fullmatch(text):
        return (int(found[1]) + int(found[2] or 0) / 12) * _METRES["ft"]
    return None
