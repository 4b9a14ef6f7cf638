# SPDX-License-Identifier: Apache-2.0
"""OpenSfM's cameras as Mapillary's API gives them: `camera_type` and `camera_parameters` of an image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mia_ros.arrays import Array, FloatArray
from mia_ros.camera import Camera
from mia_ros.errors import CameraError
from mia_ros.lens import Lens, growth_limit

PERSPECTIVE, FISHEYE, SPHERICAL = "perspective", "fisheye", "spherical"
#: Mapillary's older answers call spherical photos so.
_ALIASES = {"equirectangular": SPHERICAL}
#: In units of the longer side: a view of 0.06 degrees, and one of 179.8. Outside, a number is no focal length.
_FOCAL_RANGE = (1e-3, 1e3)
_LARGEST_COEFFICIENT = 1e3


@dataclass(frozen=True)
class OpensfmCamera:
    """A projection with focal length in units of the picture's longer side, and radial distortion k1, k2.

    The principal point is the picture's middle. A ray (X, Y, Z) of the optical frame goes to focal * d * p, where p is
    (X/Z, Y/Z) for perspective and angle * direction for fisheye, and d = 1 + k1 |p|^2 + k2 |p|^4. A spherical photo
    has no parameters: its width is the whole turn.
    """

    projection: str
    focal: float = 1.0
    k1: float = 0.0
    k2: float = 0.0

    def __post_init__(self) -> None:
        if self.projection not in (PERSPECTIVE, FISHEYE, SPHERICAL):
            raise CameraError(
                f"camera_type: {_shown(self.projection)} cannot be undistorted; want {PERSPECTIVE}, {FISHEYE} or "
                f"{SPHERICAL}: filter such images out"
            )
        low, high = _FOCAL_RANGE
        if not low <= self.focal <= high:  # also refuses NaN
            raise CameraError(f"camera_parameters: focal length {self.focal}, want {low} to {high} of the longer side")
        for name in ("k1", "k2"):
            if not abs(getattr(self, name)) <= _LARGEST_COEFFICIENT:
                raise CameraError(f"camera_parameters: {name} is {getattr(self, name)}, which no lens has")

    @classmethod
    def from_mapillary(cls, camera_type: Any, camera_parameters: Any) -> OpensfmCamera:
        """From an API answer or a row of its table; refuses in one line what is missing or no number."""
        if not isinstance(camera_type, str) or not camera_type:
            raise CameraError(f"camera_type: {_shown(camera_type)}, so how the photo was taken is not known")
        projection = _ALIASES.get(camera_type, camera_type)
        if projection not in (PERSPECTIVE, FISHEYE):
            return cls(projection)
        return cls(projection, *_three_numbers(camera_parameters))

    def pinhole(self, width: int, height: int) -> Camera:
        """The camera of the undistorted photo at a size: the same focal length, the middle as principal point."""
        if self.projection == SPHERICAL:
            raise CameraError("camera_type: a spherical photo has no one pinhole; cut it into views")
        focal = self.focal * max(width, height)
        # OpenSfM counts pixels from the corner, where the middle is width / 2.
        return Camera(width, height, focal, focal, width / 2 - 0.5, height / 2 - 0.5)

    def scale_of(self, squared: FloatArray) -> FloatArray:
        """How far the lens moves a point from the middle: factor for squared radii on the plane z = 1.

        NaN where the lens has stopped growing: beyond, the model would fold the scene back into the picture.
        """
        radius = np.sqrt(squared)
        if self.projection == FISHEYE:
            angle = np.arctan(radius)
            with np.errstate(invalid="ignore"):
                bend = np.where(radius > 0, angle / radius, 1.0)
        else:
            angle, bend = radius, np.ones_like(radius)
        squared = angle * angle
        scale = bend * (1 + squared * (self.k1 + squared * self.k2))
        limit = growth_limit(self._lens())
        return scale if limit == math.inf else np.where(angle < limit, scale, np.nan)

    def _lens(self) -> Lens:
        model = "equidistant" if self.projection == FISHEYE else "plumb_bob"
        return Lens(model, (self.k1, self.k2, 0.0, 0.0))


def _three_numbers(given: Any) -> tuple[float, float, float]:
    wrong = CameraError(f"camera_parameters: {_shown(given)}, want three numbers focal, k1, k2")
    if given is None or not isinstance(given, (Sequence, np.ndarray)) or isinstance(given, (str, bytes)):
        raise wrong
    values: Sequence[Any] | Array = given
    if len(values) != 3 or any(isinstance(value, (str, bytes, bool)) or value is None for value in values):
        raise wrong
    try:
        focal, k1, k2 = (float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if not (math.isfinite(focal) and math.isfinite(k1) and math.isfinite(k2)):
        raise wrong
    return focal, k1, k2


def _shown(value: Any) -> str:
    return " ".join(repr(value).split())[:80]
