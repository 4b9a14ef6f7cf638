# SPDX-License-Identifier: Apache-2.0
"""Cameras for a simulated drive: a field of view and a lens of a usual kind."""

from __future__ import annotations

import math

from mia_ros.camera import Camera
from mia_ros.lens import Lens
from offline_tools.errors import SimulationError

#: A lens of each kind. plumb_bob as a cheap wide-angle lens has it; equidistant as a fisheye does.
LENSES = {
    "none": Lens(),
    "plumb_bob": Lens("plumb_bob", (-0.28, 0.08, 0.0005, -0.0003)),
    "equidistant": Lens("equidistant", (-0.02, 0.004, -0.002, 0.0003)),
}
#: Degrees across the image's width.
_FIELDS = {"none": (20.0, 120.0), "plumb_bob": (20.0, 120.0), "equidistant": (20.0, 170.0)}
_SMALLEST, _LARGEST = 32, 4096  # pixels


def camera_of(width: int, height: int, fov_deg: float, lens: str = "none") -> Camera:
    """A camera that sees `fov_deg` degrees across its width, with one of LENSES."""
    if lens not in LENSES:
        raise SimulationError(f"lens '{lens}': choose {', '.join(LENSES)}")
    low, high = _FIELDS[lens]
    if not low <= fov_deg <= high:
        raise SimulationError(f"fov {fov_deg}: want {low:g} to {high:g} degrees with the lens {lens}")
    if not all(_SMALLEST <= side <= _LARGEST for side in (width, height)):
        raise SimulationError(f"image {width} x {height}: want {_SMALLEST} to {_LARGEST} pixels each way")
    focal = width / 2 / _radius(math.radians(fov_deg) / 2, lens)
    return Camera(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2, LENSES[lens])


def _radius(angle: float, lens: str) -> float:
    """How far from the middle a ray so far off the axis meets a picture of focal length 1."""
    if lens == "equidistant":
        terms = LENSES[lens].coefficients
        return angle * (1 + sum(term * angle ** (2 * k) for k, term in enumerate(terms, 1)))
    plane = math.tan(angle)
    k1, k2 = LENSES[lens].coefficients[:2] if lens == "plumb_bob" else (0.0, 0.0)
    return plane * (1 + k1 * plane**2 + k2 * plane**4)
