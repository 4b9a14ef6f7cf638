# SPDX-License-Identifier: Apache-2.0
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources.boxes import query_box


@given(st.floats(-179.9, 179.9), st.floats(-89.9, 89.9), st.floats(0, 0.05), st.floats(0, 0.05))
def test_box_is_rounded_outwards_by_less_than_a_step(west: float, south: float, width: float, height: float) -> None:
    given_box = (west, south, west + width, south + height)
    rounded = tuple(map(float, query_box(given_box, max_area=1)))
    grown = [abs(a - b) for a, b in zip(given_box, rounded, strict=True)]
    assert rounded[0] <= west and rounded[1] <= south
    assert rounded[2] >= given_box[2] and rounded[3] >= given_box[3]
    assert max(grown) < 0.001 + 1e-9


def test_box_on_the_steps_stays_as_it_is() -> None:
    """0.1 + 0.2 and its like are not one step more."""
    assert tuple(map(str, query_box((2.341, 48.88, 2.345, 48.882), 1))) == ("2.341", "48.880", "2.345", "48.882")


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((2, 48, 3, 49), r"1 square degrees, at most 0\.0025.*smaller boxes"),
        ((179.99, 1, -179.99, 1.01), "antimeridian"),
        ((2, 48.01, 2.01, 48), "south lies north"),
        ((2, 89.99, 2.01, 90.01), "outside the world"),
        ((math.nan, 48, 2.01, 48.01), "finite"),
    ],
)
def test_what_should_not_be_asked_for_is_refused(box: tuple[float, float, float, float], message: str) -> None:
    with pytest.raises(MapSourceError, match=message):
        query_box(box, 0.0025)
