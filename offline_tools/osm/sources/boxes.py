# SPDX-License-Identifier: Apache-2.0
"""Boxes that are asked of a server: rounded outwards to 0.001 degrees, so that near poses share one answer."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from offline_tools.errors import MapSourceError

_STEP = Decimal("0.001")


class QueryBox(NamedTuple):
    """Degrees, to three decimals."""

    west: Decimal
    south: Decimal
    east: Decimal
    north: Decimal

    @property
    def area(self) -> float:
        """Square degrees."""
        return float((self.east - self.west) * (self.north - self.south))


def query_box(box: tuple[float, float, float, float], max_area: float) -> QueryBox:
    """West, south, east, north, rounded outwards; refuses what a server should not be asked for."""
    if not all(math.isfinite(value) for value in box):
        raise MapSourceError(f"box {box}: want four finite numbers of degrees: west, south, east, north")
    west, south, east, north = (Decimal(repr(float(value))) for value in box)
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise MapSourceError(f"box {box}: outside the world; want west, south, east, north in degrees")
    if west > east:
        raise MapSourceError(f"box {box}: west lies east of east; ask for the two sides of the antimeridian one by one")
    if south > north:
        raise MapSourceError(f"box {box}: south lies north of north; want west, south, east, north")
    rounded = QueryBox(_down(west), _down(south), _up(east), _up(north))
    if rounded.area > max_area:
        advice = "ask for smaller boxes, or download an extract (.osm.pbf) of the region"
        raise MapSourceError(
            f"box {box}: {rounded.area:.4g} square degrees, at most {max_area:g} are asked for; {advice}"
        )
    return rounded


def _down(value: Decimal) -> Decimal:
    return value.quantize(_STEP, rounding=ROUND_FLOOR)


def _up(value: Decimal) -> Decimal:
    return value.quantize(_STEP, rounding=ROUND_CEILING)
