# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_ros.camera import Camera
from mia_ros.errors import FrameError, TiltError
from mia_ros.gravity import LEVEL, Gravity
from mia_ros.rectify import Rectifier, View
from mia_ros.warp_exact import source_pixels
from tests.mia_ros.scenes import blocks, rays_of_pixels

#: What the robot's fast way may differ from the exact way inside the mask, in units of 0..1.
FAST_MEAN, FAST_99 = 0.0025, 0.015

BARREL = Camera.from_camera_info(
    1280, 720, [700, 0, 650, 0, 705, 350, 0, 0, 1], [-0.25, 0.06, 0.001, -0.0005, 0], "plumb_bob"
)
BARREL_SMALL = BARREL.scaled(0.5, 0.5, 640, 360)
RATIONAL = Camera.from_camera_info(
    640, 480, [420, 0, 318, 0, 421, 243, 0, 0, 1], [0.5, 0.1, 0, 0, 0.01, 0.6, 0.12, 0.01], "rational_polynomial"
)
FISHEYE = Camera.from_camera_info(848, 480, [300, 0, 420, 0, 301, 241, 0, 0, 1], [0.02, -0.01, 0, 0], "equidistant")
PINHOLE = Camera(1280, 720, 900, 900, 639.5, 359.5)

tilts = st.tuples(st.floats(-0.17, 0.17), st.floats(-0.17, 0.17))


def difference(exact: View, fast: View) -> np.ndarray:
    """Inside both masks, where neither shows the black beyond the frame."""
    return np.abs(exact.image - fast.image / np.float32(255))[exact.valid & fast.valid]


def fixture_camera(values: np.ndarray) -> Camera:
    width, height, fx, fy, cx, cy = values.astype(float)
    return Camera(int(width), int(height), fx, fy, cx, cy)


@pytest.mark.parametrize("name", ["prep_a", "prep_b_portrait", "prep_c_rollonly", "prep_d_kitti_style"])
@pytest.mark.parametrize("exact", [True, False])
def test_published_preprocessing(shared: Path, name: str, exact: bool) -> None:
    case = np.load(shared / "fixtures" / "preprocess" / f"{name}.npz")
    recipe = (
        {"target_focal": float(case["target_focal"]), "multiple": int(case["pad_multiple"])}
        if "target_focal" in case
        else {}
    )
    gravity = Gravity.from_roll_pitch(np.radians(case["roll"]), np.radians(np.nan_to_num(case["pitch"])))
    view = Rectifier(fixture_camera(case["camera"]), exact=exact, **recipe)(case["image"], gravity)

    height, width = case["resized_valid"].shape
    image = view.image if exact else view.image / np.float32(255)
    error = np.abs(case["resized_u16"].transpose(1, 2, 0) / 65535 - image[:height, :width])
    if exact:
        assert error.max() < 2e-4
    else:
        inside = error[case["resized_valid"]]
        assert inside.mean() < FAST_MEAN
        assert np.percentile(inside, 99) < FAST_99
    assert view.image.shape[:2] == tuple(case["padded_shape"][1:])
    assert not view.image[height:].any() and not view.image[:, width:].any()
    assert (view.valid != case["padded_valid"]).mean() <= 1e-3
    camera = view.camera
    seen = [camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy]
    np.testing.assert_allclose(seen, case["camera_padded"], atol=1e-3)


@pytest.mark.parametrize(("camera", "seed"), [(PINHOLE, 1), (PINHOLE.scaled(0.5, 0.5, 640, 360), 2)])
def test_exact_way_is_what_torch_computes(camera: Camera, seed: int) -> None:
    """The same steps in PyTorch: grid_sample without aligned corners, then a resize with antialias."""
    plain = pytest.importorskip("benchmarks.plain_levelling", reason="needs torch", exc_type=ImportError)
    frame, gravity = blocks(camera.width, camera.height, seed), Gravity.from_roll_pitch(-0.12, 0.15)
    view = Rectifier(camera, exact=True)(frame, gravity)
    image, valid = plain.level_and_resize(frame, camera, gravity)
    assert np.abs(view.image - image).max() < 5e-5
    assert (view.valid != valid).mean() < 1e-3


@pytest.mark.parametrize(
    "camera", [PINHOLE, BARREL, RATIONAL, FISHEYE], ids=["none", "plumb_bob", "rational", "fisheye"]
)
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_fast_way_agrees_with_the_exact_way(camera: Camera, rotate: int) -> None:
    frame, turned = blocks(camera.width, camera.height, rotate), camera.turned(rotate)
    gravity = Gravity.from_roll_pitch(0.1, -0.08)
    exact, fast = (Rectifier(turned, exact=way)(frame, gravity) for way in (True, False))
    error = difference(exact, fast)
    assert error.mean() < FAST_MEAN
    # A large frame is filtered before it is undistorted; where a strong lens squeezes the picture, that filter is wide.
    assert np.percentile(error, 99) < (0.03 if camera is BARREL else FAST_99)
    assert (exact.valid != fast.valid).mean() < 2e-3
    assert exact.camera == fast.camera


@given(st.integers(320, 2000), st.floats(0.5, 1.6), tilts)
@settings(max_examples=8)
def test_fast_way_agrees_at_any_size(width: int, shape: float, tilt: tuple[float, float]) -> None:
    height = round(width * shape) if width < 900 else round(width * 0.5625)
    camera = Camera(width, height, 0.8 * width, 0.8 * width, width * 0.52, height * 0.47)
    frame, gravity = blocks(width, height), Gravity.from_roll_pitch(*tilt)
    exact, fast = (Rectifier(camera, exact=way, min_valid=0)(frame, gravity) for way in (True, False))
    error = difference(exact, fast)
    assert error.mean() < FAST_MEAN
    assert np.percentile(error, 99) < FAST_99
    assert (exact.valid != fast.valid).mean() < 1e-3


def line_frame(camera: Camera, gravity: Gravity, x: float) -> np.ndarray:
    """A frame that shows a soft vertical line at x metres to the right, 1 m ahead, of any height."""
    level = rays_of_pixels(camera) @ gravity.rotation()  # R^T applied to every ray
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(level[..., 2] > 0.05, level[..., 0] / level[..., 2] - x, 9.0)
    width = 6 / camera.fx
    bright = np.rint(255 * np.exp(-((distance / width) ** 2))).astype(np.uint8)
    return np.repeat(bright[..., None], 3, 2)


@pytest.mark.parametrize(
    "camera", [PINHOLE, BARREL_SMALL, RATIONAL, FISHEYE], ids=["none", "plumb_bob", "rational", "fisheye"]
)
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "fast"])
@given(tilt=tilts, x=st.floats(-0.35, 0.35))
@settings(max_examples=5)
def test_a_vertical_line_comes_out_vertical(camera: Camera, exact: bool, tilt: tuple[float, float], x: float) -> None:
    gravity = Gravity.from_roll_pitch(*tilt)
    view = Rectifier(camera, exact=exact)(line_frame(camera, gravity, x), gravity)
    expected = view.camera.fx * x + view.camera.cx
    columns = np.arange(view.image.shape[1])
    near = np.abs(columns - expected) < 12
    complete = view.valid[:, near].all(1)
    for _ in range(2):  # the outermost rows fade into the black beyond the frame
        complete[1:-1] &= complete[:-2] & complete[2:]
    light = view.image[complete][:, near, 0].astype(np.float64)
    centre = (light * columns[near]).sum(1) / light.sum(1)
    assert complete.sum() > 50
    assert np.abs(centre - expected).max() < 0.1


@given(tilts, st.sampled_from([90, 180, 270]))
@settings(max_examples=12)
def test_rotate_and_unrotate(tilt: tuple[float, float], degrees: int) -> None:
    """A camera mounted turned, with `rotate`, gives what the upright camera gives; bit for bit if exact."""
    upright = Camera(400, 300, 310, 320, 205, 140)
    frame, gravity = blocks(400, 300), Gravity.from_roll_pitch(*tilt)
    arriving = np.ascontiguousarray(np.rot90(frame, degrees // 90))  # turned back, counter-clockwise
    mounted = replace(upright.turned(360 - degrees), rotate=0).turned(degrees)
    assert (mounted.cx, mounted.cy, mounted.rotate) == (upright.cx, upright.cy, degrees)
    want, got = (Rectifier(c, exact=True)(f, gravity) for c, f in ((upright, frame), (mounted, arriving)))
    np.testing.assert_allclose(got.image, want.image, atol=1e-6)
    assert (got.valid != want.valid).mean() < 1e-3
    fast = Rectifier(mounted)(arriving, gravity)
    assert np.percentile(difference(want, fast), 99) < FAST_99


def test_a_level_camera_of_the_network_s_size_is_left_alone() -> None:
    camera, frame = Camera(512, 512, 400, 400, 255.5, 255.5), blocks(512, 512)
    for exact in (True, False):
        view = Rectifier(camera, exact=exact)(frame, LEVEL)
        assert view.valid.all()
        np.testing.assert_allclose(view.image * (255 if exact else 1), frame, atol=1e-3)


@pytest.mark.parametrize("size", [(480, 640), (333, 517)])
def test_opencv_warps_pixels_of_four_bytes_to_the_values_of_three(size: tuple[int, int]) -> None:
    """What the fast way relies on, of the OpenCV that is installed here."""
    random = np.random.default_rng(0)
    three = random.integers(0, 256, (*size, 3), np.uint8)
    four = cv2.cvtColor(three, cv2.COLOR_BGR2BGRA)
    turn = np.eye(3) + random.uniform(-1, 1, (3, 3)) * [[0.1, 0.1, 20], [0.1, 0.1, 20], [1e-4, 1e-4, 0]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    lens = (np.indices(size)[::-1] + random.uniform(-3, 3, (2, *size))).astype(np.float32)
    for warp in (
        lambda image: cv2.warpPerspective(image, turn, size[::-1], flags=flags),
        lambda image: cv2.remap(image, *lens, cv2.INTER_LINEAR),
    ):
        np.testing.assert_array_equal(cv2.cvtColor(warp(four), cv2.COLOR_BGRA2BGR), warp(three))


def test_channel_order_is_kept() -> None:
    frame = np.zeros((720, 1280, 3), np.uint8)
    frame[..., 2] = 200
    for exact in (True, False):
        view = Rectifier(PINHOLE, exact=exact)(frame, LEVEL)
        assert view.image[100, 100].argmax() == 2


def test_the_same_frame_gives_the_same_view_whatever_came_before() -> None:
    rectifier, gravity = Rectifier(BARREL), Gravity.from_roll_pitch(0.05, 0.02)
    frame = blocks(1280, 720)
    first = rectifier(frame, gravity)
    kept = first.image.copy()
    for step in range(5):
        rectifier(blocks(1280, 720, step), Gravity.from_roll_pitch(0.05 + 1e-4 * step, -0.03))
    again = rectifier(frame, gravity)
    assert (again.image == first.image).all() and (again.valid == first.valid).all()
    assert (first.image == kept).all()
    assert (Rectifier(BARREL)(frame, gravity).image == first.image).all()


@pytest.mark.parametrize(("pitch", "share"), [(20, 0.53), (30, 0.31), (40, 0.09)])
def test_picture_left_at_a_tilt(pitch: float, share: float) -> None:
    """Shares of valid picture measured with the published code, 720p at f = 900."""
    view = Rectifier(PINHOLE, min_valid=0)(blocks(1280, 720), Gravity.from_roll_pitch(0, math.radians(pitch)))
    assert view.valid[:288].mean() == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("pitch_deg", [30, 60, -80, 90])
def test_too_much_tilt_gives_no_view(exact: bool, pitch_deg: float) -> None:
    gravity = Gravity.from_roll_pitch(math.radians(12), math.radians(pitch_deg))
    with pytest.raises(
        TiltError, match=rf"roll 1?\d.\d deg and pitch {pitch_deg}.0 deg leave \d+% .*less than 35%"
    ) as caught:
        Rectifier(PINHOLE, exact=exact)(blocks(1280, 720), gravity)
    assert "no map" in str(caught.value)


@pytest.mark.parametrize("camera", [PINHOLE, BARREL, FISHEYE], ids=["none", "plumb_bob", "fisheye"])
def test_the_world_behind_the_camera_stays_black(camera: Camera) -> None:
    """Looking 80 degrees up, half of the level view lies behind the camera; no picture may appear there."""
    frame = np.full((camera.height, camera.width, 3), 255, np.uint8)
    gravity = Gravity.from_roll_pitch(0, math.radians(-80))
    for exact in (True, False):
        view = Rectifier(camera, exact=exact, min_valid=0)(frame, gravity)
        height = round(512 * camera.height / camera.width)
        rows = (np.arange(height) - view.camera.cy) / view.camera.fy
        # Ray (0, y, 1) of the level view, in camera axes: z = sin(pitch) y + cos(pitch).
        behind = math.sin(gravity.pitch) * rows + math.cos(gravity.pitch) < -0.01
        assert behind.any()
        assert not view.valid[:height][behind].any()
        assert not view.image[:height][behind].any()


def test_a_folding_lens_shows_nothing_twice() -> None:
    """r (1 - 0.3 r^2) images the axis again at r = 1.83: a wide level view must not show the frame's middle there."""
    lens = [-0.3, 0, 0, 0, 0]
    camera = Camera.from_camera_info(640, 480, [150, 0, 319.5, 0, 150, 239.5, 0, 0, 1], lens, "plumb_bob")
    frame = np.full((480, 640, 3), 255, np.uint8)
    view = Rectifier(camera, exact=True, min_valid=0)(frame, LEVEL)
    fast = Rectifier(camera, min_valid=0)(frame, LEVEL)
    u, v = np.meshgrid(np.arange(512), np.arange(384))
    radius = np.hypot(u - view.camera.cx, v - view.camera.cy) / view.camera.fx
    for result in (view, fast):
        assert not result.valid[:384][radius > 1.1].any()
        assert result.valid[:384][radius < 1.0].all()


@pytest.mark.parametrize(("width", "height", "multiple"), [(1280, 720, 14), (640, 480, 32), (333, 500, 1)])
def test_padding_to_a_multiple(width: int, height: int, multiple: int) -> None:
    camera = Camera(width, height, width, width, width / 2, height / 2)
    view = Rectifier(camera, multiple=multiple)(blocks(width, height), LEVEL)
    for side, picture in zip(view.image.shape, (height, width), strict=False):
        resized = round(picture * 512 / max(width, height))
        assert side % multiple == 0
        assert resized <= side < resized + multiple


def test_target_focal_brings_the_focal_length_there() -> None:
    view = Rectifier(PINHOLE, target_focal=256)(blocks(1280, 720), LEVEL)
    assert view.camera.fx == pytest.approx(256, rel=1 / 300)
    assert view.camera.fy == pytest.approx(256, rel=1 / 200)
    assert view.image.shape == (204, 364, 3)


@pytest.mark.parametrize(
    "frame", [np.zeros((720, 1280), np.uint8), np.zeros((720, 1280, 3)), np.zeros((480, 640, 3), np.uint8)]
)
@pytest.mark.parametrize("exact", [True, False])
def test_wrong_frames_are_refused(frame: np.ndarray, exact: bool) -> None:
    with pytest.raises(FrameError, match="^frame: "):
        Rectifier(PINHOLE, exact=exact)(frame, LEVEL)


def test_source_pixels_of_a_pinhole_are_the_published_homography() -> None:
    """p_source ~ K Rz(roll) Rx(pitch) K^-1 p_level."""
    roll, pitch = 0.07, -0.11
    rz = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    rx = [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
    h = PINHOLE.matrix @ rz @ rx @ np.linalg.inv(PINHOLE.matrix)
    source, seen = source_pixels(
        PINHOLE, Gravity.from_roll_pitch(roll, pitch), np.array([10.0, 1200]), np.array([5.0, 700])
    )
    for row, y in enumerate((5, 700)):
        for column, x in enumerate((10, 1200)):
            u, v, w = h @ (x, y, 1)
            np.testing.assert_allclose(source[row, column], (u / w, v / w), atol=1e-9)
    assert seen.all()


@pytest.mark.parametrize("options", [{"size": 0}, {"target_focal": -1.0}, {"target_focal": math.nan}, {"multiple": 0}])
def test_impossible_sizes_are_refused_by_name(options: dict[str, float]) -> None:
    with pytest.raises(FrameError, match=f"^{next(iter(options))}: .* is not positive"):
        Rectifier(PINHOLE, **options)  # type: ignore[arg-type]


def test_frames_need_not_be_contiguous_or_writable() -> None:
    """RGB by reversing BGR, a window of a larger picture, a message's read-only buffer."""
    frame, gravity = blocks(1280, 720), Gravity.from_roll_pitch(0.05, 0.05)
    want = Rectifier(PINHOLE)(frame, gravity).image
    reversed_channels = np.ascontiguousarray(frame[..., ::-1])[..., ::-1]
    window = np.pad(frame, ((9, 3), (5, 7), (0, 0)))[9:-3, 5:-7]
    buffer = np.frombuffer(frame.tobytes(), np.uint8).reshape(frame.shape)
    for variant in (reversed_channels, window, buffer):
        assert (Rectifier(PINHOLE)(variant, gravity).image == want).all()
        assert Rectifier(PINHOLE, exact=True)(variant, gravity).valid.any()
