# SPDX-License-Identifier: Apache-2.0
"""Lens models of ROS camera_info: how many coefficients each has, where it ends, and how it bends a ray."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from mia_ros.errors import CameraError

#: How many coefficients each model takes. OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6 [s1 s2 s3 s4 [tx ty]]]];
#: equidistant: k1 to k4.
COEFFICIENTS = {"none": (0,), "plumb_bob": (4, 5), "rational_polynomial": (8, 12, 14), "equidistant": (4,)}

#: Other names in use: ROS leaves the name empty for rectified images, Kalibr and OpenCV have names of their own.
_ALIASES = {"": "none", "pinhole": "none", "radtan": "plumb_bob", "fisheye": "equidistant", "equi": "equidistant"}


@dataclass(frozen=True)
class Lens:
    """A lens model and its coefficients; `project` bends rays of the pinhole to where the lens really images them."""

    model: str = "none"
    coefficients: tuple[float, ...] = ()

    @classmethod
    def from_ros(cls, model: str, coefficients: Sequence[float]) -> Lens:
        """From distortion_model and D of a camera_info; refuses what does not belong together."""
        name = _ALIASES.get(model.strip().lower(), model.strip().lower())
        if name not in COEFFICIENTS:
            raise CameraError(f"distortion_model: unknown model '{model}'; known are {', '.join(COEFFICIENTS)}")
        values = tuple(float(value) for value in coefficients)
        if not all(math.isfinite(value) for value in values):
            raise CameraError(f"D: {list(values)} holds a value that is not finite")
        if name == "none" and not any(values):
            return cls()
        if len(values) not in COEFFICIENTS[name]:
            allowed = " or ".join(str(count) for count in COEFFICIENTS[name])
            raise CameraError(f"D: {len(values)} coefficients, but distortion_model '{name}' takes {allowed}")
        return cls(name, values) if any(values) or name == "equidistant" else cls()

    def project(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Points (N, 3) ahead of the camera -> (N, 2) on the plane z = 1 after the lens, and which of them it images.

        A polynomial lens model holds up to where it stops growing: farther out it would fold the scene back into the
        picture. Such rays, and those from behind the camera, are not imaged.
        """
        x, y, z = points.T
        ahead = z > 1e-9
        depth = np.where(ahead, z, 1.0)
        x, y = x / depth, y / depth
        if self.model == "none":
            return np.stack([x, y], -1), ahead
        squared = x * x + y * y
        limit = growth_limit(self)
        reach = math.tan(limit) if self.model == "equidistant" and limit < math.inf else limit
        with np.errstate(all="ignore"):  # of rays that it does not image, the polynomials say anything
            bent = self._bend_angles(x, y) if self.model == "equidistant" else self._bend_plane(x, y, squared)
        return bent, ahead & (squared < reach * reach)

    def _bend_angles(self, x: FloatArray, y: FloatArray) -> FloatArray:
        bent = cv2.fisheye.distortPoints(np.stack([x, y], -1)[None], np.eye(3), np.array(self.coefficients))
        return np.asarray(bent, np.float64).reshape(-1, 2)

    def _bend_plane(self, x: FloatArray, y: FloatArray, squared: FloatArray) -> FloatArray:
        """What cv2.projectPoints does, which also differentiates by every coefficient: that takes ten times as long."""
        k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, *tilt = _filled(self.coefficients)
        radial = 1 + squared * (k1 + squared * (k2 + squared * k3))
        if k4 or k5 or k6:
            radial /= 1 + squared * (k4 + squared * (k5 + squared * k6))
        radial += 2 * (p2 * x + p1 * y)
        bent = np.stack([x * radial + p2 * squared, y * radial + p1 * squared], -1)
        if s1 or s2 or s3 or s4:
            bent += squared[:, None] * ((s1, s3) + squared[:, None] * (s2, s4))
        return _through_tilt(bent, *tilt) if any(tilt) else bent


@lru_cache(maxsize=64)
def growth_limit(lens: Lens) -> float:
    """Where the radial part of the model stops growing: a radius on the plane z = 1, or an angle if equidistant."""
    if lens.model == "equidistant":
        angle = np.linspace(0, math.pi / 2, 4001)
        return _first_fall(angle, angle * np.polyval([*reversed(lens.coefficients), 1.0], angle**2))
    # Up to 89 degrees off the axis, in equal angles.
    radius = np.tan(np.linspace(0, math.radians(89), 4001))
    k1, k2, _, _, k3, k4, k5, k6, *_ = _filled(lens.coefficients)
    squared = radius**2
    denominator = np.polyval([k6, k5, k4, 1.0], squared)
    limit = _first_fall(radius, denominator, floor=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = radius * np.polyval([k3, k2, k1, 1.0], squared) / denominator
    return min(limit, _first_fall(radius, bent))


def _first_fall(x: FloatArray, y: FloatArray, floor: float | None = None) -> float:
    """The first x where y stops growing (or, with a floor, is not above it); infinity if there is none."""
    falls = ~(np.diff(y) > 0) if floor is None else ~(y[1:] > floor)
    return float(x[:-1][falls][0]) if falls.any() else math.inf


def _filled(coefficients: Sequence[float]) -> tuple[float, ...]:
    """All fourteen, in OpenCV's order."""
    return (*coefficients, *(0.0,) * (14 - len(coefficients)))


def _through_tilt(bent: FloatArray, about_x: float, about_y: float) -> FloatArray:
    """Onto a sensor that is turned about its axes by these angles, rad."""
    cx, sx, cy, sy = math.cos(about_x), math.sin(about_x), math.cos(about_y), math.sin(about_y)
    turn = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cx, sx], [0, -sx, cx]])
    back = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
    x, y, z = (back @ turn) @ np.column_stack([bent, np.ones(len(bent))]).T
    return np.stack([x / z, y / z], -1)
