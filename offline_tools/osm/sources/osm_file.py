# SPDX-License-Identifier: Apache-2.0
"""OpenStreetMap's own file formats, streamed through pyosmium in two passes, so that their order does not matter.

The first pass keeps where the nodes are (in memory, or in a file for a big map) and gives tagged nodes; the second
gives the ways. Then the multipolygons are put together from their relations and member ways, which wait on disk.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import osmium

from offline_tools.errors import MapSourceError
from offline_tools.osm.elements import Tags
from offline_tools.osm.sources.formats import MapFormat, bounds_in
from offline_tools.osm.sources.members import MemberWays
from offline_tools.osm.sources.multipolygons import Relation, area, relation
from offline_tools.osm.sources.stream import (
    DELETED,
    MISSING_NODE,
    OUTSIDE_WORLD,
    REPORT_EVERY,
    Bounds,
    Node,
    Progress,
    Skipped,
    Stream,
    Way,
    geometry_problem,
    in_world,
)

_UNKNOWN = 2**31 - 1  # pyosmium's coordinate of a node that was not in the file
#: Bytes of a file from which on its nodes' positions are kept on disk: 16 bytes a node, some 20 MB of pbf a million.
BIG = {"pbf": 32 << 20, "osm.gz": 64 << 20, "osm.bz2": 48 << 20, "osm": 1 << 30}


def osm_items(path: Path, kind: MapFormat, work: Path, progress: Progress) -> Stream:
    """All that a file holds; `work` is a folder for what does not fit into memory."""
    assert kind.osmium is not None
    try:
        yield from _items(path, kind, work, progress)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:  # pyosmium has no family
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> MapSourceError:
    if isinstance(error, MapSourceError):
        return error
    if isinstance(error, OSError):
        return MapSourceError(f"map {path}: cannot be read, or what is kept of it cannot be written: {error}")
    problem = " ".join(str(error).split())
    if "entities" in problem:
        return MapSourceError(
            f"map {path}: declares XML entities, which no map needs; it may be an attack, do not use it"
        )
    return MapSourceError(f"map {path}: damaged, cut off, or no map ({problem}); download it again")


def _items(path: Path, kind: MapFormat, work: Path, progress: Progress) -> Stream:
    file = osmium.io.File(str(path), kind.osmium)
    yield from _declared(path, file, kind)
    positions = _Positions(file, _storage(path, kind, work))
    with closing(_Spool(work / "relations.jsonl")) as relations:
        yield from _nodes_and_relations(file, positions, relations, progress)
        with closing(MemberWays(work / "members.bin", relations.ways)) as members:
            yield from _ways(file, positions, members, progress)
            yield from _areas(relations, members, progress)


def _declared(path: Path, file: Any, kind: MapFormat) -> Iterator[Bounds]:
    with osmium.io.Reader(file, osmium.osm.NOTHING) as reader:
        header = reader.header()
    if header.has_multiple_object_versions:
        raise MapSourceError(
            f"map {path}: holds the history of a map; make an extract of one day with 'osmium time-filter'"
        )
    box = header.box()
    # pyosmium turns a box over the antimeridian into one round the world, so that XML is asked itself.
    if (found := bounds_in(kind.head)) is not None:
        yield Bounds(*found)
    elif box.valid():
        yield Bounds(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)


def _storage(path: Path, kind: MapFormat, work: Path) -> str:
    """The kind of pyosmium's index of positions."""
    assert kind.osmium is not None
    return f"sparse_file_array,{work / 'positions.bin'}" if path.stat().st_size >= BIG[kind.osmium] else "flex_mem"


def _nodes_and_relations(file: Any, positions: _Positions, relations: _Spool, progress: Progress) -> Stream:
    reader = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.RELATION)
    reader = reader.with_filter(positions.handler).with_filter(osmium.filter.EmptyTagFilter())
    for done, found in enumerate(reader):
        if done % REPORT_EVERY == 0:
            progress(done, None, "nodes")
        tags = _tags(found)
        if found.is_relation():
            members = ((member.type, member.ref, member.role) for member in found.members)
            if not found.deleted and (kept := relation(found.id, tags, members, way="w", nested="r")):
                relations.add(kept)
        elif found.deleted:
            yield Skipped(DELETED, found.id)
        elif in_world([found.location.x], [found.location.y]):
            yield Node(found.id, tags, found.location.x, found.location.y)
        else:
            yield Skipped(OUTSIDE_WORLD, found.id)


def _ways(file: Any, positions: _Positions, members: MemberWays, progress: Progress) -> Stream:
    for done, way in enumerate(osmium.FileProcessor(file, osmium.osm.WAY).with_filter(positions.handler)):
        if done % REPORT_EVERY == 0:
            progress(done, None, "ways")
        tags, member = _tags(way), way.id in members
        if not (tags or member):
            continue
        refs, lon, lat, problem = positions.line(way)
        problem = problem or geometry_problem(refs, lon)
        if problem:
            yield Skipped(problem, way.id)
            continue
        if member:
            members.add(way.id, refs, lon, lat)
        if tags:
            yield Way(way.id, tags, refs, lon, lat)


def _areas(relations: _Spool, members: MemberWays, progress: Progress) -> Stream:
    for done, found in enumerate(relations.read()):
        if done % REPORT_EVERY == 0:
            progress(done, relations.count, "multipolygons")
        yield from area(found, members)


def _tags(found: Any) -> Tags:
    return {tag.k: tag.v for tag in found.tags}


class _Positions:
    """Where nodes are."""

    def __init__(self, file: Any, storage: str) -> None:
        self._file = file
        self._index = osmium.index.create_map(storage)
        self._negative: dict[int, tuple[int, int]] | None = None
        self.handler = osmium.NodeLocationsForWays(self._index)
        self.handler.ignore_errors()

    def line(self, way: Any) -> tuple[list[int], list[int], list[int], str | None]:
        """Refs, longitudes, latitudes of a way, and why it cannot be used, or None."""
        if way.deleted:
            return [], [], [], DELETED
        nodes = [(node.ref, node.location) for node in way.nodes]
        refs = [ref for ref, _ in nodes]
        lon = [location.x for _, location in nodes]
        lat = [location.y for _, location in nodes]
        if refs and min(refs) < 0:
            self._fill_negative(refs, lon, lat)
        if _UNKNOWN in lon:
            return refs, lon, lat, MISSING_NODE
        return refs, lon, lat, None if in_world(lon, lat) else OUTSIDE_WORLD

    def _fill_negative(self, refs: list[int], lon: list[int], lat: list[int]) -> None:
        """An editor gives what is not uploaded yet negative ids, which pyosmium's index does not take."""
        if self._negative is None:
            nodes = osmium.FileProcessor(self._file, osmium.osm.NODE)
            self._negative = {node.id: (node.location.x, node.location.y) for node in nodes if node.id < 0}
        for position, ref in enumerate(refs):
            if ref < 0:
                lon[position], lat[position] = self._negative.get(ref, (_UNKNOWN, _UNKNOWN))


class _Spool:
    """Relations that wait on disk until the ways are known; only the ids of their members are in memory."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w+", encoding="utf-8")
        self.ways = array("q")
        self.count = 0

    def add(self, relation: Relation) -> None:
        self.ways.extend(way for way, _ in relation.ways)
        self.count += 1
        self._stream.write(json.dumps(relation) + "\n")

    def read(self) -> Iterator[Relation]:
        self._stream.seek(0)
        for line in self._stream:
            yield Relation(*json.loads(line))

    def close(self) -> None:
        self._stream.close()
