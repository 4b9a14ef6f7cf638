# SPDX-License-Identifier: Apache-2.0
"""Does the picture turn as the gyroscope says? If not: the clocks, the focal length, or how the IMU is mounted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from mia_ros.arrays import FloatArray
from offline_tools.replay.checks.columns import numbers
from offline_tools.replay.checks.finding import Finding
from offline_tools.replay.checks.series import REACH, Comparison, Estimate, Turning, compare

#: Less turning than this, rad/s, or less agreement at the best delay, says nothing.
_TURNING, _AGREEMENT = 0.015, 0.6
#: Intervals wider than this (s, share) say nothing.
_DELAY_WIDTH, _GAIN_WIDTH = 0.08, 0.2
#: Delays of the clocks that are told, and those that spoil gravity, s.
_DELAY, _BAD_DELAY = 0.04, 0.1
#: Deviations of the focal length that are told, and that spoil a map. A camera ahead of the wheels also moves aside
#: when it turns, which looks like some percent; on a car, like fifteen.
_FOCAL, _BAD_FOCAL = 0.2, 0.4
#: Mean of x^2 over a picture's points, of that at its edge, as the robust fit weighs them; the most, for wide lenses.
_SPREAD, _MOST_SPREAD = 0.25, 0.6
#: Angle between the axes of the turning that no noise explains.
_AXES = math.radians(35)


def motion_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """From the columns check_turn_* and check_gyro_*."""
    found = compared(frames)
    if found is None or found.rate < _TURNING or found.correlation < _AGREEMENT:
        yield _silent(frames, found)
        return
    steady = found.delay.high - found.delay.low < _DELAY_WIDTH and not found.at_the_edge
    if found.axes > _AXES or min(_known(found.by_axis), default=0.0) < -_AGREEMENT:
        yield _axes(found)
        return
    if not steady:
        yield _silent(frames, found)
        return
    yield _clocks(found)
    if found.gain.high - found.gain.low < _GAIN_WIDTH:
        yield _focal(found, facts.get("camera") or {})


def compared(frames: pl.DataFrame) -> Comparison | None:
    """The picture's turning and the gyroscope's; None where there is too little of either."""
    turning = _turning(frames)
    if turning is None:
        return None
    late = float(np.nanmedian(numbers(frames, "check_gyro_time")))
    # Stamps that lie in different seconds, or epochs, are compared by when they came.
    return compare(turning, late if abs(late) > REACH else 0.0)


def _turning(frames: pl.DataFrame) -> Turning | None:
    if frames.is_empty():
        return None
    stamps = frames["stamp"].to_numpy()
    times = (stamps - stamps[0]) * 1e-9
    gyro_times = times + numbers(frames, "check_gyro_time")
    angles = np.stack([numbers(frames, f"check_gyro_{axis}") for axis in "xyz"], 1)
    turn = np.stack([numbers(frames, f"check_turn_{axis}") for axis in "xyz"], 1)
    known = np.isfinite(gyro_times) & np.isfinite(angles).all(1)
    rising = np.flatnonzero(known)[_rising(gyro_times[known])]
    if len(rising) < 2:
        return None
    added = np.cumsum(np.nan_to_num(angles), 0)
    return Turning(times[:-1], times[1:], turn[1:], gyro_times[rising], added[rising])


def _rising(times: FloatArray) -> Any:
    """Which of some times are later than all before them."""
    return np.r_[True, times[1:] > np.maximum.accumulate(times)[:-1]] if len(times) else np.zeros(0, bool)


def _silent(frames: pl.DataFrame, found: Comparison | None) -> Finding:
    if np.isfinite(numbers(frames, "check_gyro_x")).sum() < 2:
        why = "there is no gyroscope, or it is not known how it is mounted"
    elif found is None:
        why = "too few frames"
    elif found.rate < _TURNING:
        why = f"the camera hardly turned ({math.degrees(found.rate):.1f} deg/s)"
    elif found.correlation >= _AGREEMENT:
        why = f"they agree ({found.correlation:.2f} alike), but the camera turned too little for more"
    else:
        why = f"picture and gyroscope do not agree well at any delay (correlation {found.correlation:.2f})"
    line = f"Not checked against the gyroscope: {why}."
    return Finding("clocks", "info", "clocks, focal length and mounting", line, "")


def _axes(found: Comparison) -> Finding:
    opposite = [axis for axis, value in zip("xyz", found.by_axis, strict=True) if value < -_AGREEMENT]
    angle = math.degrees(found.axes)
    if opposite:
        how = f"the other way about {' and '.join(opposite)}"
    elif angle > 145:
        how = "the other way"
    else:
        how = f"about another axis, {angle:.0f} deg away"
    line = (
        f"When the gyroscope turns, the picture turns {how} (x right, y down, z ahead; {found.correlation:.2f} alike)."
    )
    fix = "imu_to_camera, or the IMU's and the camera's place in tf, is wrong: check the axes of both."
    return Finding("mounting", "bad", "the IMU's axes are mixed up", line, fix)


def _known(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _clocks(found: Comparison) -> Finding:
    delay, size = found.delay.value, abs(found.delay.value)
    within = f"{_signed_ms(found.delay.low)} to {_signed_ms(found.delay.high)} ms"
    sure = found.delay.low > _DELAY / 2 or found.delay.high < -_DELAY / 2
    if size < _DELAY or not sure:
        line = f"Camera and IMU stamps agree: the IMU's are {_signed_ms(delay)} ms late ({within})."
        return Finding("clocks", "good", "the clocks agree", line)
    side = "late" if delay > 0 else "early"
    line = f"The IMU's stamps are {_seconds(size)} too {side} against the images' ({within}), as both show the turning."
    fix = f"Replay with --imu-offset {-delay:+.3f} to see the difference; synchronise the drivers' clocks."
    return Finding("clocks", "bad" if size > _BAD_DELAY else "warn", "camera and IMU clocks differ", line, fix)


def _focal(found: Comparison, camera: dict[str, Any]) -> Finding:
    fits = focal_factor(found.gain, camera)
    within = f"{fits.low:.2f} to {fits.high:.2f}"
    if abs(fits.value - 1) < _FOCAL or not (fits.low > 1 + _FOCAL / 2 or fits.high < 1 - _FOCAL / 2):
        line = (
            f"The picture turns as the gyroscope says: {fits.value:.2f} of the focal length would fit best ({within})."
        )
        return Finding("focal_length", "good", "the focal length fits", line)
    focal = camera.get("fx")
    about = f"; about {fits.value * focal:.0f} px would fit, not {focal:.0f}" if focal else ""
    line = (
        f"As the gyroscope turns, the focal length is {fits.value:.2f} times what camera_info says ({within}){about}."
    )
    fix = "Calibrate the camera; or is camera_info for another resolution, or the picture cropped or stabilised?"
    level = "bad" if abs(fits.value - 1) > _BAD_FOCAL else "warn"
    return Finding("focal_length", level, "the focal length is wrong", line, fix)


def focal_factor(gain: Estimate, camera: dict[str, Any]) -> Estimate:
    """What the focal length must be multiplied by, from how much more the picture turned than the gyroscope.

    In the middle of the picture that is the gain itself; at a distance x (in focal lengths) from it, turning moves a
    point by 1 + x^2 as much, so that there a wrong focal length shows less.
    """
    x = float(camera["width"]) / 2 / float(camera["fx"]) if camera else 0.0
    spread = min(_SPREAD * x * x, _MOST_SPREAD)

    def factor(value: float) -> float:
        # gain = (1 + r^2 spread) / (r (1 + spread)), r: the focal length that was taken over the true one.
        if spread < 1e-6 or not math.isfinite(value):
            return value
        half = value * (1 + spread) / 2
        return float(spread / (half - math.sqrt(max(half * half - spread, 0.0))))

    return Estimate(factor(gain.value), factor(gain.low), factor(gain.high))


def _signed_ms(seconds: float) -> str:
    """Without a sign that says nothing: never -0."""
    return f"{np.round(1e3 * seconds) + 0.0:+.0f}"


def _seconds(size: float) -> str:
    return f"{size:.2f} s" if size >= 1 else f"{1e3 * size:.0f} ms"
