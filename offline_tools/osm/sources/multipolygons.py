# SPDX-License-Identifier: Apache-2.0
"""Multipolygon relations: which members count, and how chains of ways become rings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from offline_tools.osm.elements import Tags
from offline_tools.osm.sources.stream import (
    ANTIMERIDIAN,
    MISSING_MEMBER,
    NESTED_RELATION,
    NO_OUTER,
    Area,
    Ring,
    Skipped,
    geometry_problem,
)

ROLES = {"outer": True, "inner": False}


class Chain(NamedTuple):
    """A line of vertices; it is a ring when it ends at the node where it begins."""

    refs: list[int]
    lon: list[int]
    lat: list[int]

    @property
    def closed(self) -> bool:
        return len(self.refs) > 1 and self.refs[0] == self.refs[-1]


class Relation(NamedTuple):
    """A relation of type multipolygon; its members in the order of the file."""

    id: int
    tags: Tags
    ways: list[tuple[int, bool]]  # id, outer: members of type way whose role is exactly one of the two
    nested: bool  # has relations as members


class Members(Protocol):
    """The lines of member ways."""

    def chain(self, way: int) -> Chain | None:
        """The line of a way, None where the map does not hold it."""


def relation(
    id_: int, tags: Tags, members: Iterable[tuple[str, int, str]], way: str = "way", nested: str = "relation"
) -> Relation | None:
    """From the members (type, id, role); None for what is no multipolygon with tags of its own."""
    if tags.get("type") != "multipolygon" or len(tags) < 2:
        return None
    members = list(members)
    ways = [(ref, ROLES[role]) for kind, ref, role in members if kind == way and role in ROLES]
    return Relation(id_, tags, ways, any(kind == nested for kind, _, _ in members))


def area(relation: Relation, members: Members) -> Iterator[Area | Skipped]:
    """The area of a relation, and what of it was left out."""
    if relation.nested:
        yield Skipped(NESTED_RELATION, relation.id)
    chains = [(members.chain(way), outer) for way, outer in relation.ways]
    if any(chain is None for chain, _ in chains):
        yield Skipped(MISSING_MEMBER, relation.id)
    rings = [
        Ring(side, *ring)
        for side in (True, False)
        for ring in glued([chain for chain, outer in chains if chain is not None and outer is side])
    ]
    if not any(ring.outer for ring in rings):
        yield Skipped(NO_OUTER, relation.id)
    elif any(geometry_problem(ring.refs, ring.lon) == ANTIMERIDIAN for ring in rings):
        yield Skipped(ANTIMERIDIAN, relation.id)
    else:
        yield Area(relation.id, relation.tags, rings)


def glued(chains: list[Chain]) -> list[Chain]:
    """Rings of chains that share end nodes, in any order and direction; what does not close stays a chain."""
    ends: dict[int, list[int]] = {}
    for index, chain in enumerate(chains):
        if not chain.closed:
            for end in (chain.refs[0], chain.refs[-1]):
                ends.setdefault(end, []).append(index)
    used: set[int] = set()
    return [_ring(index, chains, ends, used) for index in range(len(chains)) if index not in used]


def _ring(index: int, chains: list[Chain], ends: dict[int, list[int]], used: set[int]) -> Chain:
    used.add(index)
    ring = chains[index]
    if ring.closed:
        return ring
    ring = _extended(Chain(list(ring.refs), list(ring.lon), list(ring.lat)), chains, ends, used)
    if ring.closed:
        return ring
    return _extended(_reversed(ring), chains, ends, used)


def _extended(ring: Chain, chains: list[Chain], ends: dict[int, list[int]], used: set[int]) -> Chain:
    """The chain with all that can follow its last vertex, in place."""
    while not ring.closed:
        last = ring.refs[-1]
        following = next((index for index in ends.get(last, ()) if index not in used), None)
        if following is None:
            break
        used.add(following)
        chain = chains[following] if chains[following].refs[0] == last else _reversed(chains[following])
        for ours, more in zip(ring, chain, strict=True):
            ours.extend(more[1:])
    return ring


def _reversed(chain: Chain) -> Chain:
    return Chain(chain.refs[::-1], chain.lon[::-1], chain.lat[::-1])
