# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import FrameError
from offline_tools.curate.undistortion import Undistorted, cut_views
from tests.offline_tools.curate.undistortion.photos import street


def sphere(width: int, height: int) -> np.ndarray:
    """Colours that vary smoothly with the direction: 1 + x, 1 + y, 1 + z of its unit vector."""
    longitude = ((np.arange(width) + 0.5) / width - 0.5) * math.tau
    latitude = ((np.arange(height) + 0.5 - height / 2) / width) * math.tau
    lon, lat = np.meshgrid(longitude, latitude)
    return _colours(np.stack([np.cos(lat) * np.sin(lon), np.sin(lat), np.cos(lat) * np.cos(lon)], -1))


def wanted(view: Undistorted) -> np.ndarray:
    """What a view must show, from the rays of its pixels."""
    camera = view.camera
    u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], -1) @ view.rotation.T
    return _colours(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


def _colours(directions: np.ndarray) -> np.ndarray:
    return np.round(127 * (1 + directions)).astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(256, 128), (1000, 500), (1030, 515)])
@pytest.mark.parametrize("yaw", [0.0, 1.0, -3.0])
def test_views_show_what_lies_in_their_direction(width: int, height: int, yaw: float) -> None:
    for view in cut_views(sphere(width, height), size=64, yaw=yaw):
        difference = np.abs(view.image.astype(int) - wanted(view))
        assert difference.max() <= 2 and difference.mean() < 0.7


def test_views_look_a_quarter_apart_and_the_first_to_the_middle() -> None:
    forwards = [view.rotation[:, 2] for view in cut_views(street(1024, 512))]
    np.testing.assert_allclose(forwards, [(0, 0, 1), (1, 0, 0), (0, 0, -1), (-1, 0, 0)], atol=1e-9)


def test_views_have_ninety_degrees() -> None:
    camera = cut_views(street(1024, 512), size=512)[0].camera
    assert math.degrees(2 * math.atan(camera.width / 2 / camera.fx)) == pytest.approx(90)
    assert (camera.cx, camera.cy) == (255.5, 255.5)


def test_what_a_low_panorama_does_not_show_is_black() -> None:
    """A strip of 45 degrees, up to 22.5 degrees: tan = 0.414 of half the view's height."""
    view = cut_views(np.full((256, 2048, 3), 255, np.uint8), size=512)[0]
    column = view.image[:, 256, 0]
    assert (column > 127).sum() == pytest.approx(512 * math.tan(math.radians(22.5)), abs=3)
    assert 0.3 < view.covered < 0.5


@pytest.mark.parametrize("shape", [(512, 512, 3), (400, 600, 3), (16, 40, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FrameError, match="no spherical photo"):
        cut_views(np.zeros(shape, np.uint8))


def test_yaw_must_be_finite() -> None:
    with pytest.raises(FrameError, match="^yaw: nan"):
        cut_views(street(1024, 512), yaw=math.nan)
