# SPDX-License-Identifier: Apache-2.0
"""SearchWindow: how far a path may be moved and turned to fit the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.errors import ReplayError

#: First look: so many metres, and so many degrees (0.8 m at a distance of 30 m), apart.
_COARSE, _COARSE_DEG = 1.0, 1.5
#: A window is never opened farther than this for a path whose direction is unsure, degrees.
_WIDEST_DEG = 30.0
#: An optimum so near to the edge lies at the edge.
_EDGE, _EDGE_DEG = 0.3, 0.3
_LARGEST, _LARGEST_DEG = 50.0, 90.0


@dataclass(frozen=True)
class SearchWindow:
    """Up to `metres` east or west and as much north or south, and up to `degrees` either way."""

    metres: float = 8.0
    degrees: float = 8.0

    def __post_init__(self) -> None:
        for name, value, largest in (("metres", self.metres, _LARGEST), ("degrees", self.degrees, _LARGEST_DEG)):
            if not 0 <= value <= largest:
                raise ReplayError(f"search window: {name} {value}, want a number from 0 to {largest:g}")

    def opened(self, yaw_sigma: float) -> SearchWindow:
        """Wide enough for a path whose direction has this one sigma, rad."""
        wanted = min(2 * math.degrees(yaw_sigma), _WIDEST_DEG)
        return SearchWindow(self.metres, max(self.degrees, float(math.ceil(wanted))))

    @property
    def turn(self) -> float:
        """Radians."""
        return math.radians(self.degrees)

    def candidates(self) -> FloatArray:
        """(K, 3): east, north, turn (rad), evenly over the window, both ends and 0 included."""
        metres, turns = _evenly(self.metres, _COARSE), _evenly(self.turn, math.radians(_COARSE_DEG))
        return np.stack(np.meshgrid(metres, metres, turns, indexing="ij"), -1).reshape(-1, 3)

    def holds(self, candidates: FloatArray) -> FloatArray:
        """Those of (K, 3) that lie in the window."""
        limits = np.array([self.metres, self.metres, self.turn]) + 1e-9
        return np.asarray(candidates[(np.abs(candidates) <= limits).all(1)])

    def at_the_edge(self, east: float, north: float, turn: float) -> bool:
        """Whether there may be better beyond."""
        shift = max(abs(east), abs(north)) > self.metres - _EDGE and self.metres > 0
        return shift or (abs(math.degrees(turn)) > self.degrees - _EDGE_DEG and self.degrees > 0)


def _evenly(limit: float, step: float) -> FloatArray:
    count = math.ceil(limit / step)
    return np.linspace(-limit, limit, 2 * count + 1) if count else np.zeros(1)
