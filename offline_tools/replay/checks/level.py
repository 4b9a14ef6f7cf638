# SPDX-License-Identifier: Apache-2.0
"""Is the camera as level as gravity says? The picture's verticals are asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray
from offline_tools.replay.checks.columns import numbers, seconds
from offline_tools.replay.checks.finding import Finding

#: Fewest stretches, of so many seconds, in which at least so many frames show verticals: gravity may err for some
#: seconds while the camera speeds up or turns, a mounting does so all the time.
_STRETCHES, _STRETCH, _FRAMES = 4, 2.0, 2
#: Angles that are told, and that spoil a map; pitch is known less well, because a lens that is not calibrated bends
#: verticals as a wrong pitch does.
_TOLD = {"roll": math.radians(2.0), "pitch": math.radians(3.0)}
_BAD = math.radians(6.0)
_DRAWS = 300


class Tilt(NamedTuple):
    """Of gravity against the verticals, rad: median, and the ends of its 95 % interval. frames: that showed lines."""

    value: float
    low: float
    high: float
    frames: int


def tilt(frames: pl.DataFrame, angle: str) -> Tilt | None:
    """`angle` is roll or pitch; None where too few frames show verticals."""
    values, times = numbers(frames, f"check_{angle}_error"), seconds(frames)
    shown = np.isfinite(values)
    stretches = (times[shown] // _STRETCH).astype(np.int64)
    if np.count_nonzero(np.unique(stretches, return_counts=True)[1] >= _FRAMES) < _STRETCHES:
        return None
    low, high = _interval(values[shown], stretches)
    return Tilt(float(np.median(values[shown])), low, high, int(np.count_nonzero(shown)))


def level_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """From the columns check_roll_error and check_pitch_error."""
    found = {angle: tilt(frames, angle) for angle in _TOLD}
    wrong = {angle: each for angle, each in found.items() if each is not None and _wrong(each, _TOLD[angle])}
    if wrong:
        yield _tilted(wrong, facts)
    elif found["roll"] is not None:
        words = _words({angle: each for angle, each in found.items() if each is not None})
        line = f"Gravity and the picture's verticals agree: {words}."
        yield Finding("level", "good", "the camera is level", line)
    else:
        count = int(np.isfinite(numbers(frames, "check_roll_error")).sum())
        line = (
            f"Not checked: {count} frames show enough verticals (houses, poles) above the horizon, or only for a while."
        )
        yield Finding("level", "info", "is the camera level?", line)


def _tilted(wrong: dict[str, Tilt], facts: dict[str, Any]) -> Finding:
    size = max(abs(each.value) for each in wrong.values())
    line = f"Gravity and the picture's verticals disagree: {_words(wrong)}."
    fix = "Check imu_to_camera, or the mounting in tf; on the robot, whether the camera or the IMU has slipped."
    if "pitch" in wrong and (facts.get("camera") or {}).get("source") == "nominal":
        fix += " The intrinsics are nominal: calibrate first, a wrong lens bends verticals too."
    return Finding("level", "bad" if size > _BAD else "warn", "the camera is not level", line, fix)


def _wrong(found: Tilt, told: float) -> bool:
    """Large, and surely so."""
    return abs(found.value) > told and (found.low > told / 2 or found.high < -told / 2)


def _words(found: dict[str, Tilt]) -> str:
    return " and ".join(
        f"{math.degrees(each.value):+.1f} deg of {angle} "
        f"({math.degrees(each.low):+.1f} to {math.degrees(each.high):+.1f}, {each.frames} frames)"
        for angle, each in found.items()
    )


def _interval(values: FloatArray, stretches: Any) -> tuple[float, float]:
    """Of the median, over stretches that are drawn again: neighbouring frames show the same houses."""
    random = np.random.default_rng(0)
    groups = [values[stretches == each] for each in np.unique(stretches)]
    medians = [
        np.median(np.concatenate([groups[k] for k in random.integers(0, len(groups), len(groups))]))
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)
