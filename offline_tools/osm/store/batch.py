# SPDX-License-Identifier: Apache-2.0
"""Features as they come in, one by one, until they are enough to be sorted into blocks."""

from __future__ import annotations

from array import array

import numpy as np

from mia_ros.arrays import UInt8Array
from offline_tools.osm.elements import Int32Array, Int64Array, Tags
from offline_tools.osm.sources.stream import Area, Node, Way
from offline_tools.osm.store.features import Features, Kind, bounds_of, encoded


class Batch:
    """Columns that grow."""

    def __init__(self) -> None:
        self._kind, self._outer, self._tags = bytearray(), bytearray(), bytearray()
        self._row, self._ids, self._refs = array("q"), array("q"), array("q")
        self._tag_starts, self._line_starts, self._starts = array("q", [0]), array("q", [0]), array("q", [0])
        self._lon, self._lat = array("i"), array("i")

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return 16 * len(self._refs) + len(self._tags) + 64 * len(self._ids)

    def add(self, item: Way | Area | Node, row: int) -> None:
        """Append one; `row` is its place in the file."""
        if isinstance(item, Way):
            self._line(True, item.refs, item.lon, item.lat)
            self._feature(Kind.WAY, item.id, item.tags, row)
        elif isinstance(item, Area):
            for ring in item.rings:
                self._line(ring.outer, ring.refs, ring.lon, ring.lat)
            self._feature(Kind.AREA, item.id, item.tags, row)
        else:
            self._line(True, [item.id], [item.lon], [item.lat])
            self._feature(Kind.NODE, item.id, item.tags, row)

    def features(self) -> Features:
        """All that was added."""
        line_starts, starts = _ints(self._line_starts), _ints(self._starts)
        lon, lat = _small(self._lon), _small(self._lat)
        return Features(
            kind=_bytes(self._kind),
            row=_ints(self._row),
            ids=_ints(self._ids),
            bounds=bounds_of(line_starts, starts, lon, lat),
            tag_starts=_ints(self._tag_starts),
            tags=_bytes(self._tags),
            line_starts=line_starts,
            outer=_bytes(self._outer).astype(bool),
            starts=starts,
            refs=_ints(self._refs),
            lon=lon,
            lat=lat,
        )

    def _feature(self, kind: Kind, id_: int, tags: Tags, row: int) -> None:
        self._kind.append(kind)
        self._row.append(row)
        self._ids.append(id_)
        self._tags += encoded(tags)
        self._tag_starts.append(len(self._tags))
        self._line_starts.append(len(self._outer))

    def _line(self, outer: bool, refs: list[int], lon: list[int], lat: list[int]) -> None:
        self._refs.extend(refs)
        self._lon.extend(lon)
        self._lat.extend(lat)
        self._outer.append(outer)
        self._starts.append(len(self._refs))


def _ints(values: array[int]) -> Int64Array:
    return np.array(values, np.int64)


def _small(values: array[int]) -> Int32Array:
    return np.array(values, np.int32)


def _bytes(values: bytearray) -> UInt8Array:
    return np.frombuffer(bytes(values), np.uint8)
