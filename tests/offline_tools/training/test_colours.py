# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import colorsys

import numpy as np
import pytest

from offline_tools.training.colours import ColourStep, recoloured

PICTURE = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
EVERYWHERE = np.ones((20, 30), bool)
GREY = PICTURE @ np.array([0.299, 0.587, 0.114])


def after(*steps: tuple[str, float], valid: np.ndarray = EVERYWHERE) -> np.ndarray:
    return recoloured(PICTURE.copy(), [ColourStep(*step) for step in steps], valid).astype(float)


def test_brightness_scales_and_stops_at_white() -> None:
    assert np.abs(after(("brightness", 1.5)) - np.minimum(PICTURE * 1.5, 255)).max() <= 0.5


def test_contrast_is_about_the_mean_grey() -> None:
    expected = np.clip(0.5 * PICTURE + 0.5 * GREY.mean(), 0, 255)
    assert np.abs(after(("contrast", 0.5)) - expected).max() <= 1


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.5])
def test_saturation_is_about_the_grey_of_each_pixel(amount: float) -> None:
    expected = np.clip(amount * PICTURE + (1 - amount) * GREY[..., None], 0, 255)
    assert np.abs(after(("saturation", amount)) - expected).max() <= 1


@pytest.mark.parametrize("amount", [-0.5, -0.25, 0.1, 0.5])
def test_hue_turns_the_colour_circle(amount: float) -> None:
    expected = np.empty_like(PICTURE, dtype=float)
    for index in np.ndindex(PICTURE.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*(PICTURE[index] / 255))
        expected[index] = np.array(colorsys.hsv_to_rgb((hue + amount) % 1, saturation, value)) * 255
    # Hue is kept in 256 steps, each up to 6 values of a channel, and rounded twice.
    assert np.abs(after(("hue", amount)) - expected).max() <= 10
    assert np.abs(after(("hue", amount)) - expected).mean() < 1.5


def test_steps_are_taken_in_their_order() -> None:
    bright_first = after(("brightness", 1.5), ("contrast", 0.5))
    assert np.array_equal(bright_first, _twice(("brightness", 1.5), ("contrast", 0.5)))
    assert not np.array_equal(bright_first, after(("contrast", 0.5), ("brightness", 1.5)))


def test_what_is_no_picture_stays_black_and_does_not_count() -> None:
    valid = EVERYWHERE.copy()
    valid[:, 15:] = False
    found = after(("contrast", 0.0), valid=valid)
    assert (found[:, 15:] == 0).all()
    assert np.abs(found[:, :15] - GREY[:, :15].mean()).max() <= 1


def test_without_steps_nothing_changes() -> None:
    assert np.array_equal(after(), PICTURE)


def test_an_unknown_step_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        after(("blur", 1.0))


def _twice(*steps: tuple[str, float]) -> np.ndarray:
    picture = PICTURE.copy()
    for step in steps:
        picture = recoloured(picture, [ColourStep(*step)], EVERYWHERE)
    return picture.astype(float)
