# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.lens import Lens
from offline_tools.simworld.camera.rays import rays_of

LENSES = [
    Lens(),
    Lens("plumb_bob", (-0.35, 0.14, 0.002, -0.001)),
    Lens("plumb_bob", (0.2, 0.05, -0.004, 0.003, 0.01)),
    Lens("rational_polynomial", (0.4, 0.1, 0.001, 0.002, 0.02, 0.7, 0.2, 0.05)),
    Lens("rational_polynomial", (-0.2, 0.05, 0.001, 0.0, 0.0, 0.1, 0.0, 0.0, 0.002, -0.001, 0.001, 0.0)),
    Lens("equidistant", (0.0, 0.0, 0.0, 0.0)),
    Lens("equidistant", (0.08, -0.05, 0.02, -0.004)),
]


@pytest.mark.parametrize("lens", LENSES, ids=lambda lens: f"{lens.model}{len(lens.coefficients)}")
@pytest.mark.parametrize("rotate", [0, 90])
def test_rays_are_imaged_at_their_pixels(lens, rotate):
    camera = Camera(160, 120, 75.0, 74.0, 81.0, 58.0, lens).turned(rotate)
    rays, imaged = rays_of(camera)
    assert rays.shape == (120, 160, 3)
    pixels, seen = camera.project_to_frame(rays[imaged].astype(float))
    v, u = np.nonzero(imaged)
    assert imaged.mean() > 0.9
    assert seen.all()
    np.testing.assert_allclose(pixels, np.column_stack([u, v]), atol=0.02)


def test_pixels_beyond_the_lens_see_nothing():
    camera = Camera(200, 200, 40.0, 40.0, 99.5, 99.5, Lens("equidistant", (0.0, 0.0, 0.0, 0.0)))
    _, imaged = rays_of(camera)
    assert imaged[100, 100]
    assert not imaged[0, 0]
