# SPDX-License-Identifier: Apache-2.0
"""Shapes: all that is drawn of a part of a map, as columns. A style makes them; the raster and the SVG draw them.

Positions are spherical Mercator in degrees, x = longitude to the east, y = deg(ln tan(pi/4 + lat/2)) to the north, both
less `origin`. They hold for every pose, size and resolution: a stroke is as wide as its ground width, which scales with
the map, plus its pen, in reference pixels of half a metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import FloatArray, UInt8Array
from offline_tools.osm.elements import Int64Array

#: Shapes of a group. Neighbours in the columns should be neighbours on the ground: a group far away costs one look.
GROUP = 32

Float32Array = npt.NDArray[np.float32]


class Kind(IntEnum):
    """How a shape's lines are drawn."""

    FILL = 0  # each line is a ring, closed by a straight line if it is not; non-zero winding over all of them together
    STROKE = 1  # each line is drawn with a pen; one whose ends coincide is closed and has a join there, no caps
    DISC = 2  # each point is the centre of a disc, as wide as a stroke would be


class Cap(IntEnum):
    """The ends of a stroke."""

    BUTT = 0
    ROUND = 1


class Join(IntEnum):
    """The corners of a stroke."""

    MITER = 0  # up to a miter limit of 4, beyond it bevelled
    ROUND = 1


@dataclass(frozen=True)
class Shapes:
    """S shapes of L lines of P points. Their order does not matter: a cell that any of them touches has its channel."""

    origin: tuple[float, float]  # Mercator degrees (x, y)
    points: FloatArray  # (P, 2) float64
    line_starts: Int64Array  # (L + 1,) into points
    shape_starts: Int64Array  # (S + 1,) into lines
    channel: UInt8Array  # (S,) index into CHANNELS
    kind: UInt8Array  # (S,) Kind
    ground_width: FloatArray  # (S,) float64, Mercator degrees, full width; 0 for fills
    pen: Float32Array  # (S,) reference pixels of 0.5 m, added to the ground width; 0 for fills
    cap: UInt8Array  # (S,) Cap
    join: UInt8Array  # (S,) Join
    dash: Float32Array  # (S, 2) reference pixels on and off; on = 0 is solid
    bounds: (
        FloatArray  # (S, 4) x min, y min, x max, y max of the points, grown by half the ground width; not by the pen
    )

    @cached_property
    def groups(self) -> FloatArray:
        """(G, 6) of each GROUP shapes: x min, y min, x max, y max of their bounds, largest ground width and pen."""
        first = np.arange(0, len(self.kind), GROUP)
        if len(first) == 0:
            return np.empty((0, 6))
        low = np.minimum.reduceat(self.bounds[:, :2], first, axis=0)
        high = np.maximum.reduceat(self.bounds[:, 2:], first, axis=0)
        widest = np.maximum.reduceat(np.column_stack([self.ground_width, self.pen]), first, axis=0)
        return np.concatenate([low, high, widest], axis=1)
