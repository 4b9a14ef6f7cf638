# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from offline_tools.errors import DatasetError
from offline_tools.rendering.covering import check_picture, inside


def test_places_inside_a_box_and_on_its_border() -> None:
    lat, lon = np.array([48.0, 48.5, 47.9, 48.5, 48.5]), np.array([2.0, 2.5, 2.5, 3.1, 1.9])
    assert inside((2.0, 48.0, 3.0, 49.0), lat, lon).tolist() == [True, True, False, False, False]


def test_a_box_across_the_antimeridian() -> None:
    lon = np.array([179.5, -179.5, 178.0, -178.0, 0.0])
    assert inside((179.0, -20.0, -179.0, -10.0), np.full(5, -15.0), lon).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("size", "resolution"), [((0, 9), 0.5), ((9, 9000), 0.5), ((9, 9), 0.0), ((9, 9), float("inf"))]
)
def test_pictures_that_cannot_be_are_refused(size: tuple[int, int], resolution: float) -> None:
    with pytest.raises(DatasetError, match="want"):
        check_picture(size, resolution)
