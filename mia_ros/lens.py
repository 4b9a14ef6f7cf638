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
        z = points[:, 2]
        ahead = z > 1e-9
        plane = points[:, :2] / np.where(ahead, z, 1.0)[:, None]
        if self.model == "none":
            return plane, ahead
        limit = growth_limit(self)
        radius = np.hypot(plane[:, 0], plane[:, 1])
        angle = np.arctan(radius) if self.model == "equidistant" else radius
        return self._bend(plane), ahead & (angle < limit)

    def _bend(self, plane: FloatArray) -> FloatArray:
        identity, zero = np.eye(3), np.zeros(3)
        coefficients = np.array(self.coefficients)
        if self.model == "equidistant":
            bent = cv2.fisheye.distortPoints(plane[None], identity, coefficients)
            return np.asarray(bent, np.float64).reshape(-1, 2)
        rays = np.column_stack([plane, np.ones(len(plane))])
        bent, _ = cv2.projectPoints(rays, zero, zero, identity, coefficients)
        return np.asarray(bent, np.float64).reshape(-1, 2)


@lru_cache(maxsize=64)
def growth_limit(lens: Lens) -> float:
    """Where the radial part of the model stops growing: a radius on the plane z = 1, or an angle if equidistant."""
    if lens.model == "equidistant":
        angle = np.linspace(0, math.pi / 2, 4001)
        return _first_fall(angle, angle * np.polyval([*reversed(lens.coefficients), 1.0], angle**2))
    # Up to 89 degrees off the axis, in equal angles.
    radius = np.tan(np.linspace(0, math.radians(89), 4001))
    k1, k2, _, _, k3, k4, k5, k6 = (*lens.coefficients, 0.0, 0.0, 0.0, 0.0)[:8]
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
