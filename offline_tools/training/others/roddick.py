# SPDX-License-Identifier: Apache-2.0
"""The split of nuScenes by Roddick and Cipolla (2020), whose parts share no ground, as numbers of scenes.

Everything that is in neither list is to learn from.
"""

from __future__ import annotations

_VALIDATION = (
    "1 10-11 20 38 41 53-54 121-122 139 152 160 184 269 347-348 366 368-369 378 389-398 411-419 525-539 541-546 "
    "556-558 566 568 570-578 580 582-583 642-651 739-741 744 746-747 749-752 757-765 767-771 775 777-778 794-800 "
    "803-804 911-915 919-920 924 962-963 1002-1003 1016-1018 1055-1063"
)
_NEITHER = "410 641 805 910"


def part_of(scene: str) -> str:
    """train, val, or nothing, of a scene's name as scene-0103."""
    digits = scene.removeprefix("scene-")
    if not digits.isdecimal() or int(digits) in NEITHER:
        return ""
    return "val" if int(digits) in VALIDATION else "train"


def _numbers(text: str) -> frozenset[int]:
    runs = (run.partition("-") for run in text.split())
    return frozenset(number for first, _, last in runs for number in range(int(first), int(last or first) + 1))


VALIDATION = _numbers(_VALIDATION)
NEITHER = _numbers(_NEITHER)
