# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from offline_tools.dataset import Dataset
from offline_tools.dataset.ready import Ready, prepare
from offline_tools.training.augmentation import EXTENDED, NONE, PUBLISHED, Augmentation, Change, Input, changed, tilted
from tests.offline_tools.training.data_sets import brightest, photo_of, posed, seen_at, semantic_mask, write_samples

CAMERA = Camera(640, 480, 500.0, 500.0, 330.0, 230.0)
ROLL, PITCH = math.radians(5), math.radians(-4)
#: 3.2 m to the right, 10.1 m ahead, 1.6 m below the camera: in row 79 (z 10.0 to 10.5), column 56 (x 3.0 to 3.5).
POINT = (3.2, 1.6, 10.1)
CELL = (79, 56)


def of_point(
    folder: Path, change: Change, size: int = 320, point: tuple[float, float, float] = POINT, camera: Camera = CAMERA
) -> Ready:
    """A sample of a tilted camera that sees a bright spot at the point, whose cell is road, and hidden."""
    photo = photo_of(seen_at(point, camera, ROLL, PITCH), camera, spread=5)
    hidden = np.zeros((224, 224), np.uint8)
    hidden[12 + CELL[0], 62 + CELL[1]] = 127
    image = posed(1, roll=ROLL, pitch=PITCH)
    write_samples(folder, "a", {"d": [image]}, photo, semantic_mask((0, *CELL)), hidden, camera)
    return changed(Dataset.open(folder).sample("a", 1), change, Input(size))


def projected(ready: Ready, point: tuple[float, float, float]) -> tuple[float, float]:
    fx, fy, cx, cy = ready.camera.tolist()
    return fx * point[0] / point[2] + cx, fy * point[1] / point[2] + cy


def cells(mask: np.ndarray) -> list[list[int]]:
    return np.argwhere(mask).tolist()


def test_without_a_change_it_is_the_sample_as_it_is(tmp_path: Path) -> None:
    ready = of_point(tmp_path, Change())
    plain = prepare(Dataset.open(tmp_path).sample("a", 1), 320)
    assert np.array_equal(ready.image, plain.image) and np.array_equal(ready.camera, plain.camera)
    assert cells(ready.masks) == [[0, *CELL]] and cells(~ready.visible) == [list(CELL)]


def test_the_mirror_moves_a_point_to_its_mirror_cell(tmp_path: Path) -> None:
    ready = of_point(tmp_path, Change(flip=True))
    # x = -3.2 is in [-3.5, -3.0], column 43 = 99 - 56; the row stays.
    assert cells(ready.masks) == [[0, 79, 43]] and cells(~ready.visible) == [[79, 43]]
    assert brightest(ready.image) == pytest.approx(projected(ready, (-3.2, 1.6, 10.1)), abs=0.3)
    # By hand: fx = 250, cx = (639 - 330 + 0.5) / 2 - 0.5 = 154.25; 154.25 - 250 * 3.2 / 10.1 = 75.04.
    assert ready.camera.tolist() == pytest.approx([250, 250, 154.25, 114.75])
    assert brightest(ready.image)[0] == pytest.approx(75.04, abs=0.3)


def test_the_mirror_of_an_upright_photo_keeps_its_black_at_the_right(tmp_path: Path) -> None:
    upright = Camera(480, 640, 500.0, 500.0, 230.0, 330.0)
    ready = of_point(tmp_path, Change(flip=True), camera=upright)
    assert not ready.image[:, 240:].any() and ready.image[160, 2:238].all()
    assert brightest(ready.image) == pytest.approx(projected(ready, (-3.2, 1.6, 10.1)), abs=0.3)


@pytest.mark.parametrize("focal", [0.8, 1.25, 1.5])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
@pytest.mark.parametrize("flip", [False, True])
def test_zoom_and_cut_out_take_the_camera_along(
    tmp_path: Path, focal: float, place: tuple[float, float], flip: bool
) -> None:
    point = (-0.4 if flip else 0.4, 0.6, 10.1)
    ready = of_point(tmp_path, Change(focal=focal, place=place, flip=flip), point=point)
    assert ready.image.shape == (320, 320, 3)
    assert ready.camera[0] == pytest.approx(250 * focal)
    assert brightest(ready.image) == pytest.approx(projected(ready, (0.4, 0.6, 10.1)), abs=0.3)


def test_a_cut_out_reaches_the_edges_of_the_photo_and_no_farther(tmp_path: Path) -> None:
    first = of_point(tmp_path, Change(focal=1.5, place=(0.0, 0.0)))
    last = of_point(tmp_path, Change(focal=1.5, place=(1.0, 1.0)))
    # The photo becomes 480 x 360 pixels, the window has 320 x 320: 160 columns and 40 rows of room.
    assert (first.camera[2] - last.camera[2], first.camera[3] - last.camera[3]) == (160, 40)


def test_a_smaller_picture_has_black_at_the_right_and_below(tmp_path: Path) -> None:
    ready = of_point(tmp_path, Change(focal=0.8))
    assert not ready.image[:, 256:].any() and not ready.image[192:].any() and ready.image[96, 4:250].all()


def test_gravity_is_wrong_by_the_angle_that_is_asked_for() -> None:
    gravity = Gravity.from_roll_pitch(0.1, -0.2)
    assert tilted(gravity, (0.03, 0.0)).angle_to(gravity) == pytest.approx(0.03, rel=0.02)
    assert tilted(Gravity(0.0, 1.0, 0.0), (0.0, 0.02)).roll == pytest.approx(0.02)
    assert tilted(Gravity(0.0, 1.0, 0.0), (0.02, 0.0)).pitch == pytest.approx(0.02)


def test_a_wrong_gravity_tilts_the_picture_and_leaves_the_map(tmp_path: Path) -> None:
    ready = of_point(tmp_path, Change(tilt=(math.radians(2), 0.0)))
    level = projected(ready, POINT)
    # Levelled as if the camera looked 2 degrees farther down than it does: the point sinks by f tan(2 deg) = 9 px.
    assert brightest(ready.image)[1] - level[1] == pytest.approx(250 * math.tan(math.radians(2)), abs=1.0)
    assert cells(ready.masks) == [[0, *CELL]]


def test_the_defaults_are_the_published_ones() -> None:
    changes = [PUBLISHED.draw(np.random.default_rng(seed)) for seed in range(400)]
    assert {(change.tilt, change.focal, change.place) for change in changes} == {((0.0, 0.0), 1.0, (0.5, 0.5))}
    assert 0.4 < np.mean([change.flip for change in changes]) < 0.6
    first = [change.colours[:4] for change in changes]
    for kind, least, most in (
        ("brightness", 0.5, 1.5), ("contrast", 0.5, 1.5), ("saturation", 0.5, 1.5), ("hue", -0.5, 0.5),
    ):  # fmt: skip
        amounts = [step.amount for steps in first for step in steps if step.kind == kind]
        assert len(amounts) == 400 and least <= min(amounts) < least + 0.02 and most - 0.02 < max(amounts) <= most
    assert len({tuple(step.kind for step in steps) for steps in first}) == 24  # all orders
    again = [step for change in changes for step in change.colours[4:]]
    assert {step.kind for step in again} == {"brightness", "contrast"} and len(again) == 800
    assert 0.8 <= min(step.amount for step in again) < max(step.amount for step in again) <= 1.2


def test_tilt_is_some_tenths_of_a_degree_to_two() -> None:
    tilts = [
        np.degrees(np.hypot(*EXTENDED.draw(np.random.default_rng(seed)).tilt)) for seed in range(1000)
    ]  # fmt: skip
    assert 0.5 < np.median(tilts) < 1.2 and np.percentile(tilts, 98) < 2.2 and max(tilts) < 3


def test_one_setting_does_not_move_the_dice_of_another() -> None:
    for seed in range(20):
        plain = PUBLISHED.draw(np.random.default_rng(seed))
        more = PUBLISHED.model_copy(update={"tilt_deg": 1.0, "hue": 0.0}).draw(np.random.default_rng(seed))
        assert plain.flip == more.flip
        assert [step for step in plain.colours if step.kind != "hue"] == list(more.colours)


def test_none_changes_nothing() -> None:
    assert NONE.draw(np.random.default_rng(0)) == Change()


@pytest.mark.parametrize(
    "values", [{"focal": (1.2, 1.1)}, {"focal": (0.1, 1.0)}, {"flip": 1.5}, {"tilt_deg": -1}, {"blur": 1}, {"hue": 0.6}]
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Augmentation(**values)
