# SPDX-License-Identifier: Apache-2.0
"""Single values from a server's answer: what is not of the wanted type is null, never an error."""

from __future__ import annotations

import math
import re
from typing import Any

_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,20}\s*", re.ASCII)
_PHOTO_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_LONGEST_NUMBER = 400  # characters: whoever writes a longer one means harm
_LEAST, _MOST = -(2**63), 2**63 - 1


def number(value: Any) -> float | None:
    """A finite number, also where it is written as text."""
    if isinstance(value, str):
        if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            return None
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A whole number of 64 bits, also where it is written as text or with a point."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if _LEAST <= value <= _MOST else None
    found = number(value)
    # Beyond 2**53 a float has lost the last digits.
    return int(found) if found is not None and found.is_integer() and abs(found) <= 2**53 else None


def text(value: Any) -> str | None:
    """Text that says something and can be written down."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, which JSON can hold
        return None
    return value


def key(value: Any) -> str | None:
    """An id: text, or a whole number, which becomes text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if _LEAST <= value <= 2 * _MOST + 1 else None
    return text(value)


def photo_id(value: Any) -> str | None:
    """A photo's id: digits. It becomes part of addresses and of file names, so nothing else will do."""
    found = key(value)
    return found if found is not None and _PHOTO_ID.fullmatch(found) else None


def yes(value: Any) -> bool | None:
    """True or false."""
    return value if isinstance(value, bool) else None


def numbers(value: Any) -> list[float] | None:
    """A list of finite numbers, which may be empty; one that is not a number makes all of it null."""
    if not isinstance(value, (list, tuple)) or len(value) > _LONGEST_NUMBER:
        return None
    found = [number(each) for each in value]
    return None if None in found else found  # type: ignore[return-value]


def turn(value: Any) -> list[float] | None:
    """The three numbers of a rotation."""
    found = numbers(value)
    return found if found is not None and len(found) == 3 else None


def position(value: Any) -> list[float] | None:
    """Longitude and latitude, degrees, that exist; what follows them is kept."""
    found = numbers(value)
    if found is None or len(found) < 2 or abs(found[0]) > 180 or abs(found[1]) > 90:
        return None
    return found
