# SPDX-License-Identifier: Apache-2.0
"""Verticals and turning in pictures that are drawn by formulas, not by the simulator."""

import math

import cv2
import numpy as np
import pytest

from mia_ros import Camera, Gravity
from mia_ros.gravity import LEVEL
from mia_ros.lens import Lens
from mia_ros.rectify import Rectifier, View
from offline_tools.replay.checks.turning import small_picture, turn_between
from offline_tools.replay.checks.verticals import lean_of

CAMERA = Camera(512, 512, 300.0, 300.0, 255.5, 200.0)


def poles(gravity: Gravity, shift: float = 0.0) -> View:
    """Poles of a world whose true gravity, in the axes of the view, is `gravity`, though it is taken for level."""
    image = np.full((512, 512, 3), 200, np.uint8)
    for x in np.linspace(-12, 12, 9) + shift:
        foot = np.array([x, 1.5, 15.0])
        ends = [foot, foot - 9 * gravity.vector]
        (u0, v0), (u1, v1) = ((CAMERA.matrix @ end)[:2] / end[2] for end in ends)
        cv2.line(
            image, (round(u0 * 16), round(v0 * 16)), (round(u1 * 16), round(v1 * 16)), (40, 60, 50), 5, cv2.LINE_AA, 4
        )
    return View(image, np.ones((512, 512), bool), CAMERA, LEVEL, 512)


@pytest.mark.parametrize(("roll", "pitch"), [(0, 0), (3, 0), (-6, 0), (0, 4), (0, -5), (2, -3), (-4, 6)])
def test_gravity_of_the_poles_is_found_within_half_a_degree(roll, pitch):
    found = lean_of(poles(Gravity.from_roll_pitch(math.radians(roll), math.radians(pitch))))
    assert found.lines >= 9
    # The view was levelled with roll 0 and pitch 0: that is wrong by minus the true angles.
    assert math.degrees(found.roll) == pytest.approx(-roll, abs=0.5)
    assert math.degrees(found.pitch) == pytest.approx(-pitch, abs=0.5)


def test_lines_that_run_ahead_on_the_ground_are_no_verticals():
    image = np.full((512, 512, 3), 200, np.uint8)
    for x in (-1.5, -0.7, -0.2, 0.2, 0.5, 1.2):
        near, far = (CAMERA.matrix @ (x, 1.2, z) / z for z in (1.0, 60.0))
        cv2.line(image, tuple(np.rint(near[:2]).astype(int)), tuple(np.rint(far[:2]).astype(int)), (0, 0, 0), 3)
    found = lean_of(View(image, np.ones((512, 512), bool), CAMERA, LEVEL, 512))
    assert found.roll is None and found.pitch is None


def test_the_edge_of_a_levelled_picture_is_no_vertical():
    plain = np.full((240, 320, 3), 180, np.uint8)
    view = Rectifier(Camera(320, 240, 200, 200, 159.5, 119.5), 512)(plain, Gravity.from_roll_pitch(0.1, 0.05))
    assert lean_of(view).lines == 0


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (60, 80), np.uint8)
    return cv2.cvtColor(cv2.resize(noise, (640, 480), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)


def turned(image: np.ndarray, camera: Camera, vector: np.ndarray) -> np.ndarray:
    """What the camera sees after it turned by a rotation vector in its own axes."""
    rotation = cv2.Rodrigues(np.asarray(vector, np.float64))[0]  # of the camera, so points turn the other way
    homography = camera.matrix @ rotation.T @ np.linalg.inv(camera.matrix)
    return cv2.warpPerspective(image, homography, (camera.width, camera.height), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("vector", [(0.02, 0, 0), (0, 0.03, 0), (0, 0, -0.04), (-0.01, 0.02, 0.015)])
def test_the_turn_between_two_pictures_is_that_of_the_camera(vector):
    camera = Camera(640, 480, 400.0, 400.0, 319.5, 239.5)
    before = small_picture(texture(), camera, 0)
    after = small_picture(turned(texture(), camera, np.array(vector)), camera, 10**8)
    assert turn_between(before, after) == pytest.approx(np.array(vector), abs=1.5e-3)


def test_a_lens_is_taken_out_first():
    bent = Camera(640, 480, 300.0, 300.0, 319.5, 239.5, Lens("equidistant", (0.0, 0.0, 0.0, 0.0)))
    straight = Camera(640, 480, 300.0, 300.0, 319.5, 239.5)
    # The frame that a fisheye sees of a flat texture, by the law r = f theta.
    v, u = np.mgrid[0:480, 0:640].astype(np.float64)
    x, y = (u - 319.5) / 300, (v - 239.5) / 300
    angle = np.hypot(x, y)
    scale = np.tan(np.minimum(angle, 1.4)) / np.maximum(angle, 1e-9)

    def seen(image: np.ndarray) -> np.ndarray:
        maps = ((x * scale * 300 + 319.5).astype(np.float32), (y * scale * 300 + 239.5).astype(np.float32))
        return cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

    vector = np.array([0.0, 0.02, 0.0])
    frames = [seen(texture()), seen(turned(texture(), straight, vector))]
    before, after = (small_picture(frame, bent, k * 10**8) for k, frame in enumerate(frames))
    assert turn_between(before, after) == pytest.approx(vector, abs=2e-3)


def test_pictures_with_nothing_in_common_say_nothing():
    camera = Camera(640, 480, 400.0, 400.0, 319.5, 239.5)
    before, after = small_picture(texture(1), camera, 0), small_picture(texture(2), camera, 10**8)
    assert turn_between(before, after) is None
    grey = small_picture(np.full((480, 640, 3), 90, np.uint8), camera, 2 * 10**8)
    assert turn_between(grey, grey._replace(stamp=3 * 10**8)) is None


def test_pictures_that_lie_far_apart_are_not_compared():
    camera = Camera(640, 480, 400.0, 400.0, 319.5, 239.5)
    before = small_picture(texture(), camera, 0)
    assert turn_between(before, before._replace(stamp=5 * 10**9)) is None
    assert turn_between(before, before) is None
