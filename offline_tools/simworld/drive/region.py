# SPDX-License-Identifier: Apache-2.0
"""Which part of a map a drive takes place in, and the streets of it that can be used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from offline_tools.errors import SimulationError
from offline_tools.osm.scene.sidewalks import Pavement
from offline_tools.osm.store import MapStore
from offline_tools.osm.style import load_style
from offline_tools.simworld.drive.plan import DrivePlan
from offline_tools.simworld.drive.route import Streets
from offline_tools.simworld.drive.streets import Rules, Street, streets_of
from offline_tools.simworld.drive.vehicles import VEHICLES, Vehicle
from offline_tools.simworld.frame import LocalFrame

#: A drawn map reaches 50 m ahead and 25 m to the sides; this keeps it on the known part. Metres.
_MARGIN = 60.0
#: A map that is larger than this is not read as a whole. Metres.
_LARGE = 4000.0
_TRIES = 30


@dataclass(frozen=True)
class Region:
    """A rectangle around or beside the frame's origin: its corners (x, y) in metres."""

    frame: LocalFrame
    low: tuple[float, float]
    high: tuple[float, float]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        (south, north), (west, east) = self.frame.to_globe(*np.array([self.low, self.high]).T)
        return float(west), float(south), float(east), float(north)

    def holds(self, points: FloatArray, margin: float) -> BoolArray:
        """Which of (n, 2) points in metres lie inside, `margin` metres from the edge."""
        return np.asarray(((points >= np.add(self.low, margin)) & (points <= np.subtract(self.high, margin))).all(1))


def find_streets(
    store: MapStore, plan: DrivePlan, wanted: float, random: np.random.Generator
) -> tuple[Streets, LocalFrame, list[str]]:
    """Streets for a drive of `wanted` metres, the frame they are in, and notes on what is not as it should be."""
    vehicle = VEHICLES[plan.kind]
    style = load_style(plan.style)
    pavement = Pavement(style.sidewalks, store.driving_side, plan.infer_sidewalks)
    rules = Rules(vehicle, style, pavement, 1.0 if store.driving_side == "left" else -1.0)
    best: tuple[Streets, LocalFrame, list[str]] | None = None
    for region in _regions(store, plan, wanted, random):
        streets, notes = _usable(store, region, rules, wanted)
        if best is None or streets.length > best[0].length:
            best = streets, region.frame, notes
        if streets.length >= _enough(wanted):
            break
    if best is None or not best[0].streets:
        raise SimulationError(_nothing(store, plan, vehicle))
    return best


def _usable(store: MapStore, region: Region, rules: Rules, wanted: float) -> tuple[Streets, list[str]]:
    """The streets that are good, else those beside them too; away from the edge, if there are enough of them."""
    elements = store.elements(region.box)
    best, told = Streets([]), [""]
    for margin in (_MARGIN, 0.0):
        found = streets_of(elements, region.frame, lambda points, m=margin: region.holds(points, m), rules)  # type: ignore[misc]
        for spare in (False, True):
            streets = Streets([street for street in found if spare or not street.usage.spare])
            if streets.length > 1.5 * best.length:
                best, told = streets, _notes(streets.streets, rules.vehicle, spare, margin)
            if best.length >= _enough(wanted):
                return best, told
    return best, told


def _enough(wanted: float) -> float:
    """Metres of streets that hang together on which a drive is not only to and fro."""
    return min(0.7 * wanted, 600.0)


def _notes(streets: list[Street], vehicle: Vehicle, spare: bool, margin: float) -> list[str]:
    notes = []
    if spare and any(street.usage.spare for street in streets):
        better = "roads" if vehicle.on_roads else "sidewalks and footways"
        other = "service ways" if vehicle.on_roads else "the side of roads without a sidewalk, tracks and cycleways"
        notes.append(f"too few {better} hang together here, so the drive also uses {other}")
    if margin == 0.0:
        notes.append("the map is small, so the drive comes near its edge, where the truth may end")
    return notes


def _regions(store: MapStore, plan: DrivePlan, wanted: float, random: np.random.Generator) -> Iterator[Region]:
    """Around the start, the whole map where it is small, else places in it at random."""
    west, south, east, north = store.bounds
    if plan.start is not None:
        yield _around(LocalFrame(*plan.start), wanted, store.bounds)
        return
    if west > east:
        raise SimulationError("this map crosses the antimeridian; name a start")
    centre = LocalFrame(round((south + north) / 2, 7), round((west + east) / 2, 7))
    whole = _around(centre, math.inf, store.bounds)
    if max(whole.high) <= _LARGE / 2:
        yield whole
        return
    for _ in range(_TRIES):
        lat, lon = random.uniform(south, north), random.uniform(west, east)
        yield _around(LocalFrame(round(float(lat), 7), round(float(lon), 7)), wanted, store.bounds)


def _around(frame: LocalFrame, wanted: float, bounds: tuple[float, float, float, float]) -> Region:
    """What a drive of `wanted` metres can reach from the frame's origin, as far as it is on the map."""
    west, south, east, north = bounds
    x, y = frame.to_metres(np.array([south, north]), np.array([west, east]))
    if x[0] > 0 or y[0] > 0 or x[1] < 0 or y[1] < 0:
        raise SimulationError(
            f"start {frame.lat0}, {frame.lon0} is not on this map, which covers latitudes {south:.5f} to {north:.5f} "
            f"and longitudes {west:.5f} to {east:.5f}"
        )
    half = min(_LARGE / 2, wanted + 300.0) if math.isfinite(wanted) else math.inf
    low, high = (max(-half, float(x[0])), max(-half, float(y[0]))), (min(half, float(x[1])), min(half, float(y[1])))
    return Region(frame, low, high)


def _nothing(store: MapStore, plan: DrivePlan, vehicle: Vehicle) -> str:
    need = "roads for cars" if vehicle.on_roads else "footways, sidewalks or roads"
    west, south, east, north = store.bounds
    if math.isclose(west, east) and math.isclose(south, north):
        return f"{store.source.name}: the map is a single point; no {plan.kind} can drive there"
    return f"{store.source.name}: the map has no {need} for a {plan.kind}; choose another map, kind or start"
