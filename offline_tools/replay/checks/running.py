# SPDX-License-Identifier: Apache-2.0
"""What became of the images: maps or problems, how fast, how much of the ground, how steadily."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.replay.checks.columns import known
from offline_tools.replay.checks.finding import Finding

#: Share of the images without a map that is told, and that is bad.
_WITHOUT, _MANY_WITHOUT = 0.02, 0.2
#: Coverage below which a planner sees little, flicker from which maps are unsteady, and what a camera at fault shows:
#: share of repeated images, grey value, sharpness.
_LITTLE, _UNSTEADY, _SAME, _DARK, _BLURRED = 0.25, 0.25, 0.05, 40.0, 0.12
#: Uncertainty of gravity that shows in a map, deg.
_UNCERTAIN = 3.0
_FIXES = {
    "image": "Look at the camera: its driver, its cable, its lens.",
    "camera": "Give the camera_info that belongs to these images.",
    "gravity": "Check the IMU's topic, its stamps and its place in tf (or set imu_to_camera).",
    "tilt": "Check imu_to_camera; if the camera really is turned, set `rotate`.",
    "engine": "Check the engine: mia doctor.",
}


def image_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """Images without a map by what was wrong, and images that are at fault though they have one."""
    images = facts.get("images") or {}
    seen, mapped = int(images.get("seen") or 0), int(images.get("mapped") or 0)
    problems = {key: count for key, count in (images.get("problems") or {}).items() if count}
    if not seen:
        fix = "Check --image, --start and --end."
        yield Finding("images", "bad", "there is no image", "No image lies in this stretch of the bag.", fix)
        return
    if not problems:
        yield Finding("images", "good", "every image has a map", f"{mapped} of {seen} images.")
    first = list(images.get("first_problems") or [])
    for key, count in sorted(problems.items(), key=lambda item: -item[1]):
        share = count / seen
        level = "bad" if share > _MANY_WITHOUT else "warn" if share > _WITHOUT else "info"
        alone = first[0] if first and len(problems) == 1 else ""
        example = next((line for line in first if line.startswith(key)), alone)
        line = f"{count} of {seen} images ({_percent(share)}) have no map because of {key}.{_sentence(example)}"
        yield Finding(f"images.{key}", level, f"no map: {key}", line, _FIXES.get(key, ""))
    yield from _quality(frames)


def _percent(share: float) -> str:
    """Never 0 % of what there is, nor 100 % of what is not all."""
    return "under 1%" if 0 < share < 0.01 else "over 99%" if 0.99 < share < 1 else f"{share:.0%}"


def _sentence(line: str) -> str:
    return f" {line.rstrip('.')}." if line else ""


def _quality(frames: pl.DataFrame) -> Iterator[Finding]:
    same = known(frames, "check_same")
    if len(same) and same.mean() > _SAME:
        line = f"{same.mean():.0%} of the images equal the one before."
        yield Finding("images.same", "warn", "the camera repeats images", line, "Is its true rate lower than it says?")
    brightness = known(frames, "check_brightness")
    if len(brightness) and np.median(brightness) < _DARK:
        line = f"The median grey value is {np.median(brightness):.0f} of 255."
        yield Finding("images.dark", "warn", "the pictures are dark", line, "Let the camera expose longer.")
    sharpness = known(frames, "check_sharpness")
    if len(sharpness) and np.median(sharpness) < _BLURRED:
        line = f"Fine detail is {np.median(sharpness):.2f} of the contrast; sharp pictures have more than {_BLURRED}."
        yield Finding(
            "images.blurred", "warn", "the pictures are blurred", line, "Focus, clean the lens, expose shorter."
        )


def gravity_findings(_frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """Where gravity came from, and how sure it was."""
    gravity = facts.get("gravity") or {}
    sources = {name: count for name, count in (gravity.get("sources") or {}).items() if count}
    if not sources:
        return
    words = ", ".join(f"{name} ({count})" for name, count in sorted(sources.items(), key=lambda item: -item[1]))
    sigma = gravity.get("sigma_median_deg")
    if set(sources) == {"fixed"}:
        line = "Gravity is fixed by a parameter: every bump and slope bends the map."
        yield Finding("gravity", "info", "gravity is fixed", line, "Give an IMU, or tf.")
    elif sigma is not None and sigma > _UNCERTAIN:
        line = f"From {words}, uncertain by {sigma:.1f} deg (one sigma, median)."
        fix = "Is the IMU shaken, or its gyroscope missing? Its orientation, if it gives one, is not trusted."
        yield Finding("gravity", "warn", "gravity is uncertain", line, fix)
    else:
        sure = "" if sigma is None or not math.isfinite(sigma) else f", {sigma:.1f} deg uncertain (median)"
        yield Finding("gravity", "good", "gravity is known", f"From {words}{sure}.")


def latency_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """Whether a node on this machine would keep up with the camera."""
    alone, period = facts.get("alone_ms"), _period_ms(frames, facts)
    if not alone or period is None:
        return
    median, slow = float(alone["median"]), float(alone["p95"])
    line = f"{median:.0f} ms an image alone (95 %: {slow:.0f} ms), the camera sends one every {period:.0f} ms; here."
    if median > period:
        share = period / median
        fix = "Take a smaller engine or a GPU, or lower max_rate; the node maps the newest image and skips the others."
        yield Finding("latency", "warn", "the live node would not keep up", f"{line} About {share:.0%} get a map.", fix)
    elif slow > period:
        yield Finding("latency", "info", "the live node would skip some images", line)
    else:
        yield Finding("latency", "good", "the live node would keep up", line)


def coverage_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """How much of the map is known at all."""
    coverage = (facts.get("coverage") or {}).get("median")
    if coverage is None:
        return
    empty = all(not len(each) or np.median(each) < 0.01 for each in (known(frames, f"share_{n}") for n in CLASS_NAMES))
    if empty:
        line = "No class is present in the maps."
        fix = "Is the engine trained for such pictures? Look at the levelled pictures below."
        yield Finding("coverage", "bad", "the maps are empty", line, fix)
    elif coverage < _LITTLE:
        fix = "A camera that looks down, or with a narrow lens, sees little ground ahead; was the picture cropped?"
        line = f"Only {coverage:.0%} of the 50 m x 50 m are observed (median)."
        yield Finding("coverage", "warn", "the maps cover little", line, fix)
    else:
        yield Finding("coverage", "good", "coverage", f"{coverage:.0%} of the 50 m x 50 m are observed (median).")


def flicker_findings(_frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """How much changes its label from one map to the next."""
    flicker = facts.get("flicker") or {}
    median = flicker.get("median")
    if median is None:
        return
    line = (
        f"{median:.1%} of the ground changes its label from map to map (median; 95 %: {flicker.get('p95') or 0:.1%})."
    )
    if median > _UNSTEADY:
        fix = "Wrong gravity or poses make maps jump; else the engine is unsure: raise `threshold`, or fuse over time."
        yield Finding("flicker", "warn", "the maps flicker", line, fix)
    else:
        yield Finding("flicker", "good", "the maps are steady", line)


def _period_ms(frames: pl.DataFrame, facts: dict[str, Any]) -> float | None:
    """Between images of the camera: those that were skipped on purpose count."""
    every = int((facts.get("configuration") or {}).get("every") or 1)
    if len(frames) < 2:
        return None
    step = np.diff(frames["stamp"].to_numpy())
    period = float(np.median(step[step > 0])) * 1e-6 / every if (step > 0).any() else 0.0
    return period if period > 0 else None
