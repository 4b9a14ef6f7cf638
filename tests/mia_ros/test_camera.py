# SPDX-License-Identifier: Apache-2.0
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.camera import Camera, Roi
from mia_ros.errors import CameraError, FrameError

K = [500.0, 0, 321.5, 0, 510.0, 238.0, 0, 0, 1]
# Within the lens: at most 55 degrees off the axis.
points = st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(2, 20))


def info(**changes: Any) -> Camera:
    fields: dict[str, Any] = {
        "width": 640,
        "height": 480,
        "K": K,
        "D": [0.1, -0.05, 0.001, 0.002, 0],
        "model": "plumb_bob",
    }
    return Camera.from_camera_info(**{**fields, **changes})


def pixel(camera: Camera, point: tuple[float, float, float]) -> np.ndarray:
    pixels, seen = camera.project(np.array(point))
    assert seen
    return pixels


@given(points)
def test_pinhole_projection(point: tuple[float, float, float]) -> None:
    x, y, z = point
    camera = Camera(640, 480, 500, 510, 321.5, 238)
    np.testing.assert_allclose(pixel(camera, point), (500 * x / z + 321.5, 510 * y / z + 238), atol=1e-9)


@given(points, st.floats(0.1, 3), st.floats(0.1, 3))
def test_scaling_intrinsics_commutes_with_projection(point: tuple[float, float, float], sx: float, sy: float) -> None:
    """Pixel edges, not centres, scale: u + 0.5."""
    camera = info()
    scaled = camera.scaled(sx, sy, 100, 100)
    expected = (pixel(camera, point) + 0.5) * (sx, sy) - 0.5
    np.testing.assert_allclose(pixel(scaled, point), expected, atol=1e-6)


@given(points, st.integers(-50, 300), st.integers(-50, 200))
def test_cropping_intrinsics_commutes_with_projection(point: tuple[float, float, float], x: int, y: int) -> None:
    camera = info()
    np.testing.assert_allclose(pixel(camera.cropped(x, y, 99, 77), point), pixel(camera, point) - (x, y), atol=1e-9)


def test_roi_then_binning() -> None:
    """A sensor of 640 x 480, its part from (100, 40) of 400 x 300, binned 2 x 3: size and centre of what arrives."""
    camera = info(roi=Roi(100, 40, 400, 300), binning_x=2, binning_y=3)
    assert (camera.width, camera.height) == (200, 100)
    assert (camera.fx, camera.fy) == (250.0, 170.0)
    assert camera.cx == pytest.approx((321.5 - 100 + 0.5) / 2 - 0.5)
    assert camera.cy == pytest.approx((238 - 40 + 0.5) / 3 - 0.5)


def test_binning_keeps_the_picture_in_place() -> None:
    """Averaging 2 x 2 blocks of a gradient image gives the gradient that the binned intrinsics predict."""
    camera, binned = info(model="", D=[]), info(model="", D=[], binning_x=2, binning_y=2)
    ray_x = (np.arange(640) - camera.cx) / camera.fx
    averaged = ray_x.reshape(320, 2).mean(1)
    np.testing.assert_allclose((np.arange(320) - binned.cx) / binned.fx, averaged, atol=1e-12)


def test_zero_roi_and_binning_mean_the_whole_sensor() -> None:
    assert info(roi=Roi(), binning_x=0, binning_y=1) == info()


def test_rectified_uses_p_and_no_lens() -> None:
    camera = info(P=[400, 0, 300, -20, 0, 405, 240, 0, 0, 0, 1, 0], rectified=True)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (400, 405, 300, 240)
    assert camera.lens.model == "none"


@given(points, st.sampled_from([0, 90, 180, 270]))
def test_turned_camera_sees_what_the_turned_frame_shows(point: tuple[float, float, float], degrees: int) -> None:
    """np.rot90 turns the picture; a point's pixel goes along, lens included."""
    camera = info()
    turned = camera.turned(degrees)
    u, v = pixel(camera, point)
    x, y, z = point
    width, height = 640, 480
    for _ in range(degrees // 90):  # clockwise: the right side goes down
        u, v, x, y = height - 1 - v, u, -y, x
        width, height = height, width
    assert (turned.width, turned.height) == (width, height)
    np.testing.assert_allclose(pixel(turned, (x, y, z)), (u, v), atol=1e-9)
    to_frame, _ = turned.project_to_frame(np.array([[x, y, z]]))
    np.testing.assert_allclose(to_frame[0], pixel(camera, point), atol=1e-9)


def test_pixel_of_a_turned_frame_is_where_rot90_puts_it() -> None:
    frame = np.arange(480 * 640).reshape(480, 640)
    camera = Camera(640, 480, 500, 510, 100, 50)  # the axis shows pixel (100, 50)
    turned = camera.turned(90)
    assert np.rot90(frame, -1)[round(turned.cy), round(turned.cx)] == frame[50, 100]
    assert turned.frame_size == (640, 480)


def test_turning_four_times_changes_nothing() -> None:
    camera = info()
    assert camera.turned(90).turned(90).turned(90).turned(90) == camera
    assert camera.turned(270).as_it_arrives() == camera


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"K": [0.0, *K[1:]]}, "^K: focal lengths 0.0"),
        ({"K": [math.nan, *K[1:]]}, "^K: .*not finite"),
        ({"K": K[:8]}, "^K: 8 numbers, want 9"),
        ({"K": [500, 3, 320, 0, 500, 240, 0, 0, 1]}, "^K: .*no pinhole"),
        ({"K": [0.0] * 9}, "^K: .*not calibrated"),
        ({"D": [0.1] * 3}, "^D: 3 coefficients"),
        ({"D": [0.1] * 5, "model": "equidistant"}, "^D: 5 coefficients.*equidistant.*4"),
        ({"model": "ftheta"}, "^distortion_model: unknown model 'ftheta'"),
        ({"width": 0}, "^width: 0"),
        ({"height": -480}, "^height: -480"),
        ({"rotate": 45}, "^rotate: 45"),
        ({"binning_x": -1}, "^binning: -1"),
        ({"roi": (600, 0, 100, 100)}, "^roi: "),
        ({"rectified": True}, "^P: 0 numbers, want 12"),
        ({"rectified": True, "P": [0.0] * 12}, "^P: focal lengths"),
    ],
)
def test_bad_camera_info_is_refused_by_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CameraError, match=message):
        info(**changes)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((640, 480, 0, 500, 320, 240), "^fx: "),
        ((640, 480, 500, -1, 320, 240), "^fy: "),
        ((640, 480, 500, 500, math.nan, 240), "^cx: "),
        ((640, 480, 500, 500, 320, math.inf), "^cy: "),
        ((640.5, 480, 500, 500, 320, 240), "^width: "),
        ((640, math.nan, 500, 500, 320, 240), "^height: "),
    ],
)
def test_bad_intrinsics_are_refused_by_field(fields: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CameraError, match=message):
        Camera(*fields)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.zeros((480, 640, 3), np.float32), "dtype float32, want uint8"),
        (np.zeros((480, 640), np.uint8), "three channels"),
        (np.zeros((480, 640, 4), np.uint8), "three channels"),
        (np.zeros((640, 480, 3), np.uint8), "480 x 640 pixels, but the camera has 640 x 480"),
        (np.zeros((240, 320, 3), np.uint8), "320 x 240 pixels, but the camera has 640 x 480"),
        ([[0]], "dtype list, want uint8"),
    ],
)
def test_frames_of_another_camera_are_refused(frame: Any, message: str) -> None:
    with pytest.raises(FrameError, match=f"^frame: .*{message}"):
        info().check_frame(frame)
