# SPDX-License-Identifier: Apache-2.0
"""What a street map holds, as columns: ways, multipolygons and tagged nodes, in the order of their file.

Positions are OpenStreetMap's own integers, 1e-7 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mia_ros.arrays import BoolArray

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Tags = dict[str, str]


@dataclass(frozen=True)
class Ways:
    """Tagged ways: way i has the vertices starts[i] to starts[i + 1]."""

    ids: Int64Array  # (N,)
    tags: list[Tags]  # N
    starts: Int64Array  # (N + 1,)
    refs: Int64Array  # (V,) ids of the nodes, equal where ways meet
    lon: Int32Array  # (V,)
    lat: Int32Array  # (V,)


@dataclass(frozen=True)
class Areas:
    """Relations of type multipolygon: area i has the rings ring_starts[i] to ring_starts[i + 1].

    Rings are glued from the member ways that the map holds; the last vertex repeats the first where a ring is closed.
    """

    ids: Int64Array  # (N,)
    tags: list[Tags]  # N; the relation's own
    ring_starts: Int64Array  # (N + 1,)
    outer: BoolArray  # (R,) False for holes
    starts: Int64Array  # (R + 1,) into the vertices
    refs: Int64Array  # (V,)
    lon: Int32Array  # (V,)
    lat: Int32Array  # (V,)


@dataclass(frozen=True)
class Nodes:
    """Tagged nodes, crossings for example."""

    ids: Int64Array  # (N,)
    tags: list[Tags]  # N
    lon: Int32Array  # (N,)
    lat: Int32Array  # (N,)


@dataclass(frozen=True)
class Elements:
    """All of a part of a map. A way or area that reaches into the part is there as a whole."""

    ways: Ways
    areas: Areas
    nodes: Nodes
