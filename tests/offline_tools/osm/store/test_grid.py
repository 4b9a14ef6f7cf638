# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from offline_tools.errors import CoverageError
from offline_tools.osm.store.grid import LARGE, Box, block_at, block_box, blocks_of

EARTH = Geod(ellps="WGS84")
lons, lats = st.integers(-1_800_000_000, 1_800_000_000), st.integers(-840_000_000, 840_000_000)


@given(lons, lats)
def test_block_holds_the_position_that_it_is_for(lon: int, lat: int) -> None:
    box = block_box(block_at(lon, lat))
    assert box.west <= lon <= box.east and box.south <= lat <= box.north
    assert (box.east - box.west, box.north - box.south) == (500_000, 500_000)


@given(st.integers(-1_790_000_000, 1_790_000_000), lats, st.floats(0, 360), st.floats(0, 395))
def test_what_comes_near_a_position_is_in_its_block(lon: int, lat: int, azimuth: float, metres: float) -> None:
    """Distances by geodesics on the ellipsoid."""
    far_lon, far_lat, _ = EARTH.fwd(lon / 1e7, lat / 1e7, azimuth, metres)
    x, y = round(far_lon * 1e7), round(far_lat * 1e7)
    _, keys = blocks_of(np.array([[x, y, x, y]]))
    assert block_at(lon, lat) in keys
    assert block_box(block_at(lon, lat)).grown().holds(Box(x, y, x, y))


@given(lons, lats, st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_box_is_in_each_block_that_it_touches_with_the_margin(lon: int, lat: int, width: int, height: int) -> None:
    box = Box(lon, lat, min(lon + width, 1_800_000_000), lat + height)
    _, keys = blocks_of(np.array([box]))
    near = {block_at(x, y) for x in (box.west, box.east) for y in (box.south, box.north)}
    around = {key + row + column for key in near for row in (-7200, 0, 7200) for column in (-1, 0, 1)}
    inside = {key for key in around if 0 <= key < 7200 * 3600}
    touching = {key for key in inside if block_box(key).grown().touches(box)}
    assert LARGE in keys or touching <= set(keys.tolist())


def test_what_is_everywhere_is_stored_once() -> None:
    index, keys = blocks_of(np.array([[0, 0, 10_000_000, 10_000_000], [0, 480_000_000, 10, 480_000_010]]))
    assert keys[index == 0].tolist() == [LARGE]
    assert LARGE not in keys[index == 1]


def test_degrees_are_rounded_outwards_to_positions() -> None:
    assert Box.of((2.3432, 48.87717, 2.3541, 48.88119)) == (23_432_000, 488_771_700, 23_541_000, 488_811_900)
    assert Box.of((0.12345678, -0.12345678, 0.12345678, -0.12345678)) == (1_234_567, -1_234_568, 1_234_568, -1_234_567)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((179.9, 1, -179.9, 2), "antimeridian"),
        ((2, 49, 3, 48), "within"),
        ((2, 48, 3, 95), "within"),
        ((200, 48, 201, 49), "within"),
        ((2, math.nan, 3, 49), "finite"),
    ],
)
def test_what_is_no_box_is_refused(box: tuple[float, float, float, float], message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        Box.of(box)
