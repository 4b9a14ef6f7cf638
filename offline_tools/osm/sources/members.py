# SPDX-License-Identifier: Apache-2.0
"""Lines of the ways that multipolygons are made of, kept in a file: a country has more of them than memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from offline_tools.osm.elements import Int64Array
from offline_tools.osm.sources.multipolygons import Chain

_VERTEX = np.dtype([("ref", "<i8"), ("lon", "<i4"), ("lat", "<i4")])


class MemberWays:
    """Lines on disk by the ids of their ways; of a way given twice, the last line holds."""

    def __init__(self, path: Path, wanted: array[int]) -> None:
        """`wanted`: ids of the ways to keep, in any order."""
        self._file: BinaryIO = path.open("w+b")
        self._wanted = array("q", np.unique(np.frombuffer(wanted, np.int64)).tobytes()) if wanted else wanted
        self._ids = array("q")
        self._ends = array("q", [0])

    def __contains__(self, way: int) -> bool:
        position = bisect_left(self._wanted, way)
        return position < len(self._wanted) and self._wanted[position] == way

    def add(self, way: int, refs: list[int], lon: list[int], lat: list[int]) -> None:
        """Keep a line; all are added before the first is asked for."""
        vertices = np.empty(len(refs), _VERTEX)
        vertices["ref"], vertices["lon"], vertices["lat"] = refs, lon, lat
        self._file.write(vertices.tobytes())
        self._ids.append(way)
        self._ends.append(self._ends[-1] + len(refs))

    def chain(self, way: int) -> Chain | None:
        """The line of a way, None if it was not added."""
        ids, order = self._index
        position = int(np.searchsorted(ids, way, side="right")) - 1
        if position < 0 or ids[position] != way:
            return None
        first, end = self._ends[order[position]], self._ends[order[position] + 1]
        self._file.seek(first * _VERTEX.itemsize)
        vertices = np.frombuffer(self._file.read((end - first) * _VERTEX.itemsize), _VERTEX)
        return Chain(vertices["ref"].tolist(), vertices["lon"].tolist(), vertices["lat"].tolist())

    def close(self) -> None:
        self._file.close()

    @cached_property
    def _index(self) -> tuple[Int64Array, Int64Array]:
        ids = np.array(self._ids, np.int64)
        order = np.argsort(ids, kind="stable")
        return ids[order], order
