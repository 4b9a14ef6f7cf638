# SPDX-License-Identifier: Apache-2.0
"""Overpass answers in JSON, with nodes (`out body; >; out skel qt;`) or with coordinates in the ways (`out geom;`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from offline_tools.errors import MapSourceError
from offline_tools.osm.elements import Tags
from offline_tools.osm.sources.formats import MapFormat
from offline_tools.osm.sources.multipolygons import Chain, area, relation
from offline_tools.osm.sources.stream import (
    MISSING_NODE,
    OUTSIDE_WORLD,
    UNIT,
    Node,
    Progress,
    Skipped,
    Stream,
    Way,
    geometry_problem,
    in_world,
)

MAX_BYTES = 1 << 30  # an answer is read as a whole

Position = tuple[int, int]


class _Point(BaseModel):
    lat: float = Field(allow_inf_nan=False)
    lon: float = Field(allow_inf_nan=False)

    @property
    def position(self) -> Position:
        return round(self.lon * UNIT), round(self.lat * UNIT)


class _Node(_Point):
    type: Literal["node"]
    id: int
    tags: Tags = {}


class _Way(BaseModel):
    type: Literal["way"]
    id: int
    tags: Tags = {}
    nodes: list[int] = []
    geometry: list[_Point | None] = []


class _Member(BaseModel):
    type: str
    ref: int
    role: str = ""
    geometry: list[_Point | None] = []


class _Relation(BaseModel):
    type: Literal["relation"]
    id: int
    tags: Tags = {}
    members: list[_Member] = []


class _Other(BaseModel):
    type: Literal["area", "count", "timeline", "info"]


_Element = Annotated[_Node | _Way | _Relation | _Other, Field(discriminator="type")]
_ELEMENTS = TypeAdapter(list[_Element])


def json_items(path: Path, kind: MapFormat, progress: Progress) -> Stream:
    """All that an answer holds."""
    elements = _elements(path, kind)
    progress(0, len(elements), "elements")
    nodes = [found for found in elements if isinstance(found, _Node)]
    ways = [found for found in elements if isinstance(found, _Way)]
    relations = [found for found in elements if isinstance(found, _Relation)]
    lines = _Lines(nodes, ways, relations)
    for node in nodes:
        if not in_world(*([axis] for axis in node.position)):
            yield Skipped(OUTSIDE_WORLD, node.id)
        elif node.tags:
            yield Node(node.id, node.tags, *node.position)
    for way in ways:
        if way.tags:
            yield lines.way(way)
    yield from _areas(relations, lines)
    progress(len(elements), len(elements), "elements")


def _areas(relations: list[_Relation], lines: _Lines) -> Stream:
    for found in relations:
        members = ((member.type, member.ref, member.role) for member in found.members)
        if kept := relation(found.id, found.tags, members):
            yield from area(kept, lines)


def read_answer(text: bytes, what: str) -> dict[str, Any]:
    """The JSON object of an answer; an error that came with HTTP status 200 is refused."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MapSourceError(f"{what}: no whole JSON ({error}); download it again") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        raise MapSourceError(f"{what}: JSON without a list 'elements', so no answer of Overpass with [out:json]")
    remark = " ".join(str(answer.get("remark", "")).split())
    if "error" in remark.lower():
        raise MapSourceError(
            f"{what}: the server says '{remark[:200]}', so that the map has holes; ask for a smaller box"
        )
    return answer


def _elements(path: Path, kind: MapFormat) -> list[Any]:
    if path.stat().st_size > MAX_BYTES:
        raise MapSourceError(
            f"map {path}: larger than {MAX_BYTES >> 20} MB, too big for JSON; get the same as .osm.pbf"
        )
    try:
        with kind.open(path) as stream:
            answer = read_answer(stream.read(), f"map {path}")
        return _ELEMENTS.validate_python(answer["elements"])
    except (OSError, EOFError) as error:
        raise MapSourceError(f"map {path}: damaged or cut off ({error}); download it again") from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise MapSourceError(f"map {path}: elements.{where}: {problem['msg']}") from error


class _Lines:
    """The vertices of ways. Where only coordinates are given, equal positions are one node, its id below zero."""

    def __init__(self, nodes: list[_Node], ways: list[_Way], relations: list[_Relation]) -> None:
        self._positions = {node.id: node.position for node in nodes}
        self._ids: dict[Position, int] = {position: id_ for id_, position in self._positions.items()}
        for way in ways:
            if len(way.nodes) == len(way.geometry):
                self._learn(way)
        self._ways = {way.id: way for way in ways if way.nodes or way.geometry}
        for found in relations:
            for member in found.members:
                if member.type == "way" and member.geometry and member.ref not in self._ways:
                    self._ways[member.ref] = _Way(type="way", id=member.ref, geometry=member.geometry)

    def _learn(self, way: _Way) -> None:
        for ref, point in zip(way.nodes, way.geometry, strict=True):
            if point is not None:
                self._positions.setdefault(ref, point.position)
                self._ids.setdefault(point.position, ref)

    def way(self, way: _Way) -> Way | Skipped:
        """A way with its line."""
        line, problem = self._line(way)
        return Skipped(problem, way.id) if problem else Way(way.id, way.tags, *line)

    def chain(self, way: int) -> Chain | None:
        """The line of a member way."""
        if way not in self._ways:
            return None
        line, problem = self._line(self._ways[way])
        return None if problem else line

    def _line(self, way: _Way) -> tuple[Chain, str | None]:
        vertices = list(self._by_nodes(way) if way.nodes else self._by_geometry(way))
        if any(position is None for _, position in vertices):
            return Chain([], [], []), MISSING_NODE
        known = [(ref, *position) for ref, position in vertices if position is not None]
        line = Chain(*([vertex[axis] for vertex in known] for axis in range(3)))
        return line, geometry_problem(line.refs, line.lon) if in_world(line.lon, line.lat) else OUTSIDE_WORLD

    def _by_nodes(self, way: _Way) -> Iterator[tuple[int, Position | None]]:
        for ref in way.nodes:
            yield ref, self._positions.get(ref)

    def _by_geometry(self, way: _Way) -> Iterator[tuple[int, Position | None]]:
        for point in way.geometry:
            if point is None:
                yield 0, None
            else:
                # An id that no node has: nodes of an editor count down from -1, these lie far below.
                yield self._ids.setdefault(point.position, -(1 << 40) - len(self._ids)), point.position
