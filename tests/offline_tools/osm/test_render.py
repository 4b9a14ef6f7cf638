# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from offline_tools.errors import CoverageError, StyleError
from offline_tools.osm import CHANNELS, TRAINING_CHANNELS, MapStore, load_style, render

from .maps import Sketch, straight

FIXTURES = {
    "bev_austin_downtown": "austin_downtown",
    "bev_austin_east_suburb": "austin_east_suburb",
    "bev_leeds_left_driving": "leeds",
    "bev_paris_9e": "paris_9e",
    "bev_paris_9e_infer_off": "paris_9e",
    "synthetic_rules_infer_off": "synthetic_rules_dev",
    "synthetic_rules_infer_on": "synthetic_rules_dev",
}


@pytest.mark.parametrize("name", FIXTURES)
def test_published_masks_are_repeated(name: str, shared: Path, extract: Callable[..., MapStore]) -> None:
    with np.load(shared / f"fixtures/bev/{name}.npz", allow_pickle=False) as fixture:
        assert tuple(fixture["classes"]) == CHANNELS
        store = extract(FIXTURES[name], str(fixture["driving_side"]))
        infer = bool(fixture["infer_sidewalks"])
        poses = zip(fixture["lat"], fixture["lon"], fixture["heading"], strict=True)
        drawn = np.stack([render(store, *map(float, pose), infer_sidewalks=infer) for pose in poses]) != 0
        wanted = fixture["masks"] != 0
    both, either = (drawn & wanted).sum((0, 1, 2)), (drawn | wanted).sum((0, 1, 2))
    iou = {name: float(b / e) for name, b, e in zip(CHANNELS, both, either, strict=True) if e}
    assert {"road", "building"} <= iou.keys()
    assert min(iou.values()) >= 0.995, iou
    assert min(iou["road"], iou["building"]) >= 0.999, iou


@pytest.fixture
def street(tmp_path: Path) -> MapStore:
    """A street with a house to the right of it and a footway across."""
    sketch = straight(highway="residential")
    sketch.ring([(20, -5), (30, -5), (30, 5), (20, 5)], building="yes")
    sketch.way([(-40, 20), (40, 20)], highway="footway", footway="crossing")
    return sketch.open(tmp_path)


def test_mask_is_nine_channels_of_zeros_and_ones(street: MapStore) -> None:
    mask = render(street, 51.0, 7.0, 0.0)
    assert mask.shape == (224, 224, 9) and mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}


def test_a_pedestrians_pixel_gives_way_to_a_roads(street: MapStore) -> None:
    mask = render(street, 51.0, 7.0, 0.0)
    road, crossing, pedestrian = (mask[..., CHANNELS.index(name)] != 0 for name in CHANNELS[:3])
    assert not (road & pedestrian).any()
    assert (road & crossing).any()


def test_training_channels_are_the_six_that_the_document_lists() -> None:
    assert TRAINING_CHANNELS == (0, 1, 2, 4, 6, 7)


def test_what_was_drawn_before_does_not_matter(street: MapStore) -> None:
    first = render(street, 51.0, 7.0, 33.0)
    for heading, style in ((120.0, "navigation"), (250.0, "mia")):
        render(street, 51.0003, 7.0002, heading, style, False, size=(50, 80), resolution=0.3)
    np.testing.assert_array_equal(render(street, 51.0, 7.0, 33.0), first)


def test_a_style_is_given_by_name_or_path_or_object(street: MapStore, tmp_path: Path) -> None:
    style = load_style("navigation")
    path = tmp_path / "mine.yaml"
    path.write_text((Path(render.__code__.co_filename).parent / "style/navigation.yaml").read_text())
    by_name = render(street, 51.0, 7.0, 0.0, "navigation")
    for same in (style, path, str(path)):
        np.testing.assert_array_equal(render(street, 51.0, 7.0, 0.0, same), by_name)
    assert (render(street, 51.0, 7.0, 0.0, "mia") != by_name).any()


def test_size_and_resolution_are_free(street: MapStore) -> None:
    assert render(street, 51.0, 7.0, 0.0, size=(60, 90), resolution=1.0).shape == (60, 90, 9)


def test_other_sizes_and_resolutions_show_the_same_ground(street: MapStore) -> None:
    draw = partial(render, street, 51.0, 7.0, 40.0)
    coarse = draw()[..., CHANNELS.index("building")].sum() * 0.5**2
    fine = draw(size=(896, 896), resolution=0.125)[..., CHANNELS.index("building")].sum() * 0.125**2
    # The house and its pen of half a metre, 10.5 m square; a pixel that is touched counts as a whole.
    assert fine == pytest.approx(10.5**2, rel=0.04)
    assert coarse == pytest.approx(10.5**2, rel=0.15)


def test_a_place_outside_the_map_is_refused_with_what_the_map_covers(street: MapStore) -> None:
    with pytest.raises(CoverageError, match=r"latitude 52.*sketch.osm.*latitudes 50.99.* to 51.00.*longitudes 6.99"):
        render(street, 52.0, 7.0, 0.0)


def test_an_unknown_style_is_refused(street: MapStore) -> None:
    with pytest.raises(StyleError, match="'mai': choose mia or navigation"):
        render(street, 51.0, 7.0, 0.0, "mai")


def test_maps_of_the_southern_and_western_halves_are_drawn(tmp_path: Path) -> None:
    sketch = Sketch(lat=-33.9, lon=-70.6)
    sketch.ring([(20, 30), (30, 30), (30, 40), (20, 40)], building="yes")
    mask = render(sketch.open(tmp_path), -33.9, -70.6, 0.0)
    rows, columns = np.nonzero(mask[..., CHANNELS.index("building")])
    assert rows.mean() == pytest.approx(112 - 2 * 35, abs=1) and columns.mean() == pytest.approx(112 + 2 * 25, abs=1)


def test_a_lone_node_beyond_the_bounds_is_part_of_the_map(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way([(0, -80), (0, 80)], highway="residential")
    sketch.node(2000, 0, amenity="bench")
    store = sketch.open(tmp_path)
    assert not render(store, *sketch.place(2000, 0), 0.0).any()
    with pytest.raises(CoverageError):
        render(store, *sketch.place(4000, 0), 0.0)
