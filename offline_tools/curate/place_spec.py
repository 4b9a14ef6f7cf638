# SPDX-License-Identifier: Apache-2.0
"""How a configuration names a place: by a query, by a box, or by a point with a size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from offline_tools.errors import DatasetError

#: Where the square map of the world that the tiles are cut from ends.
LATITUDE_LIMIT = 85.0511
#: How a place on both sides of the antimeridian is given.
TWO = "two locations, one on each side"

_ANTARCTIC = -60.0  # a place south of it is more likely a mistake
_MAX_KM2 = 5000.0  # a large city has 1,500; a country by mistake would take months

Degree = Annotated[float, Field(allow_inf_nan=False)]


class PlaceSpec(BaseModel):
    """One of query, bounds (left, bottom, right, top) and center (longitude, latitude), degrees.

    size_m: the side of a square around the center, or around the middle of what the query finds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    bounds: tuple[Degree, Degree, Degree, Degree] | None = None
    center: tuple[Degree, Degree] | None = None
    size_m: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    max_km2: Annotated[float, Field(gt=0, allow_inf_nan=False)] = _MAX_KM2

    @model_validator(mode="after")
    def _check(self) -> PlaceSpec:
        given = [name for name in ("query", "bounds", "center") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"want exactly one of query, bounds and center, found {found}")
        if self.query is not None and not (self.query.strip() and self.query.isprintable()):
            raise ValueError(f"query: {self.query!r} is no name of a place")
        if self.bounds is not None:
            check_bounds(self.bounds)
            _check_inhabited("bounds", self.bounds[3], "left, bottom, right, top")
            if self.size_m is not None:
                raise ValueError("size_m: bounds have a size of their own; leave it out, or give center instead")
        if self.center is not None:
            _check_center(self.center)
            if self.size_m is None:
                raise ValueError("size_m: is missing; it is the side in metres of the square around center")
        return self


def place_spec(values: Mapping[str, Any], where: str) -> PlaceSpec:
    """From a configuration; a mistake is one line that begins with `where`."""
    try:
        return PlaceSpec.model_validate(dict(values))
    except ValidationError as error:
        raise DatasetError(f"{where}: {_first_problem(error)}") from error


def check_bounds(bounds: tuple[float, float, float, float]) -> None:
    """Refuse with a ValueError what is no box of degrees on the map of the world."""
    left, bottom, right, top = bounds
    box = f"bounds [{left:g}, {bottom:g}, {right:g}, {top:g}]"
    order = "want left, bottom, right, top in degrees"
    if not all(math.isfinite(value) for value in bounds):
        raise ValueError(f"{box}: {order}, all of them finite")
    if max(abs(bottom), abs(top)) > 90 and max(abs(left), abs(right)) <= 90:
        raise ValueError(f"{box}: latitude and longitude are swapped; {order}")
    if max(abs(left), abs(right)) > 180:
        raise ValueError(f"{box}: longitudes end at -180 and 180; a place on both sides of the antimeridian is {TWO}")
    if max(abs(bottom), abs(top)) > LATITUDE_LIMIT:
        raise ValueError(f"{box}: the map ends at latitudes of -{LATITUDE_LIMIT:g} and {LATITUDE_LIMIT:g}; {order}")
    if left == right or bottom == top:
        raise ValueError(f"{box}: is empty, it has no {'width' if left == right else 'height'}; {order}")
    if left > right:
        raise ValueError(
            f"{box}: left lies east of right; if the box crosses the antimeridian, it is {TWO}: "
            f"[{left:g}, {bottom:g}, 180, {top:g}] and [-180, {bottom:g}, {right:g}, {top:g}]; else swap them"
        )
    if bottom > top:
        raise ValueError(f"{box}: bottom lies north of top; {order}")


def _check_center(center: tuple[float, float]) -> None:
    lon, lat = center
    point = f"center [{lon:g}, {lat:g}]"
    if abs(lat) > 90 and abs(lon) <= 90:
        raise ValueError(f"{point}: latitude and longitude are swapped; want longitude, latitude in degrees")
    if abs(lon) > 180 or abs(lat) > LATITUDE_LIMIT:
        raise ValueError(f"{point}: is not on the map; want longitude (-180 to 180), latitude (-85.05 to 85.05)")
    _check_inhabited("center", lat, "longitude, latitude")


def _check_inhabited(what: str, lat: float, order: str) -> None:
    """Numbers of the Americas in the wrong order look like this; other wrong orders cannot be told from right ones."""
    if lat < _ANTARCTIC:
        raise ValueError(f"{what}: latitude {lat:g} is in the Antarctic; are they swapped? Want {order}")


def _first_problem(error: ValidationError) -> str:
    problem: Any = error.errors()[0]
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{field}' (known: {', '.join(PlaceSpec.model_fields)})"
    said = " ".join(problem["msg"].removeprefix("Value error, ").split())
    return f"{field}: {said}" if field else said
