# SPDX-License-Identifier: Apache-2.0
"""Spots: where people and robots take pictures in a map: on sidewalks, crossings and paths, at road edges, in lanes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.errors import SimulationError
from offline_tools.osm import MapStore
from offline_tools.simworld.drive.plan import DrivePlan
from offline_tools.simworld.drive.region import find_streets
from offline_tools.simworld.drive.streets import Street
from offline_tools.simworld.frame import LocalFrame

#: Metres of streets that a district should have.
_WANTED = 1500.0
#: A crossing is short: as many metres of it as this times its length.
_CROSSINGS = 5.0
#: How often a picture is taken from the walks, from the edge of a road, and from its lanes.
_SHARES = {"walk": 0.62, "edge": 0.13, "lane": 0.25}
_BESIDE_LANE = (0.6, 1.6)  # metres from a lane's middle to where one stands at its edge


@dataclass(frozen=True)
class Spot:
    """Metres in the district's frame, and the direction of the way, radians anticlockwise from east."""

    x: float
    y: float
    direction: float
    ground: str  # sidewalk, crossing, path or road


@dataclass(frozen=True, eq=False)
class District:
    """A part of a map in which pictures are taken."""

    frame: LocalFrame
    walks: list[Street]
    roads: list[Street]

    def around(self, centre: FloatArray, radius: float) -> District:
        """The streets with a point within `radius` metres of a place."""
        return District(self.frame, _near(self.walks, centre, radius), _near(self.roads, centre, radius))

    def centre(self, random: np.random.Generator) -> FloatArray:
        """(2,) metres: a place on some street, to be the middle of a world."""
        spot = _on(_chosen(self.walks or self.roads, random), 0.0, random)
        return np.array([spot.x, spot.y])

    def spot(self, random: np.random.Generator) -> Spot:
        """A place from which a picture may be taken; buildings are not looked at."""
        kinds = [kind for kind in _SHARES if (self.walks if kind == "walk" else self.roads)]
        shares = np.array([_SHARES[kind] for kind in kinds])
        kind = kinds[int(random.choice(len(kinds), p=shares / shares.sum()))]
        if kind == "walk":
            return _on(_chosen(self.walks, random), float(random.normal(0, 0.35)), random)
        aside = float(random.normal(0, 0.25))
        if kind == "edge":
            aside = float(random.uniform(*_BESIDE_LANE) * random.choice([-1.0, 1.0]))
        return _on(_chosen(self.roads, random), aside, random)


def district_of(store: MapStore, style: str, infer_sidewalks: bool, random: np.random.Generator) -> District:
    """Where a map has streets: all of a small map, a part of a large one. A SimulationError where there are none."""
    seed = int(random.integers(1 << 31))
    found: dict[str, tuple[list[Street], LocalFrame]] = {}
    problems = []
    for kind in ("pedestrian", "car"):
        plan = DrivePlan(kind=kind, style=style, infer_sidewalks=infer_sidewalks, start=_start(found))
        try:
            streets, frame, _ = find_streets(store, plan, _WANTED, np.random.default_rng(seed))
        except SimulationError as error:
            problems.append(error)
            continue
        found[kind] = streets.streets, frame
    if not found:
        raise problems[0]
    frame = next(iter(found.values()))[1]
    walks, roads = ([*found[kind][0]] if kind in found else [] for kind in ("pedestrian", "car"))
    return District(frame, walks, roads)


def _start(found: dict[str, tuple[list[Street], LocalFrame]]) -> tuple[float, float] | None:
    """Roads are looked for where the walks are."""
    return next(((frame.lat0, frame.lon0) for _, frame in found.values()), None)


def _near(streets: list[Street], centre: FloatArray, radius: float) -> list[Street]:
    return [street for street in streets if (np.hypot(*(street.points - centre).T) <= radius).any()]


def _chosen(streets: list[Street], random: np.random.Generator) -> Street:
    lengths = np.array([each.length * (_CROSSINGS if each.usage.ground == "crossing" else 1.0) for each in streets])
    return streets[int(random.choice(len(streets), p=lengths / lengths.sum()))]


def _on(street: Street, aside: float, random: np.random.Generator) -> Spot:
    """Somewhere along a street, `aside` metres from where one goes, in a direction in which one may go."""
    forward = random.random() < 0.5 if street.usage.forward and street.usage.backward else bool(street.usage.forward)
    places = street.usage.forward if forward else street.usage.backward
    points = street.points if forward else street.points[::-1]
    left = places[int(random.integers(len(places)))] + aside
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    at = float(random.uniform(0, lengths.sum()))
    k = min(int(np.searchsorted(np.cumsum(lengths), at)), len(lengths) - 1)
    along = steps[k] / lengths[k]
    x, y = points[k] + (at - lengths[:k].sum()) * along + left * np.array([-along[1], along[0]])
    return Spot(float(x), float(y), math.atan2(along[1], along[0]), street.usage.ground)
