# SPDX-License-Identifier: Apache-2.0
import math
from pathlib import Path

import numpy as np
import pytest

from mia_ros.arrays import BoolArray
from offline_tools.errors import DatasetError
from offline_tools.osm.visibility import HIDDEN, VISIBLE, visibility

SIZE = 224
MIDDLE = SIZE // 2 - 1
SEEDS = range(20)


def blocks(seed: int, count: int = 12) -> BoolArray:
    """Random rectangles; the robot's own place and its surroundings are kept free."""
    random = np.random.default_rng(seed)
    building = np.zeros((SIZE, SIZE), bool)
    for _ in range(count):
        row, column = random.integers(0, SIZE, 2)
        building[row : row + random.integers(4, 50), column : column + random.integers(4, 50)] = True
    building[MIDDLE - 3 : MIDDLE + 4, MIDDLE - 3 : MIDDLE + 4] = False
    return building


def seen(building: np.ndarray) -> BoolArray:
    return visibility(building) == VISIBLE


def test_fixture_is_repeated_bit_for_bit(shared: Path) -> None:
    with np.load(shared / "fixtures/bev/raycast_dev.npz", allow_pickle=False) as fixture:
        for building, wanted in zip(fixture["building"], fixture["visible_is_zero"], strict=True):
            np.testing.assert_array_equal(visibility(building), wanted)


def test_without_buildings_the_front_half_is_visible_and_nothing_behind() -> None:
    open_ground = seen(np.zeros((SIZE, SIZE), bool))
    assert open_ground[: MIDDLE + 1].mean() > 0.99  # the outline cuts the two far corners off
    assert not open_ground[MIDDLE + 1 :].any()


def test_a_wall_hides_what_is_behind_it_and_shows_four_pixels_of_itself() -> None:
    building = np.zeros((SIZE, SIZE), bool)
    building[40:60] = True
    mask = seen(building)
    assert mask[60 : MIDDLE + 1, 20:204].all()
    # The rays meet the wall at row 59; three more pixels are seen, and the outline is drawn through the fifth.
    assert mask[55:60, MIDDLE].all() and not mask[:55, MIDDLE].any()
    assert not mask[:40].any()


def test_ground_in_the_shadow_of_a_block_is_hidden_and_beside_it_is_visible() -> None:
    building = np.zeros((SIZE, SIZE), bool)
    building[80:90, 101:122] = True
    mask = seen(building)
    assert not mask[:70, 105:118].any()
    assert mask[60:80, 60:80].all() and mask[60:80, 150:170].all()


@pytest.mark.parametrize("building", [True, 1, 255], ids=str)
@pytest.mark.parametrize("shape", [(SIZE, SIZE), (1, 1), (3, 2)])
def test_where_no_pixel_is_free_nothing_is_visible(building: int, shape: tuple[int, int]) -> None:
    assert (visibility(np.full(shape, building)) == HIDDEN).all()


def test_a_robot_that_is_mapped_into_a_building_looks_from_the_nearest_free_pixel() -> None:
    building = np.zeros((SIZE, SIZE), bool)
    building[MIDDLE - 9 : MIDDLE + 10, MIDDLE - 5 : MIDDLE + 10] = True
    moved = seen(building)
    assert moved[: MIDDLE + 1, : MIDDLE - 6].mean() > 0.95  # to the left, where the way out is shortest
    assert not moved[MIDDLE + 1 :].any()


def test_of_equally_near_free_pixels_the_first_by_rows_is_taken() -> None:
    """Free ground above and below in two channels that do not meet: the robot stands in the upper one."""
    building = np.ones((SIZE, SIZE), bool)
    building[MIDDLE - 20 : MIDDLE - 4, MIDDLE - 20 : MIDDLE + 21] = False
    building[MIDDLE + 5 : MIDDLE + 21, MIDDLE - 20 : MIDDLE + 21] = False
    mask = seen(building)
    assert mask[MIDDLE - 18 : MIDDLE - 6, MIDDLE].all() and not mask[MIDDLE:].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_only_two_values_and_a_given_answer_for_every_kind_of_number(seed: int) -> None:
    building = blocks(seed)
    mask = visibility(building)
    assert mask.dtype == np.uint8 and mask.shape == building.shape and set(np.unique(mask)) <= {VISIBLE, HIDDEN}
    for dtype, value in ((np.uint8, 255), (np.int64, -3), (np.uint16, 1)):
        np.testing.assert_array_equal(visibility(building.astype(dtype) * dtype(value)), mask)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_behind_the_robot_is_visible(seed: int) -> None:
    """The fan spans the half plane ahead, and no outline pixel lies below the robot's own row."""
    assert not seen(blocks(seed))[MIDDLE + 1 :].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_buildings_that_no_ray_reaches_change_nothing(seed: int) -> None:
    """More than five pixels behind the robot, and what lies wholly in the shadow of the first buildings."""
    building = blocks(seed)
    mask = visibility(building)
    more = building.copy()
    more[MIDDLE + 6 :] = True
    np.testing.assert_array_equal(visibility(more), mask)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wall_in_front_never_shows_more(seed: int) -> None:
    """A wall across the whole view, near the robot: nothing is visible beyond the depth to which it is seen."""
    building = blocks(seed)
    walled = building.copy()
    walled[MIDDLE - 40 : MIDDLE - 20] = True
    assert not seen(walled)[: MIDDLE - 26].any()
    assert seen(walled).sum() <= seen(building).sum() + 5 * SIZE  # the wall's own front is seen instead


@pytest.mark.parametrize("seed", SEEDS)
def test_free_pixels_that_a_straight_look_reaches_are_visible_between_neighbouring_rays(seed: int) -> None:
    """Along each ray, half the way to the first building is inside the outline."""
    building = blocks(seed)
    mask = seen(building)
    for angle in np.linspace(math.pi / 2, 3 * math.pi / 2, 100)[5:-5]:
        steps = np.arange(0, 100, 0.25)
        rows = np.rint(MIDDLE + steps * math.cos(angle)).astype(int)
        columns = np.rint(MIDDLE + steps * math.sin(angle)).astype(int)
        blocked = np.nonzero(building[rows, columns])[0]
        reach = (blocked[0] if blocked.size else steps.size) // 2
        assert mask[rows[:reach], columns[:reach]].mean() > 0.95 if reach > 40 else True


@pytest.mark.parametrize(("rows", "columns"), [(448, 448), (100, 100), (64, 200), (200, 64), (9, 9)])
def test_other_sizes_look_from_their_own_middle(rows: int, columns: int) -> None:
    mask = seen(np.zeros((rows, columns), bool))
    middle = rows // 2 - 1
    assert mask[: middle + 1].mean() > 0.8 and not mask[middle + 1 :].any()


def test_the_input_is_left_alone_and_may_be_a_view() -> None:
    channels = np.zeros((SIZE, SIZE, 9), np.uint8)
    channels[:, :, 4] = blocks(1)
    before = channels.copy()
    np.testing.assert_array_equal(visibility(channels[:, :, 4]), visibility(blocks(1)))
    np.testing.assert_array_equal(channels, before)


@pytest.mark.parametrize("shape", [(SIZE,), (SIZE, SIZE, 9), (0, 5), ()])
def test_what_is_no_mask_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DatasetError, match=r"^building mask: shape .*want \(rows, columns\)"):
        visibility(np.zeros(shape, bool))


@pytest.mark.parametrize("dtype", [np.float32, complex, "U1"])
def test_numbers_that_are_no_flags_are_refused(dtype: type) -> None:
    with pytest.raises(DatasetError, match="^building mask: .*want bool or integers"):
        visibility(np.zeros((4, 4), dtype))
