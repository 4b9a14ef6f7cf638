# SPDX-License-Identifier: Apache-2.0
"""The camera with which a bag was replayed."""

from __future__ import annotations

from typing import Any

from mia_ros.camera import Camera
from mia_ros.errors import CameraError
from mia_ros.lens import Lens


def replayed_camera(metrics: dict[str, Any]) -> Camera:
    """As metrics.json describes it, wherever the replay had it from; raises CameraError where that is not enough."""
    recorded = metrics.get("camera")
    if not isinstance(recorded, dict):
        raise CameraError("metrics.json names none")
    try:
        lens = recorded.get("lens") or {"model": recorded.get("model") or "none", "coefficients": ()}
        fx, fy, cx, cy = (float(recorded[name]) for name in ("fx", "fy", "cx", "cy"))
        bent = Lens.from_ros(lens["model"], lens["coefficients"])
        return Camera(recorded["width"], recorded["height"], fx, fy, cx, cy, bent, recorded.get("rotate") or 0)
    except (KeyError, TypeError, ValueError) as error:
        raise CameraError(f"metrics.json: camera: {' '.join(str(error).split())}") from error
