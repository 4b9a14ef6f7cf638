# SPDX-License-Identifier: Apache-2.0
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.errors import CameraError
from mia_ros.lens import Lens, growth_limit

directions = st.tuples(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))


def bend(lens: Lens, x: float, y: float) -> np.ndarray:
    bent, seen = lens.project(np.array([[x, y, 1.0]]))
    assert seen[0]
    return bent[0]


@given(directions)
def test_plumb_bob_formula(direction: tuple[float, float]) -> None:
    x, y = direction
    k1, k2, p1, p2, k3 = 0.1, 0.05, 0.002, -0.003, 0.01
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    expected = (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    )
    np.testing.assert_allclose(bend(Lens.from_ros("plumb_bob", (k1, k2, p1, p2, k3)), x, y), expected, atol=1e-9)


@given(directions)
def test_rational_polynomial_formula(direction: tuple[float, float]) -> None:
    x, y = direction
    k1, k2, k3, k4, k5, k6 = 0.6, 0.1, 0.02, 0.5, 0.05, 0.001
    r2 = x * x + y * y
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    lens = Lens.from_ros("rational_polynomial", (k1, k2, 0, 0, k3, k4, k5, k6))
    np.testing.assert_allclose(bend(lens, x, y), (x * radial, y * radial), atol=1e-9)


@given(directions)
def test_equidistant_formula(direction: tuple[float, float]) -> None:
    x, y = direction
    k1, k2, k3, k4 = -0.02, 0.01, -0.003, 0.0005
    r = math.hypot(x, y)
    angle = math.atan(r)
    bent = angle * (1 + k1 * angle**2 + k2 * angle**4 + k3 * angle**6 + k4 * angle**8)
    scale = bent / r if r > 1e-12 else 1.0
    lens = Lens.from_ros("equidistant", (k1, k2, k3, k4))
    np.testing.assert_allclose(bend(lens, x, y), (x * scale, y * scale), atol=1e-7)


def test_a_barrel_lens_images_nothing_beyond_where_it_folds_back() -> None:
    """r (1 - 0.3 r^2) stops growing at r = 1 / sqrt(0.9) = 1.054."""
    lens = Lens.from_ros("plumb_bob", (-0.3, 0, 0, 0, 0))
    assert growth_limit(lens) == pytest.approx(1 / math.sqrt(0.9), abs=2e-3)
    _, seen = lens.project(np.array([[1.0, 0, 1], [1.1, 0, 1], [1.7, 0, 1]]))
    assert seen.tolist() == [True, False, False]


def test_a_fisheye_that_falls_back_is_cut_too() -> None:
    """theta (1 - 0.2 theta^2) stops growing at theta = 1 / sqrt(0.6) = 1.291."""
    lens = Lens.from_ros("equidistant", (-0.2, 0, 0, 0))
    assert growth_limit(lens) == pytest.approx(1 / math.sqrt(0.6), abs=2e-3)


def test_a_rational_lens_ends_where_its_denominator_does() -> None:
    assert growth_limit(Lens.from_ros("rational_polynomial", (0, 0, 0, 0, 0, -0.5, 0, 0))) <= math.sqrt(2) + 1e-3


@pytest.mark.parametrize("model", ["none", "plumb_bob", "equidistant"])
def test_rays_from_behind_are_not_imaged(model: str) -> None:
    lens = Lens.from_ros(model, [0.01] * {"none": 0, "plumb_bob": 5, "equidistant": 4}[model])
    _, seen = lens.project(np.array([[0.1, 0.1, -1.0], [0.1, 0.1, 0.0], [0.1, 0.1, 1.0]]))
    assert seen.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("model", "coefficients"),
    [("", ()), ("none", ()), ("", (0, 0, 0, 0, 0)), ("plumb_bob", (0, 0, 0, 0, 0)), ("rational_polynomial", (0,) * 8)],
)
def test_lenses_that_do_nothing_are_none(model: str, coefficients: tuple[float, ...]) -> None:
    assert Lens.from_ros(model, coefficients) == Lens()


@pytest.mark.parametrize(
    ("model", "count", "wanted"),
    [
        ("equidistant", 5, "takes 4"),
        ("equidistant", 0, "takes 4"),
        ("plumb_bob", 3, "takes 4 or 5"),
        ("plumb_bob", 0, "takes 4 or 5"),
        ("plumb_bob", 8, "takes 4 or 5"),
        ("rational_polynomial", 5, "takes 8 or 12 or 14"),
        ("none", 5, "takes 0"),
    ],
)
def test_wrong_number_of_coefficients_is_refused(model: str, count: int, wanted: str) -> None:
    with pytest.raises(CameraError, match=f"^D: {count} coefficients.*{model}.*{wanted}"):
        Lens.from_ros(model, [0.1] * count)


def test_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(CameraError, match=r"distortion_model: unknown model 'omni'.*plumb_bob"):
        Lens.from_ros("omni", (1, 2, 3, 4))


def test_coefficients_that_are_not_finite_are_refused() -> None:
    with pytest.raises(CameraError, match="^D: .*not finite"):
        Lens.from_ros("plumb_bob", (0.1, math.nan, 0, 0, 0))


@given(
    st.sampled_from([4, 5, 8, 12, 14]).flatmap(lambda count: st.tuples(*[st.floats(-0.1, 0.1)] * count)),
    st.lists(directions, min_size=1, max_size=8),
)
def test_every_coefficient_bends_as_in_opencv(
    coefficients: tuple[float, ...], places: list[tuple[float, float]]
) -> None:
    rays = np.column_stack([np.array(places), np.ones(len(places))])
    still = np.zeros(3)
    expected, _ = cv2.projectPoints(rays, still, still, np.eye(3), np.array(coefficients))
    model = "plumb_bob" if len(coefficients) <= 5 else "rational_polynomial"
    bent, _ = Lens(model, coefficients).project(rays)
    np.testing.assert_allclose(bent, expected.reshape(-1, 2), atol=1e-12)


def test_rays_that_graze_the_image_plane_are_refused_without_a_word() -> None:
    lens = Lens("rational_polynomial", (0.1, 0.1, 0, 0, 0.1, -1.0, 0, 0))  # its denominator is 0 at a radius of 1
    _, seen = lens.project(np.array([[1.0, 0, 1], [1e100, 0, 1], [0.5, 0, 2e-9], [0, 0, 1]]))
    assert seen.tolist() == [False, False, False, True]
