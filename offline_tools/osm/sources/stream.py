# SPDX-License-Identifier: Apache-2.0
"""What a source of a street map gives, one item after another; positions are integers of 1e-7 degrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from offline_tools.osm.elements import Tags

#: Called now and then with what is done, all that there is (None: not known) and what is being done, in a word or two.
Progress = Callable[[int, int | None, str], None]

REPORT_EVERY = 20_000  # items between two calls of a Progress
UNIT = 10_000_000  # positions per degree

MISSING_NODE = "missing node"
OUTSIDE_WORLD = "node outside the world"
TOO_SHORT = "fewer than two nodes"
ANTIMERIDIAN = "crosses the antimeridian"
DELETED = "deleted"
NO_OUTER = "multipolygon without an outer ring"
MISSING_MEMBER = "multipolygon with a member that is not in the file"
NESTED_RELATION = "relation inside a multipolygon"
GIVEN_TWICE = "given more than once"


class Way(NamedTuple):
    """A tagged way of two vertices or more; `refs` are the ids of its nodes."""

    id: int
    tags: Tags
    refs: list[int]
    lon: list[int]
    lat: list[int]


class Ring(NamedTuple):
    """One ring of an area, or what there is of it."""

    outer: bool
    refs: list[int]
    lon: list[int]
    lat: list[int]


class Area(NamedTuple):
    """A multipolygon relation with tags of its own."""

    id: int
    tags: Tags
    rings: list[Ring]


class Node(NamedTuple):
    """A tagged node."""

    id: int
    tags: Tags
    lon: int
    lat: int


class Skipped(NamedTuple):
    """Something that was left out, and why."""

    reason: str
    id: int


class Bounds(NamedTuple):
    """The box that a file says it covers, degrees; west > east where it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float


Item = Way | Area | Node | Skipped | Bounds
Stream = Iterator[Item]


def silent(done: int, total: int | None, what: str) -> None:
    """No progress is wanted."""


def in_world(lon: list[int], lat: list[int]) -> bool:
    """Whether all positions are on the globe."""
    if not lon:
        return True
    return min(lon) >= -180 * UNIT and max(lon) <= 180 * UNIT and min(lat) >= -90 * UNIT and max(lat) <= 90 * UNIT


def geometry_problem(refs: list[int], lon: list[int]) -> str | None:
    """Why a line that has all its nodes cannot be drawn, or None."""
    if len(refs) < 2:
        return TOO_SHORT
    # Drawn in a plane, a step over the antimeridian would become a streak round the whole world.
    if max(lon) - min(lon) > 180 * UNIT and any(abs(b - a) > 180 * UNIT for a, b in pairwise(lon)):
        return ANTIMERIDIAN
    return None
