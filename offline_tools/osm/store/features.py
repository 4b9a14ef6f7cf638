# SPDX-License-Identifier: Apache-2.0
"""Features: ways, areas and nodes alike as columns, which is how a store sorts, cuts and keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from mia_ros.arrays import Array, BoolArray, UInt8Array
from offline_tools.osm.elements import Areas, Elements, Int32Array, Int64Array, Nodes, Tags, Ways

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class Kind(IntEnum):
    """What a feature is, in the order in which a store keeps them."""

    WAY = 0
    AREA = 1
    NODE = 2


@dataclass(frozen=True)
class Features:
    """N features of L lines of V vertices; a way has one line, an area one a ring, a node one of one vertex."""

    kind: UInt8Array  # (N,) Kind
    row: Int64Array  # (N,) place in the file
    ids: Int64Array  # (N,)
    bounds: Int32Array  # (N, 4) west, south, east, north
    tag_starts: Int64Array  # (N + 1,)
    tags: UInt8Array  # bytes, see `encoded`
    line_starts: Int64Array  # (N + 1,)
    outer: BoolArray  # (L,) False for holes
    starts: Int64Array  # (L + 1,)
    refs: Int64Array  # (V,)
    lon: Int32Array  # (V,)
    lat: Int32Array  # (V,)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, index: Array) -> Features:
        """Some of them, in the order of `index`, an array of indices or a mask."""
        index = np.flatnonzero(index) if index.dtype == bool else index
        tag_starts, tags = _pick(self.tag_starts, index)
        line_starts, lines = _pick(self.line_starts, index)
        starts, vertices = _pick(self.starts, lines)
        return Features(
            kind=self.kind[index],
            row=self.row[index],
            ids=self.ids[index],
            bounds=self.bounds[index],
            tag_starts=tag_starts,
            tags=self.tags[tags],
            line_starts=line_starts,
            outer=self.outer[lines],
            starts=starts,
            refs=self.refs[vertices],
            lon=self.lon[vertices],
            lat=self.lat[vertices],
        )

    def in_order(self) -> Features:
        """Each once: ways, areas, nodes, each in the order of the file."""
        _, first = np.unique(self.row, return_index=True)
        order = first[np.argsort(self.kind[first], kind="stable")]
        return self if np.array_equal(order, np.arange(len(self))) else self.take(order)

    def touching(self, box: tuple[int, int, int, int]) -> Features:
        """Those whose bounds touch a box."""
        west, south, east, north = box
        b = self.bounds
        touches = (b[:, 0] <= east) & (b[:, 2] >= west) & (b[:, 1] <= north) & (b[:, 3] >= south)
        return self if touches.all() else self.take(touches)

    def elements(self) -> Elements:
        """Ways, areas and nodes apart; in order already."""
        first, second = np.searchsorted(self.kind, (Kind.AREA, Kind.NODE)).tolist()
        tags = _decoded(self.tags)
        return Elements(
            ways=self._ways(first, tags[:first]),
            areas=self._areas(first, second, tags[first:second]),
            nodes=self._nodes(second, tags[second:]),
        )

    def _ways(self, end: int, tags: list[Tags]) -> Ways:
        last = self.starts[end]
        return Ways(
            ids=self.ids[:end],
            tags=tags,
            starts=self.starts[: end + 1],
            refs=self.refs[:last],
            lon=self.lon[:last],
            lat=self.lat[:last],
        )

    def _areas(self, first: int, end: int, tags: list[Tags]) -> Areas:
        line, last_line = self.line_starts[first], self.line_starts[end]
        vertex, last = self.starts[line], self.starts[last_line]
        return Areas(
            ids=self.ids[first:end],
            tags=tags,
            ring_starts=self.line_starts[first : end + 1] - line,
            outer=self.outer[line:last_line],
            starts=self.starts[line : last_line + 1] - vertex,
            refs=self.refs[vertex:last],
            lon=self.lon[vertex:last],
            lat=self.lat[vertex:last],
        )

    def _nodes(self, first: int, tags: list[Tags]) -> Nodes:
        vertex = self.starts[self.line_starts[first]]
        return Nodes(ids=self.ids[first:], tags=tags, lon=self.lon[vertex:], lat=self.lat[vertex:])


def join(parts: Sequence[Features]) -> Features:
    """All of several, one after another."""
    if len(parts) == 1:
        return parts[0]
    plain = ("kind", "row", "ids", "bounds", "tags", "outer", "refs", "lon", "lat")
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in plain}
    starts: dict[str, Any] = {name: _joined_starts([getattr(part, name) for part in parts]) for name in _STARTS}
    return Features(**columns, **starts)


_STARTS = ("tag_starts", "line_starts", "starts")


def nothing() -> Features:
    """No features."""
    ints, ids, zero = np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(1, np.int64)
    few = np.zeros(0, np.uint8)
    return Features(
        few, ids, ids, np.zeros((0, 4), np.int32), zero, few, zero, np.zeros(0, bool), zero, ids, ints, ints
    )


def bounds_of(line_starts: Int64Array, starts: Int64Array, lon: Int32Array, lat: Int32Array) -> Int32Array:
    """(N, 4) west, south, east, north of features of one vertex or more each."""
    if len(line_starts) < 2:
        return np.zeros((0, 4), np.int32)
    first = starts[line_starts[:-1]]
    low, high = np.minimum.reduceat, np.maximum.reduceat
    return np.stack([low(lon, first), low(lat, first), high(lon, first), high(lat, first)], axis=1)


def encoded(tags: Tags) -> bytes:
    """Tags as they stand in the column: a JSON object and a comma, so that all together are nearly a JSON list."""
    return _ENCODER.encode(tags).encode("ascii") + b","


def _decoded(tags: UInt8Array) -> list[Tags]:
    return json.loads(b"[" + tags.tobytes()[:-1] + b"]")


def _pick(starts: Int64Array, index: Array) -> tuple[Int64Array, Int64Array]:
    """The starts of the chosen pieces, and where all that they hold is."""
    first = starts[index]
    counts = starts[index + 1] - first
    new = np.zeros(len(index) + 1, np.int64)
    np.cumsum(counts, out=new[1:])
    return new, np.repeat(first - new[:-1], counts) + np.arange(new[-1])


def _joined_starts(parts: Sequence[Int64Array]) -> Int64Array:
    shifts = np.cumsum([0, *(int(part[-1]) for part in parts[:-1])])
    pieces = [part[1:] + shift for part, shift in zip(parts, shifts, strict=True)]
    return np.concatenate([np.zeros(1, np.int64), *pieces])
