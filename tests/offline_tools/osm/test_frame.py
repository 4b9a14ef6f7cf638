# SPDX-License-Identifier: Apache-2.0
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.errors import CoverageError
from offline_tools.osm import CHANNELS, render
from offline_tools.osm.frame import View, latitude, mercator, view_of

from .maps import EQUATOR, Sketch

latitudes = st.floats(-83.5, 83.5)
longitudes = st.floats(-179, 179)
headings = st.floats(0, 360)


def pixel(view: View, lat: float, lon: float) -> np.ndarray:
    """Right and down of a place, from the top left corner, by Mercator's formula written out."""
    y = math.degrees(math.asinh(math.tan(math.radians(lat))))
    return view.matrix @ (lon, y, 1.0)


@given(latitudes, longitudes, headings)
def test_ego_is_in_the_middle_to_a_pixel(lat: float, lon: float, heading: float) -> None:
    """Half a pixel by the cut, and by the truncated size of the canvas up to half a pixel of both its axes, turned."""
    offset = pixel(view_of(lat, lon, heading), lat, lon) - 112
    assert np.abs(offset).max() <= 0.5 + math.sqrt(0.5) + 0.01


@given(latitudes, longitudes, headings)
def test_up_is_the_heading_and_right_is_a_quarter_turn_clockwise(lat: float, lon: float, heading: float) -> None:
    view = view_of(lat, lon, heading)
    ego = pixel(view, lat, lon)
    metre = 360 / EQUATOR
    angle = math.radians(heading)
    ahead = pixel(view, lat + 20 * metre * math.cos(angle), lon + 20 * metre * math.sin(angle) / cosine(lat)) - ego
    aside = pixel(view, lat - 20 * metre * math.sin(angle), lon + 20 * metre * math.cos(angle) / cosine(lat)) - ego
    # 20 m are 40 pixels; the scale is the one of the box's middle, a little off near the poles.
    np.testing.assert_allclose(ahead, (0, -40), atol=0.05)
    np.testing.assert_allclose(aside, (40, 0), atol=0.05)


@given(
    latitudes,
    longitudes,
    headings,
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_box_holds_the_whole_picture(
    lat: float, lon: float, heading: float, rows: int, columns: int, resolution: float
) -> None:
    view = view_of(lat, lon, heading, (rows, columns), resolution)
    west, south, east, north = view.box
    inverse = np.linalg.inv(view.matrix[:, :2])
    for corner in ((0, 0), (columns, 0), (0, rows), (columns, rows)):
        x, y = inverse @ (np.array(corner) - view.matrix[:, 2])
        assert west - 1e-9 <= x <= east + 1e-9
        assert south - 1e-9 <= math.degrees(math.atan(math.sinh(math.radians(y)))) <= north + 1e-9


@given(latitudes, longitudes, headings)
def test_other_resolutions_show_the_same_ground(lat: float, lon: float, heading: float) -> None:
    usual, fine = view_of(lat, lon, heading), view_of(lat, lon, heading, (448, 448), 0.25)
    for east, north in ((0, 0), (20, 30), (-50, 10)):
        place = lat + north * 360 / EQUATOR, lon + east * 360 / EQUATOR / cosine(lat)
        apart = pixel(fine, *place) / 2 - pixel(usual, *place)
        assert np.abs(apart).max() <= 1.5 * (0.5 + math.sqrt(0.5)) + 0.05  # what both may be off the middle


@given(st.floats(-84, 84))
def test_mercator_and_back(lat: float) -> None:
    assert latitude(mercator(lat)) == pytest.approx(lat, abs=1e-9)


@pytest.mark.parametrize("heading", [0, 30, 90, 180, 255, 300])
def test_a_building_ahead_and_to_the_right_is_drawn_there(heading: int, tmp_path: Path) -> None:
    ahead, right, angle = 30.0, 10.0, math.radians(heading)
    east = ahead * math.sin(angle) + right * math.cos(angle)
    north = ahead * math.cos(angle) - right * math.sin(angle)
    sketch = Sketch()
    sketch.ring([(east + x, north + y) for x, y in ((-2, -2), (2, -2), (2, 2), (-2, 2))], building="yes")
    mask = render(sketch.open(tmp_path), sketch.lat, sketch.lon, heading)
    rows, columns = np.nonzero(mask[..., CHANNELS.index("building")])
    assert (rows + 0.5).mean() == pytest.approx(112 - 2 * ahead, abs=1)
    assert (columns + 0.5).mean() == pytest.approx(112 + 2 * right, abs=1)


@pytest.mark.parametrize(
    ("lat", "lon", "heading", "message"),
    [
        (math.nan, 7, 0, "latitude is nan"),
        (51, math.inf, 0, "longitude is inf"),
        (51, 7, math.nan, "heading is nan"),
        (84.5, 7, 0, "latitude 84.5 is beyond 84 degrees"),
        (-90, 7, 0, "latitude -90 is beyond 84 degrees"),
        (51, 180.5, 0, "longitude 180.5 is outside -180 to 180"),
        (10, 180, 0, "antimeridian"),
        (10, -179.9999, 0, "antimeridian"),
    ],
)
def test_a_pose_where_no_map_can_be_is_refused(lat: float, lon: float, heading: float, message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        view_of(lat, lon, heading)


@pytest.mark.parametrize("heading", [-30.0, 690.0])
def test_headings_repeat_after_a_turn(heading: float) -> None:
    np.testing.assert_allclose(view_of(51, 7, heading).matrix, view_of(51, 7, 330.0).matrix, rtol=1e-9)


def cosine(lat: float) -> float:
    return math.cos(math.radians(lat))
