# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random

import mapbox_vector_tile
import mercantile
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.curate.places import Area
from offline_tools.curate.services.tiles import Tile, read_tile, tiles_of
from offline_tools.curate.tables import POINTS
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.world.faults import Faults
from tests.offline_tools.curate.world.small import small_world
from tests.offline_tools.curate.world.tiles import tile_of

TILE = Tile(14, 8738, 5700)
KNOWN = {"id": 1001, "sequence_id": "way", "captured_at": 1_622_541_600_000, "compass_angle": 7.5, "is_pano": False}


def encoded(*features: tuple[str, dict], name: str = "image", extent: int = 4096) -> bytes:
    """A tile of (geometry as WKT, properties)."""
    rows = [{"geometry": geometry, "properties": properties} for geometry, properties in features]
    return mapbox_vector_tile.encode(
        [{"name": name, "features": rows}], default_options={"y_coord_down": True, "extents": extent}
    )


def area(geometry) -> Area:
    return Area("place", geometry, geometry.bounds, {})


def test_a_photo_has_what_the_tile_says() -> None:
    assert read_tile(encoded(("POINT(0 0)", KNOWN)), TILE).drop("lon", "lat").to_dicts() == [
        {
            "id": "1001",
            "sequence": "way",
            "captured_at": 1_622_541_600_000,
            "compass_angle": 7.5,
            "is_pano": False,
            "tile": "14/8738/5700",
        }
    ]


@pytest.mark.parametrize("extent", [4096, 512])
def test_corners_of_a_tile_lie_where_mercantile_has_them(extent) -> None:
    found = read_tile(encoded(("POINT(0 0)", KNOWN), (f"POINT({extent} {extent})", KNOWN), extent=extent), TILE)
    west, south, east, north = mercantile.bounds(TILE.x, TILE.y, TILE.z)
    assert found["lon"].to_list() == pytest.approx([west, east], abs=1e-12)
    assert found["lat"].to_list() == pytest.approx([north, south], abs=1e-12)


def degrees(most: float) -> st.SearchStrategy[float]:
    """As GPS gives them: tiles of places that differ in the last bits of a number may be different ones."""
    return st.floats(-most, most).map(lambda value: round(value, 9))


@given(degrees(179.9), degrees(84.9))
def test_a_photo_anywhere_comes_back_to_where_it_was_taken(lon, lat) -> None:
    image = {**small_world().images["1001"], "geometry": {"type": "Point", "coordinates": [lon, lat]}}
    where = mercantile.tile(lon, lat, 14)
    body = tile_of({"1001": image}, 14, where.x, where.y, Faults())
    found = read_tile(body, Tile(14, where.x, where.y)).row(0, named=True)
    unit = 360 / 2**14 / 4096  # degrees of longitude
    assert abs(found["lon"] - lon) <= unit
    assert abs(found["lat"] - lat) <= unit


@pytest.mark.parametrize("name", ["captured_at", "compass_angle"])
def test_numbers_may_be_empty_text(name) -> None:
    assert read_tile(encoded(("POINT(5 5)", {**KNOWN, name: ""})), TILE)[name].to_list() == [None]


def test_numbers_and_ids_may_be_text() -> None:
    known = {**KNOWN, "id": "1001", "captured_at": "1622541600000", "compass_angle": "7.5"}
    assert read_tile(encoded(("POINT(5 5)", known)), TILE).equals(read_tile(encoded(("POINT(5 5)", KNOWN)), TILE))


def test_large_ids_keep_all_their_digits() -> None:
    found = read_tile(encoded(("POINT(5 5)", {**KNOWN, "id": 9_007_199_254_740_993})), TILE)
    assert found["id"].to_list() == ["9007199254740993"]


@pytest.mark.parametrize("id_", [None, "", "../../x", "12a", 1.5, True, -4])
def test_photos_without_an_id_are_left_out_and_counted(id_, caplog) -> None:
    bad = {name: value for name, value in {**KNOWN, "id": id_}.items() if value is not None}
    found = read_tile(encoded(("POINT(5 5)", bad), ("POINT(6 6)", KNOWN)), TILE)
    assert found["id"].to_list() == ["1001"]
    assert "tile 14/8738/5700: 1 of 2 photos have no id or no place" in caplog.text


@pytest.mark.parametrize(
    "geometry", ["MULTIPOINT(1 1, 2 2)", "LINESTRING(1 1, 2 2)", "POINT(99999 5)", "POINT(5 -9999)"]
)
def test_photos_without_a_place_near_the_tile_are_left_out(geometry) -> None:
    assert read_tile(encoded((geometry, KNOWN)), TILE).height == 0


def test_other_layers_are_not_read() -> None:
    assert read_tile(encoded(("POINT(5 5)", KNOWN), name="sequence"), TILE).height == 0


def test_a_tile_without_photos_may_be_empty() -> None:
    assert read_tile(b"", TILE).schema == pl.Schema(POINTS)


@pytest.mark.parametrize("body", [b"<html>nothing here</html>", b'{"error": {}}', encoded(("POINT(5 5)", KNOWN))[:-7]])
def test_what_is_no_tile_is_refused_in_one_line(body) -> None:
    with pytest.raises(DatasetError, match="tile 14/8738/5700: the server's") as caught:
        read_tile(body, TILE)
    assert "\n" not in str(caught.value)


def test_damaged_tiles_give_a_table_or_are_refused() -> None:
    dice = random.Random(4)  # noqa: S311
    whole = encoded(*((f"POINT({k} {k})", {**KNOWN, "id": 1000 + k}) for k in range(20)))
    for _ in range(400):
        body = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        try:
            found = read_tile(bytes(body), TILE)
        except DatasetError:
            continue
        assert found.schema == pl.Schema(POINTS)


def test_tiles_of_a_box_are_those_of_mercantile() -> None:
    box = shapely.box(11.97, 47.90, 12.04, 47.95)
    assert tiles_of(area(box)) == [Tile(14, each.x, each.y) for each in mercantile.tiles(*box.bounds, zooms=[14])]


def test_tiles_in_the_corner_that_a_shape_leaves_free_are_not_asked_for() -> None:
    corner = shapely.Polygon([(11.9, 47.9), (12.1, 47.9), (11.9, 48.1)])
    found = tiles_of(area(corner))
    assert Tile(14, *mercantile.tile(12.09, 48.09, 14)[:2]) not in found
    expected = [
        t for t in mercantile.tiles(*corner.bounds, zooms=[14]) if corner.intersects(shapely.box(*mercantile.bounds(t)))
    ]
    assert found == [Tile(14, each.x, each.y) for each in expected]


def test_all_parts_of_a_place_have_their_tiles_and_what_lies_between_has_none() -> None:
    parts = shapely.MultiPolygon([shapely.box(12.0, 47.9, 12.001, 47.901), shapely.box(12.4, 47.9, 12.401, 47.901)])
    found = {tile.x for tile in tiles_of(area(parts))}
    assert found == {mercantile.tile(12.0005, 47.9, 14).x, mercantile.tile(12.4005, 47.9, 14).x}


def test_a_place_inside_of_a_tile_needs_that_tile_alone() -> None:
    found = tiles_of(area(small_world().polygon))
    assert found == [Tile(14, 8738, 5700)]
