# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from offline_tools.errors import SimulationError
from offline_tools.osm.frame import view_of
from offline_tools.simworld.frame import LocalFrame


@pytest.mark.parametrize("origin", [(0.0, 0.0), (48.88, 2.35), (-33.9, 151.2), (64.1, -21.9)])
def test_metres_are_where_the_drawn_map_has_them(origin):
    """The top left corner of a map's pixels, 50 m away, to 2 cm."""
    view = view_of(*origin, 0.0, size=(200, 200), resolution=0.5)
    frame = LocalFrame(*origin)
    right, down = view.matrix @ np.array(
        [origin[1], np.degrees(np.log(np.tan(np.pi / 4 + np.radians(origin[0]) / 2))), 1]
    )
    lat, lon = frame.to_globe(30.0, 40.0)
    there = view.matrix @ np.array([float(lon), np.degrees(np.log(np.tan(np.pi / 4 + np.radians(float(lat)) / 2))), 1])
    np.testing.assert_allclose((there - (right, down)) * 0.5, (30.0, -40.0), atol=0.02)


def test_there_and_back():
    frame = LocalFrame(48.0, 11.0)
    x, y = np.random.default_rng(0).uniform(-2000, 2000, (2, 50))
    np.testing.assert_allclose(frame.to_metres(*frame.to_globe(x, y)), (x, y), atol=1e-6)


@pytest.mark.parametrize("wrong", [(91.0, 0.0), (0.0, 200.0), (float("nan"), 0.0)])
def test_an_origin_that_is_nowhere_is_refused(wrong):
    with pytest.raises(SimulationError):
        LocalFrame(*wrong)
