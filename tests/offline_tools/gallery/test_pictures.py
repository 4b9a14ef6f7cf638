# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros.taxonomy import CLASSES
from offline_tools.channels import CHANNEL_COLOURS, CHANNEL_INDEX, CHANNEL_LABELS, DRAWING_ORDER
from offline_tools.errors import DatasetError
from offline_tools.gallery.pictures import PAPER, hidden_overlay, legend_strip, map_picture
from offline_tools.osm import CHANNELS

ROAD, TERRAIN = CHANNEL_INDEX["road"], CHANNEL_INDEX["terrain"]


def mask(**blocks: slice) -> np.ndarray:
    """A map of 40 x 60 where each channel covers some rows."""
    found = np.zeros((40, 60, 9), np.uint8)
    for name, rows in blocks.items():
        found[rows, :, CHANNEL_INDEX[name]] = 1
    return found


def pixel(picture: np.ndarray, row: int, column: int = 3) -> tuple[int, ...]:
    """The middle of what a pixel of the mask has become."""
    return tuple(picture[row * 3 + 1, column * 3 + 1].tolist())


def test_each_pixel_is_three_wide_and_in_its_colour() -> None:
    picture = map_picture(mask(road=slice(0, 10), terrain=slice(20, 30)), legend=False, ego=False)
    assert picture.shape == (120, 180, 3) and picture.dtype == np.uint8
    assert pixel(picture, 5) == CHANNEL_COLOURS[ROAD]
    assert pixel(picture, 25) == CHANNEL_COLOURS[TERRAIN]
    assert pixel(picture, 35) == PAPER


def test_colours_of_classes_are_the_taxonomys_and_all_differ() -> None:
    by_label = dict(zip(CHANNEL_LABELS, CHANNEL_COLOURS, strict=True))
    assert all(by_label[entry.name] == entry.colour for entry in CLASSES)
    assert len(set(CHANNEL_COLOURS)) == len(CHANNELS)
    assert sorted(DRAWING_ORDER) == sorted(CHANNELS)


def test_a_crossing_lies_over_the_road_and_the_road_over_terrain() -> None:
    picture = map_picture(
        mask(terrain=slice(0, 40), road=slice(10, 30), crossing=slice(15, 25)), legend=False, ego=False
    )
    assert pixel(picture, 20) == CHANNEL_COLOURS[CHANNEL_INDEX["crossing"]]
    assert pixel(picture, 12) == CHANNEL_COLOURS[ROAD]
    assert pixel(picture, 5) == CHANNEL_COLOURS[TERRAIN]


def test_what_lies_under_a_building_is_seen_through_it_and_its_outline_is_darker() -> None:
    picture = map_picture(mask(building=slice(10, 30), road=slice(10, 20)), legend=False, ego=False)
    over_road, over_paper = pixel(picture, 15), pixel(picture, 25)
    assert over_road != over_paper and CHANNEL_COLOURS[ROAD] not in {over_road, over_paper}
    outline = picture[10 * 3, 9]
    assert sum(outline.tolist()) < min(sum(over_road), sum(over_paper))


def test_the_ego_is_an_arrow_in_the_middle_that_points_up() -> None:
    empty = mask()
    drawn = (map_picture(empty, legend=False) != map_picture(empty, legend=False, ego=False)).any(axis=2)
    rows, columns = np.nonzero(drawn)
    assert abs(columns.mean() - 89.5) < 1 and rows.min() < 60 < rows.max()
    assert drawn[: rows.min() + 8].sum() < drawn[rows.max() - 8 :].sum()  # narrow above, wide below


def test_what_cannot_be_seen_is_darker_and_the_rest_stays() -> None:
    visibility = np.full((40, 60), 127, np.uint8)
    visibility[:20] = 0
    plain = map_picture(mask(road=slice(10, 30)), legend=False, ego=False)
    shaded = map_picture(mask(road=slice(10, 30)), legend=False, ego=False, visibility=visibility)
    np.testing.assert_array_equal(shaded[:60], plain[:60])
    assert (shaded[60:] < plain[60:]).all()


def test_the_overlay_is_clear_where_the_ground_is_seen() -> None:
    overlay = hidden_overlay(np.array([[0, 127]], np.uint8))
    assert overlay.shape == (1, 2, 4) and overlay[0, 0, 3] == 0 and overlay[0, 1, 3] > 100


def test_the_legend_names_what_is_there_below_the_map() -> None:
    picture = map_picture(mask(road=slice(0, 10)))
    assert picture.shape[1] == 180 and picture.shape[0] > 120
    strip = picture[120:]
    assert (strip == CHANNEL_COLOURS[ROAD]).all(axis=2).any()
    assert not (strip == CHANNEL_COLOURS[TERRAIN]).all(axis=2).any()


@pytest.mark.parametrize("width", [120, 672, 2000])
def test_the_legend_takes_as_many_rows_as_it_needs(width: int) -> None:
    strip = legend_strip(CHANNELS, width)
    assert strip.shape[1] == width
    for colour in CHANNEL_COLOURS:
        assert (strip == colour).all(axis=2).any()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((4, 4, 8), np.uint8), r"map: shape \(4, 4, 8\), want \(rows, columns, 9\)"),
        (np.zeros((4, 4), np.uint8), r"map: shape \(4, 4\)"),
        (np.zeros((0, 4, 9), np.uint8), r"map: shape \(0, 4, 9\)"),
        (np.zeros((4, 4, 9), np.float32), r"map: float32, want bool"),
    ],
)
def test_what_is_no_map_is_refused(wrong: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        map_picture(wrong)


def test_a_visibility_mask_of_another_size_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"visibility mask: shape \(3, 3\)"):
        map_picture(mask(), visibility=np.zeros((3, 3), np.uint8))
