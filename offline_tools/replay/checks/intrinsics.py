# SPDX-License-Identifier: Apache-2.0
"""Are the camera's intrinsics such as a real camera has?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from offline_tools.replay.checks.finding import Finding

#: Horizontal field of view, degrees; how much fx and fy may differ; how far the principal point may lie off the middle.
_NARROW, _WIDE, _SQUARE, _OFF = 25.0, 150.0, 0.05, 0.10
#: Notes that say that nobody did.
_UNCALIBRATED = {"camera_info.nominal", "camera_info.missing"}
_CALIBRATE = "Calibrate the camera (ros2 run camera_calibration), and check which camera_info the driver publishes."


def intrinsics_findings(frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """Of facts["camera"], against the sizes of the images."""
    camera = facts.get("camera")
    noted = {note.get("key") for note in facts.get("notes") or []}
    if not camera:
        yield Finding("intrinsics", "warn", "the camera is not known", "There is no camera_info.", _CALIBRATE)
        return
    problems = [*_of_size(frames, camera), *_of_shape(camera)]
    if problems:
        yield Finding("intrinsics", "bad", "the intrinsics cannot be right", "; ".join(problems) + ".", _CALIBRATE)
    elif camera.get("source") == "nominal" or noted & _UNCALIBRATED:
        yield Finding(
            "intrinsics",
            "warn",
            "the intrinsics are nominal",
            f"Nobody seems to have calibrated this camera: {_words(camera)}; distances are only as good as that.",
            _CALIBRATE,
        )
    else:
        yield Finding("intrinsics", "good", "the intrinsics are plausible", f"{_words(camera)}.")


def _of_size(frames: pl.DataFrame, camera: dict[str, Any]) -> Iterator[str]:
    if not {"width", "height"} <= set(frames.columns):
        return
    sizes = set(frames.select("width", "height").drop_nulls().unique().iter_rows())
    size = camera["width"], camera["height"]
    other = sorted(sizes - {size, size[::-1]})  # a picture that is turned has them the other way round
    if other:
        yield f"camera_info is {size[0]} x {size[1]} but images are {other[0][0]} x {other[0][1]}"


def _of_shape(camera: dict[str, Any]) -> Iterator[str]:
    width, height, fx, fy = (float(camera[name]) for name in ("width", "height", "fx", "fy"))
    view = field_of_view(camera)
    if not _NARROW <= view <= _WIDE:
        yield f"a field of view of {view:.0f} deg (fx {fx:.0f} px for {width:.0f} px) is not that of a usual camera"
    if abs(fx / fy - 1) > _SQUARE:
        yield f"fx {fx:.0f} and fy {fy:.0f} differ by {abs(fx / fy - 1):.0%}: pixels are square"
    for name, size in (("cx", width), ("cy", height)):
        off = abs(float(camera[name]) - (size - 1) / 2) / size
        if off > _OFF:
            yield f"{name} {float(camera[name]):.0f} is {off:.0%} of {size:.0f} px off the middle"


def field_of_view(camera: dict[str, Any]) -> float:
    """Horizontal, degrees; of a fisheye by its own law, of others as a pinhole's."""
    half = float(camera["width"]) / 2 / float(camera["fx"])
    return math.degrees(2 * (half if camera.get("model") == "equidistant" else math.atan(half)))


def _words(camera: dict[str, Any]) -> str:
    model = camera.get("model") or "none"
    lens = "no lens distortion" if model == "none" else f"lens {model}"
    return (
        f"{camera['width']} x {camera['height']}, {field_of_view(camera):.0f} deg across, "
        f"fx {float(camera['fx']):.0f} px, {lens}"
    )
