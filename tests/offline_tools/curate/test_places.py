# SPDX-License-Identifier: Apache-2.0
import json
import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from offline_tools.curate.place_spec import PlaceSpec, place_spec
from offline_tools.curate.places import Area, area_of, polygons
from offline_tools.errors import DatasetError

WGS84 = Geod(ellps="WGS84")
#: A square with a hole, and beside it another part.
SHAPE = shapely.MultiPolygon(
    [
        shapely.Polygon(
            [(0, 0), (4, 0), (4, 4), (0, 4)],
            [[(1, 1), (2, 1), (2, 2), (1, 2)]],
        ),
        shapely.Polygon([(6, 0), (7, 0), (7, 1), (6, 1)]),
    ]
)


def area(**place: Any) -> Area:
    return area_of(place_spec(place, "place"), "town")


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((3, 3), True),
        ((6.5, 0.5), True),
        ((1.5, 1.5), False),  # in the hole
        ((1, 1.5), False),  # on the hole's edge
        ((0, 2), False),  # on the edge
        ((4, 4), False),  # a corner
        ((5, 0.5), False),  # between the parts
        ((math.nan, 1), False),
    ],
)
def test_inside_is_strictly_inside_of_any_part(point: tuple[float, float], inside: bool) -> None:
    found = Area.of_geometry("x", SHAPE, {}).contains(np.array([point[0]]), np.array([point[1]]))
    assert found.dtype == bool and found.tolist() == [inside]


def test_no_points_are_in_no_area() -> None:
    assert Area.of_geometry("x", SHAPE, {}).contains(np.empty(0), np.empty(0)).shape == (0,)


def test_box_of_the_geometry_spans_all_parts() -> None:
    assert Area.of_geometry("x", SHAPE, {}).bounds == (0, 0, 7, 4)


def test_record_comes_back_as_it_was() -> None:
    source = {"query": "Somewhere", "osm": "relation/1"}
    one = Area.of_geometry("x", SHAPE, source)
    text = json.dumps(one.record(), allow_nan=False)
    other = Area.from_record(json.loads(text), "boundary_info.json")
    assert (other.name, other.bounds, other.source) == ("x", (0, 0, 7, 4), source)
    assert other.geometry.equals_exact(SHAPE) and json.dumps(other.record()) == text


def test_record_has_what_other_tools_want() -> None:
    record = area(bounds=[8.5, 49.0, 8.6, 49.1]).record()
    assert record["bounds"] == [8.5, 49.0, 8.6, 49.1] and record["query"] is None
    assert record["geometry"]["type"] == "Polygon"
    assert sorted(record["geometry"]["coordinates"][0][:-1]) == [[8.5, 49.0], [8.5, 49.1], [8.6, 49.0], [8.6, 49.1]]


@pytest.mark.parametrize(
    "record",
    [None, [], {}, {"name": "x"}, {"name": "x", "source": {}, "geometry": {"type": "Polygon"}},
     {"name": "x", "source": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
     {"name": "x", "source": {}, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, math.nan]]]}},
     {"name": "x", "source": 7, "geometry": shapely.geometry.mapping(SHAPE)}],
)  # fmt: skip
def test_damaged_record_is_refused(record: object) -> None:
    with pytest.raises(DatasetError, match=r"^/d/boundary_info.json: "):
        Area.from_record(record, "/d/boundary_info.json")


def test_ring_that_crosses_itself_is_made_valid() -> None:
    found = polygons({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]})
    assert found.is_valid and found.geom_type == "MultiPolygon" and found.area == pytest.approx(2)


def test_areas_are_found_in_a_collection() -> None:
    inner = [{"type": "Point", "coordinates": [9, 9]}, shapely.geometry.mapping(SHAPE)]
    found = polygons({"type": "GeometryCollection", "geometries": inner})
    assert found.bounds == (0, 0, 7, 4)


def test_areas_that_overlap_are_one() -> None:
    boxes = [shapely.geometry.mapping(shapely.box(0, 0, 2, 2)), shapely.geometry.mapping(shapely.box(1, 0, 3, 2))]
    assert polygons({"type": "GeometryCollection", "geometries": boxes}).area == pytest.approx(6)


@pytest.mark.parametrize("geometry", [shapely.Polygon(), shapely.Polygon([(0, 0), (1, 0), (2, 0)])])
def test_geometry_without_an_area_is_refused(geometry: shapely.Polygon) -> None:
    with pytest.raises(DatasetError, match="location x: its geometry has no area"):
        Area.of_geometry("x", geometry, {})


@given(st.floats(-179, 179), st.floats(-59, 84), st.floats(50, 5000))
def test_square_has_its_size_in_metres(lon: float, lat: float, size_m: float) -> None:
    """Through its middle, along the ellipsoid."""
    left, bottom, right, top = area(center=[lon, lat], size_m=size_m).bounds
    assert WGS84.inv(left, lat, right, lat)[2] == pytest.approx(size_m, rel=1e-3)
    assert WGS84.inv(lon, bottom, lon, top)[2] == pytest.approx(size_m, rel=1e-3)


@given(st.floats(-170, 169), st.floats(-80, 79), st.floats(0.01, 0.5))
def test_square_kilometres_are_those_of_the_ellipsoid(lon: float, lat: float, size: float) -> None:
    box = shapely.box(lon, lat, lon + size, lat + size)
    true = abs(WGS84.geometry_area_perimeter(shapely.segmentize(box, size / 50))[0]) / 1e6
    assert Area.of_geometry("x", box, {}).km2 == pytest.approx(true, rel=0.01)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({}, "exactly one of query, bounds and center, found none"),
        ({"query": "x", "bounds": [0, 0, 1, 1]}, "exactly one .* found query and bounds"),
        ({"query": "x", "center": [0, 0], "size_m": 1}, "exactly one .* found query and center"),
        ({"query": "  "}, "is no name of a place"),
        ({"query": ""}, "query: String should have at least 1"),
        ({"query": "a\nb"}, "is no name of a place"),
        ({"quary": "x"}, r"unknown key 'quary' \(known: query, bounds, center, size_m, max_km2\)"),
        ({"bounds": [0, 0, 1]}, "bounds.3: Field required"),
        ({"bounds": [0, 0, 1, "north"]}, "bounds.3: Input should be a valid number"),
        ({"bounds": [0, 0, 1, math.nan]}, "bounds.3: Input should be a finite number"),
        ({"bounds": [0, 0, 1, 1], "size_m": 5}, "bounds have a size of their own"),
        ({"bounds": [170, -20, -170, -10]}, r"it is two .*\[170, -20, 180, -10\] and \[-180, -20, -170, -10\]"),
        ({"bounds": [179, 0, 181, 1]}, "end at -180 and 180; .* antimeridian is two locations"),
        ({"bounds": [5, 4, 3, 6]}, "left lies east of right; .* else swap them"),
        ({"bounds": [5, 4, 6, 3]}, "bottom lies north of top; want left, bottom, right, top"),
        ({"bounds": [5, 4, 5, 6]}, "is empty, it has no width"),
        ({"bounds": [5, 4, 6, 4]}, "is empty, it has no height"),
        ({"bounds": [40.4, -80.0, 40.5, -79.9]}, "are they swapped"),
        ({"bounds": [40.4, -122.0, 40.5, -121.9]}, "latitude and longitude are swapped"),
        ({"bounds": [0, 84, 1, 86]}, "ends at latitudes of -85.0511 and 85.0511"),
        ({"center": [8, 49]}, "size_m: is missing; it is the side in metres"),
        ({"center": [8, 49], "size_m": 0}, "size_m: Input should be greater than 0"),
        ({"center": [40, -122], "size_m": 9}, "latitude and longitude are swapped"),
        ({"center": [40, -80], "size_m": 9}, "are they swapped"),
        ({"center": [200, 10], "size_m": 9}, "is not on the map; want longitude"),
    ],
)  # fmt: skip
def test_mistake_is_one_clear_line(place: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=f"^place: .*{message}") as error:
        area(**place)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"center": [179.99, 0], "size_m": 5000}, "town: 5000 m around 179.99, 0 cross the antimeridian; make it two"),
        ({"center": [0, 85.04], "size_m": 5000}, "reach beyond the map"),
        ({"bounds": [0, 40, 5, 45]}, r"town: has 2\d\d,\d{3} km2, more than max_km2 = 5,000; .* raise max_km2"),
    ],
)
def test_area_that_is_too_far_or_too_large_is_refused(place: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        area(**place)


def test_limit_of_the_area_is_the_users() -> None:
    assert area(bounds=[0, 40, 5, 45], max_km2=300_000).km2 > 200_000


def test_query_has_to_be_asked_for() -> None:
    with pytest.raises(DatasetError, match="a query has to be asked for at a server"):
        area_of(PlaceSpec(query="Karlsruhe"), "town")
