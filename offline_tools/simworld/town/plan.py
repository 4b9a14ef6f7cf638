# SPDX-License-Identifier: Apache-2.0
"""TownPlan: what is asked of a town; Site: where it then lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely import Polygon, box

from offline_tools.errors import SimulationError
from offline_tools.osm.frame import EQUATOR
from offline_tools.simworld.town.dice import Dice

SMALLEST, LARGEST = 400.0, 2500.0  # metres; districts need so much, and few main streets serve no more
DRAWN = (600.0, 1000.0)  # metres; what is drawn when no size is asked for
FARTHEST_LATITUDE = 70.0
FARTHEST_LONGITUDE = 179.5  # no town lies across the antimeridian
UNITS = 10_000_000  # a map stores whole numbers of 1e-7 degrees

# Inhabited boxes: latitudes, longitudes, and the side that people drive on there; any town may lie in any of them.
_LANDS = (
    ((43.0, 56.0), (1.0, 26.0), "right"),
    ((51.0, 57.0), (-4.0, 0.0), "left"),
    ((30.0, 47.0), (-120.0, -75.0), "right"),
    ((-36.0, -5.0), (-64.0, -42.0), "right"),
    ((-32.0, -25.0), (20.0, 30.0), "left"),
    ((6.0, 14.0), (-8.0, 12.0), "right"),
    ((12.0, 27.0), (74.0, 85.0), "left"),
    ((34.0, 37.0), (133.0, 140.0), "left"),
    ((24.0, 40.0), (103.0, 118.0), "right"),
    ((-37.0, -28.0), (116.0, 152.0), "left"),
)


@dataclass(frozen=True)
class TownPlan:
    """What is asked of a town; what is None is drawn from the seed.

    `width` (west to east) and `height` are metres, `lat` and `lon` of the centre degrees, `driving_side` left or right.
    """

    width: float | None = None
    height: float | None = None
    lat: float | None = None
    lon: float | None = None
    driving_side: str | None = None

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            _check(name, getattr(self, name), SMALLEST, LARGEST, "metres")
        _check("lat", self.lat, -FARTHEST_LATITUDE, FARTHEST_LATITUDE, "degrees")
        _check("lon", self.lon, -FARTHEST_LONGITUDE, FARTHEST_LONGITUDE, "degrees")
        if self.driving_side not in (None, "left", "right"):
            raise SimulationError(f"town plan: driving_side is {self.driving_side!r}; want 'left' or 'right'")


@dataclass(frozen=True)
class Site:
    """Where a town lies. Its own frame: metres, x to the east, y to the north, (0, 0) in the middle."""

    width: float
    height: float
    lat: float
    lon: float
    driving_side: str

    @property
    def outline(self) -> Polygon:
        """The town's rectangle."""
        return box(-self.width / 2, -self.height / 2, self.width / 2, self.height / 2)

    def to_globe(self, x: float, y: float) -> tuple[int, int]:
        """Longitude and latitude in units of 1e-7 degrees."""
        per_degree = EQUATOR / 360
        lon = self.lon + x / (per_degree * math.cos(math.radians(self.lat)))
        return round(lon * UNITS), round((self.lat + y / per_degree) * UNITS)


def site_of(plan: TownPlan, dice: Dice) -> Site:
    """Settle what the plan leaves open."""
    lats, lons, side = dice.pick(_LANDS)
    # Every draw is made, so that a plan that settles one thing changes only this one.
    width, height, lat, lon = dice.between(*DRAWN), dice.between(*DRAWN), dice.between(*lats), dice.between(*lons)
    return Site(
        width=width if plan.width is None else float(plan.width),
        height=height if plan.height is None else float(plan.height),
        lat=lat if plan.lat is None else float(plan.lat),
        lon=lon if plan.lon is None else float(plan.lon),
        driving_side=side if plan.driving_side is None else plan.driving_side,
    )


def _check(name: str, value: float | None, low: float, high: float, unit: str) -> None:
    # NaN is in no interval, so that it is refused here too.
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high
    ):
        raise SimulationError(f"town plan: {name} is {value!r}; want {low:g} to {high:g} {unit}")
