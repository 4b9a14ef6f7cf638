# SPDX-License-Identifier: Apache-2.0
"""The area of a location: what lies inside of it, and its record on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from mia_ros.arrays import BoolArray, FloatArray
from offline_tools.curate.place_spec import LATITUDE_LIMIT, TWO, PlaceSpec, check_bounds
from offline_tools.errors import DatasetError

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon

    Geometry: TypeAlias = Polygon | MultiPolygon

Bounds: TypeAlias = tuple[float, float, float, float]

#: What comes of GeoJSON that is none.
GEOMETRY_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError)

_RADIUS_KM = 6371.0072  # of the sphere with the Earth's surface
_EQUATOR_M, _SQUARED_ECCENTRICITY = 6_378_137.0, 6.69437999014e-3  # WGS 84


@dataclass(frozen=True)
class Area:
    """A location's name, its (multi)polygon of longitudes and latitudes in degrees, its box, and where it is from."""

    name: str
    geometry: Geometry
    bounds: Bounds  # left, bottom, right, top
    source: Mapping[str, Any]

    @classmethod
    def of_geometry(cls, name: str, geometry: Geometry, source: Mapping[str, Any]) -> Area:
        """With the geometry's own box; refuses what no photo can lie in, or what the map of the world does not hold."""
        if geometry.is_empty or not geometry.area > 0:
            raise DatasetError(f"location {name}: its geometry has no area")
        left, bottom, right, top = (float(value) for value in geometry.bounds)
        if right - left > 180:
            raise DatasetError(
                f"location {name}: crosses the antimeridian; make it {TWO}, by bounds{_halves(geometry)}"
            )
        try:
            check_bounds((left, bottom, right, top))
        except ValueError as error:
            raise DatasetError(f"location {name}: {error}") from error
        return cls(name, geometry, (left, bottom, right, top), source)

    @property
    def km2(self) -> float:
        """Square kilometres."""
        equal_area = shapely.transform(self.geometry, _equal_area)
        return float(equal_area.area)

    def contains(self, lon: FloatArray, lat: FloatArray) -> BoolArray:
        """(N,) which points lie strictly inside: on no edge, in no hole, in any part."""
        return np.asarray(shapely.contains_xy(self.geometry, lon, lat), bool)

    def record(self) -> dict[str, Any]:
        """For boundary_info.json."""
        return {
            "name": self.name,
            "query": self.source.get("query"),
            "bounds": list(self.bounds),
            "geometry": _lists(mapping(self.geometry)),
            "source": dict(self.source),
        }

    @classmethod
    def from_record(cls, record: Any, where: str) -> Area:
        """What `record` gave, read from a file named `where`."""
        try:
            name, source, found = str(record["name"]), dict(record["source"]), polygons(record["geometry"])
        except GEOMETRY_ERRORS as error:
            raise DatasetError(f"{where}: is no record of a place ({type(error).__name__}: {error})") from error
        if found is None:
            raise DatasetError(f"{where}: its geometry is no polygon")
        return cls.of_geometry(name, found, source)


def area_of(spec: PlaceSpec, name: str) -> Area:
    """Of a place that is given by numbers."""
    if spec.bounds is not None:
        return limited(Area.of_geometry(name, shapely.box(*spec.bounds), {"bounds": list(spec.bounds)}), spec)
    if spec.center is None or spec.size_m is None:
        raise DatasetError(f"location {name}: a query has to be asked for at a server")
    source = {"center": list(spec.center), "size_m": spec.size_m}
    return limited(square(name, spec.center, spec.size_m, source), spec)


def square(name: str, center: tuple[float, float], size_m: float, source: Mapping[str, Any]) -> Area:
    """Of so many metres a side, around a longitude and latitude, parallel to them."""
    lon, lat = center
    left, bottom, right, top = bounds = _box_around(lon, lat, size_m)
    if left < -180 or right > 180:
        raise DatasetError(
            f"location {name}: {size_m:g} m around {lon:g}, {lat:g} cross the antimeridian; make it {TWO}"
        )
    if max(abs(bottom), abs(top)) > LATITUDE_LIMIT:
        raise DatasetError(
            f"location {name}: {size_m:g} m around {lon:g}, {lat:g} reach beyond the map, which ends at latitude 85.05"
        )
    return Area.of_geometry(name, shapely.box(*bounds), source)


def limited(area: Area, spec: PlaceSpec) -> Area:
    """The area, if it is not larger than the specification allows."""
    if area.km2 > spec.max_km2:
        raise DatasetError(
            f"location {area.name}: has {area.km2:,.0f} km2, more than max_km2 = {spec.max_km2:,.0f}; "
            f"is it the place that you mean? Make it smaller (size_m), split it, or raise max_km2"
        )
    return area


def polygons(geojson: Any) -> Geometry | None:
    """The areas in a GeoJSON geometry, made valid; None if there are none."""
    with np.errstate(invalid="ignore"):  # what is not finite is refused below
        geometry = shapely.force_2d(shape(geojson))
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError("a coordinate is not finite")
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry)
    pieces = shapely.get_parts(shapely.get_parts(geometry))  # a collection may hold multipolygons
    areas = [piece for piece in pieces if piece.geom_type == "Polygon" and piece.area > 0]
    if len(areas) < 2:
        return areas[0] if areas else None
    whole = shapely.multipolygons(areas)
    return whole if whole.is_valid else shapely.union_all(areas)


def _box_around(lon: float, lat: float, size_m: float) -> Bounds:
    sine = math.sin(math.radians(lat))
    bend = 1 - _SQUARED_ECCENTRICITY * sine * sine
    north_m = _EQUATOR_M * (1 - _SQUARED_ECCENTRICITY) / bend**1.5  # radii of the ellipsoid's curvature
    east_m = _EQUATOR_M / math.sqrt(bend) * math.cos(math.radians(lat))
    half_lat, half_lon = (math.degrees(size_m / 2 / radius) for radius in (north_m, east_m))
    return lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat


def _equal_area(points: FloatArray) -> FloatArray:
    """Degrees on a cylinder round the sphere, kilometres: every area stays what it is."""
    lon, lat = np.radians(points).T
    return np.stack([lon, np.sin(lat)], axis=1) * _RADIUS_KM


def _halves(geometry: Geometry) -> str:
    """The boxes of the parts east and west of Greenwich, where the geometry has such."""
    boxes = []
    for side in (shapely.box(0, -90, 180, 90), shapely.box(-180, -90, 0, 90)):
        part = shapely.intersection(geometry, side)
        if part.area > 0:
            boxes.append("[" + ", ".join(f"{value:.4f}" for value in part.bounds) + "]")
    return f": {' and '.join(boxes)}"


def _lists(value: Any) -> Any:
    """Tuples as JSON gives them back."""
    if isinstance(value, Mapping):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, list | tuple) else value
