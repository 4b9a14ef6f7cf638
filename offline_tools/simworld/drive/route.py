# SPDX-License-Identifier: Apache-2.0
"""A route: a random walk over the streets, which turns round only where there is no other way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.errors import SimulationError
from offline_tools.simworld.drive.streets import Ground, Street

#: Farther from a wished start than this, the nearest street is none of it. Metres.
_REACH = 200.0
_RESTARTS = 20
#: A dead end is worth so much less than a way through.
_DEAD_END = 0.02
#: And streets in which a drive comes to an end, so much less than others.
_ENDING = 0.01


@dataclass(frozen=True)
class Passage:
    """A street in one direction."""

    street: Street
    forward: bool

    @property
    def begin(self) -> int:
        """The node where it starts."""
        return self.street.first if self.forward else self.street.last

    @property
    def end(self) -> int:
        """The node where it ends."""
        return self.street.last if self.forward else self.street.first

    @property
    def places(self) -> tuple[float, ...]:
        """How far to the left of the line one may go, metres."""
        return self.street.usage.forward if self.forward else self.street.usage.backward

    def turns_back(self, before: Passage) -> bool:
        """Whether it is the same street again, the other way."""
        return self.street is before.street and self.forward != before.forward


@dataclass(frozen=True, eq=False)
class Leg:
    """A passage that is taken: (n, 2) points in the direction of travel, and metres to the left of them."""

    passage: Passage
    points: FloatArray
    offset: float

    @property
    def length(self) -> float:
        """Metres."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    @property
    def ground(self) -> Ground:
        """What is underfoot."""
        return self.passage.street.usage.ground


class Streets:
    """Streets by their nodes; of those that hang together, the longest part.

    `length` is what of them a drive can go on in for ever; nearly nothing where it ends sooner or later.
    """

    def __init__(self, streets: list[Street]) -> None:
        part = _largest_part(streets)
        passages = [Passage(street, way) for street in part for way in (True, False) if Passage(street, way).places]
        endless = _endless(passages)
        self._passages = endless or passages
        self._leaving: dict[int, list[Passage]] = defaultdict(list)
        for passage in self._passages:
            self._leaving[passage.begin].append(passage)
        self._ends = _dead_ends(part)
        self.streets = list({id(passage.street): passage.street for passage in self._passages}.values())
        self.length = sum(street.length for street in self.streets) * (1.0 if endless else _ENDING)

    def route(self, length: float, start: FloatArray | None, random: np.random.Generator) -> list[Leg]:
        """Legs of `length` metres in all, from near `start` (x, y), or from anywhere."""
        for _ in range(_RESTARTS):
            legs = self._walk(self._first_leg(start, random), length, random)
            if legs:
                return legs
        raise SimulationError("the streets here are one-way and lead nowhere; no drive of this length fits")

    def degree(self, node: int) -> int:
        """How many streets one can leave a node by."""
        return len(self._leaving.get(node, ()))

    def _first_leg(self, start: FloatArray | None, random: np.random.Generator) -> Leg:
        if start is None:
            weights = np.array([0.0 if id(each) in self._ends else each.length for each in self.streets])
            if not weights.any():
                weights = np.array([each.length for each in self.streets])
            street = self.streets[int(random.choice(len(self.streets), p=weights / weights.sum()))]
            place = float(random.uniform(0, 0.7)) * street.length
        else:
            street, place = self._nearest(start)
        passages = [passage for passage in self._passages if passage.street is street]
        passage = passages[int(random.integers(len(passages)))]
        leg = _leg(passage, None, random)
        return replace(leg, points=_from(leg.points, place if passage.forward else street.length - place))

    def _nearest(self, start: FloatArray) -> tuple[Street, float]:
        best: tuple[float, float, Street] | None = None
        for street in self.streets:
            distance, place = _distance(street.points, start)
            if best is None or distance < best[0]:
                best = distance, place, street
        assert best is not None
        if best[0] > _REACH:
            raise SimulationError(f"start: the nearest street that can be used is {best[0]:.0f} m away")
        return best[2], min(best[1], best[2].length - 0.05)

    def _walk(self, first: Leg, length: float, random: np.random.Generator) -> list[Leg]:
        legs, gone = [first], first.length
        while gone < length:
            following = self._next(legs[-1], random)
            if following is None:
                return []
            legs.append(following)
            gone += following.length
        return legs

    def _next(self, leg: Leg, random: np.random.Generator) -> Leg | None:
        ways = self._leaving[leg.passage.end]
        onward = [passage for passage in ways if not passage.turns_back(leg.passage)] or ways
        if not onward:
            return None
        weights = np.array([_DEAD_END if id(passage.street) in self._ends else 1.0 for passage in onward])
        return _leg(onward[int(random.choice(len(onward), p=weights / weights.sum()))], leg, random)


def _leg(passage: Passage, before: Leg | None, random: np.random.Generator) -> Leg:
    """The passage, on the side where one is already, if it has a place on both sides."""
    places = passage.places
    if before is not None and len(places) > 1:
        offset = min(places, key=lambda place: abs(place - before.offset))
    else:
        offset = places[int(random.integers(len(places)))]
    return Leg(passage, passage.street.points if passage.forward else passage.street.points[::-1], offset)


def _endless(passages: list[Passage]) -> list[Passage]:
    """Those after which there is always another one; at the edge of a map one-way streets end."""
    while True:
        begun = {passage.begin for passage in passages}
        kept = [passage for passage in passages if passage.end in begun]
        if len(kept) == len(passages):
            return kept
        passages = kept


def _largest_part(streets: list[Street]) -> list[Street]:
    """Of the parts that hang together, the longest."""
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            root[node] = node = root[root[node]]
        return node

    for street in streets:
        root[find(street.first)] = find(street.last)
    lengths: dict[int, float] = defaultdict(float)
    for street in streets:
        lengths[find(street.first)] += street.length
    best = max(lengths, key=lambda part: lengths[part], default=None)
    return [street for street in streets if find(street.first) == best]


def _dead_ends(streets: Iterable[Street]) -> set[int]:
    """Ids of the streets that lead to nothing but dead ends."""
    left = list(streets)
    found: set[int] = set()
    while True:
        count: dict[int, int] = defaultdict(int)
        for street in left:
            count[street.first] += 1
            count[street.last] += 1
        ends = [each for each in left if each.first != each.last and min(count[each.first], count[each.last]) < 2]
        if not ends:
            return found
        found |= {id(street) for street in ends}
        left = [street for street in left if id(street) not in found]


def _from(points: FloatArray, place: float) -> FloatArray:
    """The line from `place` metres after its start on."""
    along = _along(points)
    place = min(max(place, 0.0), along[-1] - 0.04)
    start = [np.interp(place, along, column) for column in points.T]
    return np.concatenate([[start], points[along > place + 1e-3]])


def _distance(points: FloatArray, to: FloatArray) -> tuple[float, float]:
    """From a point to a line, and how far along the line that is."""
    starts, steps = points[:-1], np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    share = np.clip(((to - starts) * steps).sum(1) / lengths**2, 0, 1)
    gaps = np.hypot(*(starts + share[:, None] * steps - to).T)
    best = int(gaps.argmin())
    return float(gaps[best]), float(_along(points)[best] + share[best] * lengths[best])


def _along(points: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
