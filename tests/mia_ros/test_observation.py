# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.camera import Camera
from mia_ros.errors import CameraError
from mia_ros.gravity import LEVEL, Gravity
from mia_ros.grid import NETWORK_GRID
from mia_ros.observation import observed_cells
from mia_ros.rectify import Rectifier, View

CAMERA = Camera(1280, 720, 700, 700, 639.5, 359.5)
X, Z = NETWORK_GRID.centres()


def view(roll: float = 0, pitch: float = 0, camera: Camera = CAMERA) -> View:
    frame = np.full((camera.height, camera.width, 3), 128, np.uint8)
    return Rectifier(camera)(frame, Gravity.from_roll_pitch(roll, pitch))


def test_a_level_camera_sees_its_frustum() -> None:
    """Half a patch short of the image's edges, where the network's outermost feature columns have their centres."""
    half = (512 - 512 / 36) / 2 / 280
    np.testing.assert_array_equal(observed_cells(view()), np.abs(X / Z) <= half)


def test_an_off_axis_camera_sees_an_off_axis_frustum() -> None:
    right = observed_cells(view(camera=Camera(1280, 720, 700, 700, 300, 359.5)))
    assert right[0, 99] and not right[60, 20]
    assert right[:, 50:].sum() > right[:, :50].sum()


def test_columns_without_picture_are_not_observed() -> None:
    blind = view()
    blind.valid[:, :256] = False
    observed = observed_cells(blind)
    assert not observed[:, :49].any()
    assert observed[:, 52:].any()


@pytest.mark.parametrize("height", [0.8, 1.5])
@pytest.mark.parametrize("pitch", [0.0, 0.12, -0.1])
def test_ground_below_the_picture_is_not_observed(height: float, pitch: float) -> None:
    """On the camera's axis the picture meets the ground at height / tan(angle of its lowest row below the horizon).

    A camera that looks down sees nearer ground, but the levelled view, as large as the frame, does not show it.
    """
    lowest = math.atan(360 / 700) + min(pitch, 0)
    nearest = height / math.tan(lowest)
    observed = observed_cells(view(pitch=pitch), height)
    axis = Z[:, 50]
    expected = axis >= nearest
    unclear = np.abs(axis - nearest) < 0.1
    assert (observed[:, 50] == expected)[~unclear].all()
    assert observed_cells(view(pitch=pitch))[:, 50].sum() >= observed[:, 50].sum()


def test_ground_beyond_a_picture_that_ends_below_the_horizon_is_not_observed() -> None:
    """Looking down by 22 degrees, f = 900: the highest row is 0.2 degrees... below the horizon at 24 degrees by 2.2."""
    camera = Camera(1280, 720, 900, 900, 639.5, 359.5)
    pitch = math.radians(24)
    farthest = 1.2 / math.tan(pitch - math.atan(360 / 900))
    observed = observed_cells(view(pitch=pitch, camera=camera), 1.2)
    assert 20 < farthest < 45
    axis = Z[:, 50]
    assert not observed[axis > farthest + 1, 50].any()
    assert observed[(axis < farthest - 1) & (axis > 3), 50].all()


def test_where_the_column_shows_only_sky_no_ground_is_observed() -> None:
    sky = view()
    sky.valid[130:] = False
    assert not observed_cells(sky, 1.0).any()


@pytest.mark.parametrize("height", [0.0, -1.0, math.nan, math.inf])
def test_impossible_heights_are_refused(height: float) -> None:
    with pytest.raises(CameraError, match="camera_height"):
        observed_cells(view(), height)


def test_level_is_the_default_attitude() -> None:
    assert view().gravity == LEVEL
