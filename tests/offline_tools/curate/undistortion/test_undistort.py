# SPDX-License-Identifier: Apache-2.0
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from mia_ros.errors import CameraError, FrameError
from offline_tools.curate.undistortion import OpensfmCamera, undistort
from tests.offline_tools.curate.undistortion.photos import grey_levels, published, street

PERSPECTIVE, FISHEYE = OpensfmCamera("perspective", 0.75, -0.1, 0.03), OpensfmCamera("fisheye", 0.45, -0.02, 0.005)


def test_photos_equal_the_published(shared: Path) -> None:
    folder = shared / "fixtures" / "fpv"
    for entry in json.loads((folder / "undistort.json").read_text()):
        camera = OpensfmCamera.from_mapillary(entry["camera_type"], entry["camera_parameters"])
        view = undistort(cv2.imread(str(folder / f"raw_{entry['i']}.png")), camera)
        wanted = cv2.imread(str(folder / f"undist_{entry['i']}.png"))
        assert grey_levels(view.image, wanted) < 0.5
        pinhole = view.camera
        assert [pinhole.width, pinhole.height] == entry["out_wh"]
        counted = [pinhole.fx, pinhole.fy, pinhole.cx + 0.5, pinhole.cy + 0.5]
        np.testing.assert_allclose(counted, entry["pinhole_fx_fy_cx_cy"])


@pytest.mark.parametrize("camera", [PERSPECTIVE, FISHEYE], ids=["perspective", "fisheye"])
@pytest.mark.parametrize(("width", "height"), [(301, 233), (512, 384), (521, 391), (768, 1024), (1600, 1200)])
def test_any_size_equals_the_published_rule(camera: OpensfmCamera, width: int, height: int) -> None:
    photo = street(width, height)
    assert grey_levels(undistort(photo, camera).image, published(photo, camera)) < 0.6


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (2048, 1536), (3000, 1688), (1536, 2048)])
def test_large_photos_equal_the_published_rule(width: int, height: int) -> None:
    photo = street(width, height)
    assert grey_levels(undistort(photo, PERSPECTIVE).image, published(photo, PERSPECTIVE)) < 0.7


def test_a_photo_stored_smaller_gives_the_same_picture() -> None:
    """Focal lengths are in units of the longer side."""
    large = undistort(street(1600, 1200), PERSPECTIVE)
    small = undistort(cv2.resize(street(1600, 1200), (800, 600), interpolation=cv2.INTER_AREA), PERSPECTIVE)
    assert small.camera == large.camera
    assert grey_levels(small.image, large.image) < 2


def test_outside_the_photo_is_black_and_told() -> None:
    """With f = 0.5 and k1 = 0.4, the side's middle would come from 1.4 half widths off: black beyond x = 0.86.."""
    view = undistort(np.full((400, 400, 3), 255, np.uint8), OpensfmCamera("perspective", 0.5, 0.4))
    assert (view.image[:, 5] == 0).all() and (view.image[180:220, 180:220] == 255).all()
    assert view.covered == pytest.approx((view.image[..., 0] > 127).mean(), abs=0.01)
    assert undistort(street(400, 300), PERSPECTIVE).covered == 1


def test_beyond_a_fold_of_the_lens_is_black() -> None:
    """r (1 - r^2 / 3) turns back at r = 1, which lies 200 px from the middle; the corner is 283 px away."""
    view = undistort(np.full((400, 400, 3), 255, np.uint8), OpensfmCamera("perspective", 0.5, -1 / 3))
    assert view.image[20, 20].max() == 0 and view.image[200, 20].min() == 255
    assert view.covered == pytest.approx(math.pi / 4, abs=0.01)


def test_the_axis_of_a_fisheye_is_no_hole() -> None:
    view = undistort(np.full((400, 400, 3), 200, np.uint8), FISHEYE)
    assert view.image[195:205, 195:205].min() == 200


@pytest.mark.parametrize(("orientation", "degrees"), [(3, 180), (6, 90), (8, 270)])
def test_orientation_turns_picture_camera_and_axes(orientation: int, degrees: int) -> None:
    photo = street(640, 480)
    stored, upright = undistort(photo, PERSPECTIVE), undistort(photo, PERSPECTIVE, orientation=orientation)
    np.testing.assert_array_equal(upright.image, np.rot90(stored.image, -degrees // 90))
    # A point that the stored camera sees lies, in the upright camera's axes, where the upright picture shows it.
    point = np.array([0.2, 0.1, 1.0])
    u, v = stored.camera.project(point)[0]
    turned_u, turned_v = upright.camera.project(upright.rotation.T @ point)[0]
    corner = {180: (511 - u, 383 - v), 90: (383 - v, u), 270: (v, 511 - u)}[degrees]
    np.testing.assert_allclose((turned_u, turned_v), corner)


@pytest.mark.parametrize("orientation", [0, 2, 5, 9, -1])
def test_mirrored_and_unknown_orientations_are_refused(orientation: int) -> None:
    with pytest.raises(FrameError, match=f"^exif_orientation: {orientation} is [^\n]+$"):
        undistort(street(64, 48), PERSPECTIVE, orientation=orientation)


@pytest.mark.parametrize("image", [np.zeros((48, 64), np.uint8), np.zeros((48, 64, 3)), np.zeros((4, 64, 3), np.uint8)])
def test_what_is_no_photo_is_refused(image: np.ndarray) -> None:
    with pytest.raises(FrameError, match=r"^photo: [^\n]+$"):
        undistort(image, PERSPECTIVE)


def test_spherical_photos_have_no_one_pinhole() -> None:
    with pytest.raises(CameraError, match="cut it into views"):
        undistort(street(128, 64), OpensfmCamera("spherical"))


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(FrameError, match="^size: 0 pixels"):
        undistort(street(64, 48), PERSPECTIVE, size=0)
