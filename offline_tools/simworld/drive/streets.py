# SPDX-License-Identifier: Apache-2.0
"""The streets of a map that a kind of traveller may use, from junction to junction, and where beside the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray, IntArray
from offline_tools.osm.elements import Elements, Tags, Ways
from offline_tools.osm.lengths import metres, plain_metres
from offline_tools.osm.scene.sidewalks import Pavement
from offline_tools.osm.style import Style
from offline_tools.simworld.drive.obstacles import Obstacles
from offline_tools.simworld.drive.vehicles import Vehicle
from offline_tools.simworld.frame import LocalFrame

Ground = Literal["sidewalk", "crossing", "path", "road"]

_FOOTWAYS = frozenset({"footway", "path", "pedestrian", "cycleway", "track", "bridleway"})
_CAR_ROADS = frozenset(f"{name}{link}" for name in ("primary", "secondary", "tertiary") for link in ("", "_link")) | {
    "unclassified",
    "residential",
    "living_street",
    "service",
}
_CLOSED = frozenset({"no", "private"})
#: From the edge of the carriageway to where one walks: the middle of the narrower of the drawn bands.
_BESIDE = 1.25


@dataclass(frozen=True)
class Usage:
    """How a way is used: what the ground is, and how far left of its line (metres, in its direction) one goes.

    forward, backward: the places for those who go along it and against it, none where that is forbidden; where there
    are two, each side has one. spare: only used where the better ways are too few.
    """

    ground: Ground
    forward: tuple[float, ...]
    backward: tuple[float, ...]
    spare: bool = False


@dataclass(frozen=True, eq=False)
class Street:
    """A piece of a way from one junction to the next: ids of the two nodes, (n, 2) points in metres."""

    first: int
    last: int
    points: FloatArray
    usage: Usage
    length: float


@dataclass(frozen=True)
class Rules:
    """How maps are drawn and roads used, for one kind of traveller."""

    vehicle: Vehicle
    style: Style
    pavement: Pavement
    side: float  # +1 where traffic keeps left, -1 where it keeps right

    def usage(self, tags: Tags) -> Usage | None:
        """How a way with these tags is used, if it is."""
        highway = tags.get("highway", "")
        if not highway or tags.get("area") == "yes" or self.style.is_hidden(tags):
            return None
        return self._driven(tags, highway) if self.vehicle.on_roads else self._walked(tags, highway)

    def _driven(self, tags: Tags, highway: str) -> Usage | None:
        if highway not in _CAR_ROADS or tags.get("access") in _CLOSED or tags.get("motor_vehicle") in _CLOSED:
            return None
        oneway = tags.get("oneway") in {"yes", "1", "true"} or tags.get("junction") in {"roundabout", "circular"}
        spare = highway == "service"
        if tags.get("oneway") == "-1":
            return Usage("road", (), (0.0,), spare)
        if oneway:
            return Usage("road", (0.0,), (), spare)
        lane = self.side * self._width(tags) / 4
        return Usage("road", (lane,), (lane,), spare)

    def _walked(self, tags: Tags, highway: str) -> Usage | None:
        if tags.get("foot") in _CLOSED or (tags.get("access") in _CLOSED and "foot" not in tags):
            return None
        beside = self.side * self.vehicle.keep_side
        if highway in _FOOTWAYS:
            return Usage(_ground(tags), (beside,), (beside,), spare=highway in {"cycleway", "track", "bridleway"})
        return self._beside_road(tags, highway) if highway in _CAR_ROADS else None

    def _beside_road(self, tags: Tags, highway: str) -> Usage:
        half = self._width(tags) / 2
        sidewalk = "none" if tags.get("sidewalk") == "separate" else self.pavement.of_road(tags)
        places = {"both": (half + _BESIDE, -half - _BESIDE), "left": (half + _BESIDE,), "right": (-half - _BESIDE,)}
        if sidewalk in places:
            left_of = places[sidewalk]
            return Usage("sidewalk", left_of, tuple(-place for place in left_of))
        edge = self.side * max(0.0, half - 1.0)
        return Usage("road", (edge,), (edge,), spare=highway != "living_street")

    def _width(self, tags: Tags) -> float:
        """Metres, as the road is drawn."""
        row = self.style.road_of(tags)
        width = row.metres if row else 6.0
        lanes = tags.get("lanes", "")
        if lanes.isascii() and lanes.isdigit() and 1 <= int(lanes) <= 12:
            width = int(lanes) * self.style.lane
        told = (metres if self.style.width_units else plain_metres)(tags.get("width", ""))
        return told if told is not None and 1 <= told <= 50 else width


def streets_of(
    elements: Elements, frame: LocalFrame, inside: Callable[[FloatArray], BoolArray], rules: Rules
) -> list[Street]:
    """All pieces of usable ways whose points are `inside` (of (n, 2) metres), and where no building is in the way."""
    ways = elements.ways
    obstacles = Obstacles(elements, frame, rules.style)
    usages = {i: usage for i, tags in enumerate(ways.tags) if (usage := rules.usage(tags)) is not None}
    x, y = frame.to_metres(ways.lat * 1e-7, ways.lon * 1e-7)
    points = np.stack([x, y], 1)
    within = inside(points)
    junctions = _junctions(ways, list(usages))
    found = []
    for i, usage in usages.items():
        span = slice(int(ways.starts[i]), int(ways.starts[i + 1]))
        for piece in _pieces(ways.refs[span], within[span], junctions):
            street = _street(ways.refs[span][piece], points[span][piece], usage)
            if street is not None and (clear := _past(obstacles, street)) is not None:
                found.append(clear)
    return found


def _past(obstacles: Obstacles, street: Street) -> Street | None:
    """The street with the places that are clear of buildings: as far out as they should be, else nearer to its line."""
    usage = street.usage
    forward = tuple(near for place in usage.forward if (near := _clear(obstacles, street.points, place)) is not None)
    backward = tuple(near for place in usage.backward if (near := _clear(obstacles, street.points, -place)) is not None)
    if not forward and not backward:
        return None
    return replace(street, usage=replace(usage, forward=forward, backward=tuple(-place for place in backward)))


def _clear(obstacles: Obstacles, points: FloatArray, place: float) -> float | None:
    nearer = (place * share for share in (1.0, 0.93, 0.86))
    return next((each for each in nearer if not obstacles.block(points, each)), None)


def _ground(tags: Tags) -> Ground:
    if tags.get("footway") == "crossing" or tags.get("path") == "crossing" or tags.get("cycleway") == "crossing":
        return "crossing"
    return "sidewalk" if tags.get("footway") == "sidewalk" else "path"


def _junctions(ways: Ways, used: list[int]) -> set[int]:
    """Nodes that two of the ways share, or one has twice."""
    if not used:
        return set()
    refs = np.concatenate([ways.refs[int(ways.starts[i]) : int(ways.starts[i + 1])] for i in used])
    nodes, counts = np.unique(refs, return_counts=True)
    return set(nodes[counts > 1].tolist())


def _pieces(refs: IntArray, within: BoolArray, junctions: set[int]) -> Iterator[slice]:
    """From junction to junction, without what is outside."""
    first = 0
    for k in range(len(refs)):
        if not within[k]:
            if k - first > 1:
                yield slice(first, k)
            first = k + 1
        elif k > first and (int(refs[k]) in junctions or k == len(refs) - 1):
            yield slice(first, k + 1)
            first = k


def _street(refs: IntArray, points: FloatArray, usage: Usage) -> Street | None:
    """None where the piece has no length, or doubtful positions."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    keep = np.concatenate([[True], steps > 1e-3])
    length = float(steps.sum())
    if length < 0.05 or not np.isfinite(length) or keep.sum() < 2:
        return None
    return Street(int(refs[0]), int(refs[-1]), points[keep], usage, length)
