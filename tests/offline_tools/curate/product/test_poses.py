# SPDX-License-Identifier: Apache-2.0
import json
import math
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.curate.product.poses import PoseError, camera_in_world, drives, heading_of, metres_from, position_of
from offline_tools.curate.tables import VIEWS
from offline_tools.dataset import LocationWriter
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.product.taken import LAT, LON, photo, rotation, table

_SAME = [1.0, 0, 0, 0, 1, 0, 0, 0, 1]


def view(id_: str = "1", view_id: str = "", turn: list[float] = _SAME, **changes: object) -> dict[str, object]:
    found = {"id": id_, "view_id": view_id or id_, "width": 512, "height": 384, "focal": 400.0, "covered": 1.0}
    return {**found, "rotation": turn, "problem": None, **changes}


def views(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(VIEWS))


def test_heading_of_real_answers_is_their_compass_angle(shared: Path) -> None:
    compared = 0
    for path in (shared / "data/mapillary_api/josm_mapillary_v4/graph").glob("*.json"):
        answer = json.loads(path.read_text())
        if "computed_rotation" in answer and "computed_compass_angle" in answer:
            heading = heading_of(camera_in_world(answer))
            assert abs((heading - answer["computed_compass_angle"] + 180) % 360 - 180) < 0.01
            compared += 1
    assert compared >= 3


@given(st.floats(0, 359.99), st.floats(-80, 80), st.floats(-80, 80))
def test_camera_looks_where_its_heading_says(heading: float, pitch: float, roll: float) -> None:
    taken = photo(computed_rotation=rotation(heading, pitch, roll), computed_compass_angle=heading)
    assert abs((heading_of(camera_in_world(taken)) - heading + 180) % 360 - 180) < 1e-6


def test_roll_pitch_and_yaw_are_the_angles_of_the_camera() -> None:
    taken = photo(computed_rotation=rotation(200, pitch=5, roll=-3), computed_compass_angle=200)
    image = drives(views(view()), table(taken), (LON, LAT))["drive"].images[0]
    assert [math.degrees(angle) for angle in (image.roll, image.pitch)] == pytest.approx([-3, 5])
    assert math.degrees(image.yaw) % 360 == pytest.approx(200)


def test_angles_are_those_of_the_published_order_of_turns() -> None:
    """R_w2c turned by -90 degrees about x is Ry(roll) Rx(pitch) Rz(yaw)."""
    taken = photo(computed_rotation=rotation(77, pitch=-8, roll=12), computed_compass_angle=77)
    image = drives(views(view()), table(taken), (LON, LAT))["drive"].images[0]
    turns = [([0, 1, 0], image.roll), ([1, 0, 0], image.pitch), ([0, 0, 1], image.yaw)]
    about_y, about_x, about_z = (cv2.Rodrigues(np.array(axis) * angle)[0] for axis, angle in turns)
    quarter = cv2.Rodrigues(np.array([-math.pi / 2, 0, 0]))[0]
    np.testing.assert_allclose(quarter @ image.rotation.T, about_y @ about_x @ about_z, atol=1e-9)


def test_view_to_the_right_of_a_photo_looks_90_degrees_further() -> None:
    to_view = [0.0, 0, -1, 0, 1, 0, 1, 0, 0]  # the photo's right is what the view has ahead
    image = drives(views(view(turn=to_view)), table(photo(heading=350.0)), (LON, LAT))["drive"].images[0]
    assert math.degrees(image.yaw) == pytest.approx(80)


def test_a_heading_that_the_compass_angle_contradicts_is_refused() -> None:
    with pytest.raises(PoseError, match=r"looks 30.0 degrees from north, but computed_compass_angle says 210.0"):
        camera_in_world(photo(heading=30.0, computed_compass_angle=210.0))


@pytest.mark.parametrize("turn", [None, [], [0.1, 0.2], [0.1, 0.2, None], [0.1, math.nan, 0.2], [0.1, 0.2, 1e9]])
def test_a_rotation_that_is_none_is_refused(turn: object) -> None:
    with pytest.raises(PoseError, match="computed_rotation is missing or no angle and axis"):
        camera_in_world(photo(computed_rotation=turn))


def test_a_camera_that_looks_straight_down_has_no_heading() -> None:
    with pytest.raises(PoseError, match="straight up or down"):
        camera_in_world(photo(computed_rotation=rotation(0, pitch=90)))


@pytest.mark.parametrize("lat", [None, math.nan, 91.0])
def test_a_place_that_is_none_is_refused(lat: float | None) -> None:
    with pytest.raises(PoseError, match="computed_geometry"):
        position_of(photo(**{"computed_geometry.lat": lat}))


def test_metres_from_the_origin_follow_the_ellipsoid() -> None:
    """The radii of curvature at 48 degrees north, by their formulas."""
    square = (1 - 1 / 298.257223563) ** 2
    bend = 1 - (1 - square) * math.sin(math.radians(48)) ** 2
    across = 6_378_137 / math.sqrt(bend)
    along = across * square / bend
    east, north, up = metres_from((2, 48), [(2.001, 48, 0), (2, 48.001, 0), (2, 48, 7)])
    assert east[:2] == pytest.approx([math.radians(0.001) * across * math.cos(math.radians(48)), 0], abs=0.01)
    assert north[:2] == pytest.approx([0, math.radians(0.001) * along], abs=0.01)
    assert up == pytest.approx([0, 0, 7], abs=1e-6)


def test_drives_are_in_the_order_of_names_and_times() -> None:
    rows = [photo("3", sequence="b"), photo("2", sequence="a"), photo("1", sequence="b")]
    found = drives(views(view("3"), view("2"), view("1")), table(*rows), (LON, LAT))
    assert {name: [image.id for image in drive.images] for name, drive in found.items()} == {
        "a": ["2"],
        "b": ["1", "3"],
    }
    assert list(found) == ["a", "b"]


def test_views_with_a_problem_are_left_out() -> None:
    found = drives(views(view("1"), view("2", problem="no photo")), table(photo("1"), photo("2")), (LON, LAT))
    assert [image.id for image in found["drive"].images] == ["1"]


def test_views_without_metadata_are_refused() -> None:
    with pytest.raises(DatasetError, match="1 views are of photos that the metadata do not have"):
        drives(views(view("1"), view("2")), table(photo("1")), (LON, LAT))


def test_a_missing_altitude_is_that_of_the_gps_or_none() -> None:
    rows = [photo("1", computed_altitude=None, altitude=31.0), photo("2", computed_altitude=None)]
    images = drives(views(view("1"), view("2")), table(*rows), (LON, LAT))["drive"].images
    assert [image.altitude for image in images] == [31.0, 0.0]


def test_dump_is_read_back_with_the_pinhole_and_the_heading(tmp_path: Path) -> None:
    from offline_tools.dataset.dump import Views

    writer = LocationWriter(tmp_path, "place")
    writer.dump(drives(views(view()), table(photo(heading=123.0)), (LON, LAT)))
    found = Views(writer.folder / "dump.json").of("1")
    assert found.heading_deg == pytest.approx(123.0)
    assert (found.camera.width, found.camera.fx, found.camera.cx) == (512, 400.0, 255.5)
    assert (found.lat, found.lon) == (LAT, LON)
