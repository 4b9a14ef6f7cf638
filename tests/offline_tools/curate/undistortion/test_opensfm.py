# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import CameraError
from offline_tools.curate.undistortion import OpensfmCamera


def test_parameters_as_the_api_gives_them() -> None:
    camera = OpensfmCamera.from_mapillary("fisheye", [0.4686, -0.0562, 0.0045])
    assert camera == OpensfmCamera("fisheye", 0.4686, -0.0562, 0.0045)


def test_parameters_from_a_table_are_arrays() -> None:
    assert OpensfmCamera.from_mapillary("perspective", np.array([0.8, 0, 0])) == OpensfmCamera("perspective", 0.8)


@pytest.mark.parametrize("name", ["spherical", "equirectangular"])
def test_spherical_photos_need_no_parameters(name: str) -> None:
    assert OpensfmCamera.from_mapillary(name, []) == OpensfmCamera("spherical")


MISSING = (None, [], [0.8], [0.8, 0.0, 0.0, 0.0], [0.8, None, 0.0])
NO_NUMBERS = (
    [math.nan, 0.0, 0.0],
    [0.8, math.inf, 0.0],
    ["0.8", "0", "0"],
    [[0.8], [0.0], [0.0]],
    {"focal": 1},
    "0.8",
    1,
)
IMPOSSIBLE = ([0.0, 0.0, 0.0], [-0.8, 0.0, 0.0], [1e9, 0.0, 0.0], [0.8, 1e9, 0.0])


@pytest.mark.parametrize("parameters", [*MISSING, *NO_NUMBERS, *IMPOSSIBLE])
def test_bad_parameters_are_refused_in_one_line(parameters: object) -> None:
    with pytest.raises(CameraError, match="^camera_parameters: [^\n]+$"):
        OpensfmCamera.from_mapillary("perspective", parameters)


@pytest.mark.parametrize("camera_type", ["brown", "", None, 3, math.nan, "perspective\nfisheye"])
def test_other_camera_types_are_refused_in_one_line(camera_type: object) -> None:
    with pytest.raises(CameraError, match="^camera_type: [^\n]+$"):
        OpensfmCamera.from_mapillary(camera_type, [0.8, 0.0, 0.0])


def test_pinhole_counts_from_pixel_centres() -> None:
    camera = OpensfmCamera("perspective", 0.85).pinhole(512, 384)
    assert (camera.fx, camera.fy, camera.cx + 0.5, camera.cy + 0.5) == (435.2, 435.2, 256, 192)


def test_perspective_scale_is_the_polynomial() -> None:
    squared = np.array([0.0, 0.25, 1.0])
    scale = OpensfmCamera("perspective", 0.8, -0.1, 0.02).scale_of(squared)
    np.testing.assert_allclose(scale, [1, 1 - 0.025 + 0.00125, 0.92])


def test_fisheye_images_the_angle() -> None:
    """45 degrees off the axis is radius 1 on the plane, and pi/4 in an equidistant picture; the axis stays."""
    np.testing.assert_allclose(OpensfmCamera("fisheye", 0.5).scale_of(np.array([0.0, 1.0])), [1, math.pi / 4])


def test_nothing_is_seen_where_a_lens_would_fold() -> None:
    """r (1 - r^2 / 3) grows up to r = 1."""
    scale = OpensfmCamera("perspective", 0.8, -1 / 3).scale_of(np.array([0.9, 1.1]) ** 2)
    assert not np.isnan(scale[0]) and np.isnan(scale[1])
