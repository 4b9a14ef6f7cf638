# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from offline_tools.errors import SimulationError
from offline_tools.simworld.lenses import camera_of


@pytest.mark.parametrize(("lens", "fov"), [("none", 80), ("plumb_bob", 100), ("equidistant", 150)])
def test_the_field_of_view_ends_where_the_picture_does(lens, fov):
    camera = camera_of(640, 480, fov, lens)
    angle = math.radians(fov) / 2
    pixel, valid = camera.project(np.array([[math.sin(angle), 0.0, math.cos(angle)]]))
    assert valid.all()
    assert pixel[0, 0] == pytest.approx(639.5, abs=1.5)  # the lens is a little decentred


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ((640, 480, 80, "magic"), "lens 'magic': choose none, plumb_bob, equidistant"),
        ((640, 480, 150, "none"), "fov 150: want 20 to 120 degrees"),
        ((8, 480, 80, "none"), "image 8 x 480: want 32 to 4096 pixels"),
    ],
)
def test_impossible_cameras_are_refused(values, problem):
    with pytest.raises(SimulationError, match=problem):
        camera_of(*values)
