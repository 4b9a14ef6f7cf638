# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from offline_tools.curate.keyframes import thin
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.photos import photos

METRE = 1 / 111_195
#: The south-west corner of a cell, near 60 degrees north.
ROW = round(60 * 111_195 / 4)
SOUTH = ROW * 4 * METRE
WIDE = METRE / math.cos(math.radians(SOUTH))
WEST = round(5 / (4 * WIDE)) * 4 * WIDE


def at(east: float, north: float, heading: float | None = 0.0, captured_at: int | None = 1) -> dict:
    place = {"computed_geometry.long": WEST + east * WIDE, "computed_geometry.lat": SOUTH + north * METRE}
    return {**place, "computed_compass_angle": heading, "captured_at": captured_at}


def test_the_newest_photo_of_a_cell_stays() -> None:
    assert thin(photos(at(1, 1, captured_at=5), at(3, 3, captured_at=7), at(2, 2, captured_at=6))) == ["1"]


def test_cells_are_four_metres_wide_and_high() -> None:
    assert thin(photos(at(0.1, 1), at(3.9, 1), at(4.1, 1), at(-0.1, 1), at(1, 3.9), at(1, 4.1))) == ["0", "2", "3", "5"]


def test_photos_that_look_another_way_stay() -> None:
    looks = [0, 22, 338, 23, 180, 359.9, 360, -10]
    assert thin(photos(*(at(1, 1, look) for look in looks))) == ["0", "3", "4"]


def test_of_photos_of_one_time_the_first_stays() -> None:
    assert thin(photos(at(1, 1), at(1, 1), at(1, 1, captured_at=None))) == ["0"]


def test_a_photo_without_heading_or_position_is_left_out() -> None:
    assert thin(photos(at(1, 1, None), at(math.nan, 1), at(1, 1))) == ["2"]


def test_bad_input_is_named() -> None:
    with pytest.raises(DatasetError, match="cells of 0 m"):
        thin(photos(at(1, 1)), cell_m=0)
    with pytest.raises(DatasetError, match="no rows"):
        thin(photos(at(1, 1)).clear())
