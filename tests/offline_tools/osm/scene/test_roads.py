# SPDX-License-Identifier: Apache-2.0
"""How wide roads are and where they lie, measured on what is drawn by the published rules.

Metres; a reference pixel is half a metre. By the document, section 3.2: a road without a sidewalk is 2 px wider than
its class, and its sidewalks reach 5 m + 1 px beyond it on both sides, or 7.5 m + 1 px on one.
"""

from pathlib import Path

import pytest

from tests.offline_tools.osm.maps import Sketch, cut, near, straight

STREET = {"highway": "residential"}


@pytest.mark.parametrize(
    ("tags", "metres"),
    [
        ({}, 10),
        ({"lanes": "3"}, 11.1),
        ({"lanes": " 2 "}, 7.4),
        ({"lanes": "2.5"}, 10),
        ({"lanes": "2;3"}, 10),
        ({"width": "6"}, 6),
        ({"width": "6", "lanes": "3"}, 6),
        ({"width": "1e1"}, 10),
        ({"lanes:forward": "4", "est_width": "3"}, 10),
    ],
)
def test_width_is_that_of_the_tags_or_of_the_class(tags: dict[str, str], metres: float, tmp_path: Path) -> None:
    half = metres / 2 + 0.5
    assert near(cut(straight(**STREET, **tags).open(tmp_path))["road"], (-half, half))


@pytest.mark.parametrize("width", ["abc", "5.5 m", "2;3", "nan", "inf", "-3", "1e9", ""])
def test_a_width_that_is_none_leaves_the_lanes(width: str, tmp_path: Path) -> None:
    assert near(cut(straight(**STREET, width=width, lanes="2").open(tmp_path))["road"], (-4.2, 4.2))


@pytest.mark.parametrize("lanes", ["-2", "1000000", "nan"])
def test_lanes_that_are_none_leave_the_class(lanes: str, tmp_path: Path) -> None:
    assert near(cut(straight(**STREET, lanes=lanes).open(tmp_path))["road"], (-5.5, 5.5))


@pytest.mark.parametrize(
    ("tags", "channel", "spans"),
    [
        ({"sidewalk": "both"}, "explicit_pedestrian", [(-10.5, -5), (5, 10.5)]),
        ({"sidewalk": "left"}, "explicit_pedestrian", [(-13, -5)]),
        ({"sidewalk": "right"}, "explicit_pedestrian", [(5, 13)]),
        ({"sidewalk": "separate"}, "explicit_pedestrian", [(-5.5, -5), (5, 5.5)]),
        ({"sidewalk": "no", "bridge": "yes"}, "explicit_pedestrian", [(-5.625, -5), (5, 5.625)]),
        ({"sidewalk": "none"}, "road", [(-5.5, 5.5)]),
        ({"sidewalk": "both"}, "road", [(-5, 5)]),
        ({"embankment": "yes"}, "road", [(-5, 5)]),
        ({"ford": "yes"}, "road", [(-5, 5)]),
        ({"ford": "yes"}, "water", [(-6, 6)]),
        ({"bridge": "yes"}, "road", [(-5.625, 5.625)]),
    ],
)
def test_borders_reach_as_far_as_the_document_says(
    tags: dict[str, str], channel: str, spans: list[tuple[float, float]], tmp_path: Path
) -> None:
    assert near(cut(straight(**STREET, **tags).open(tmp_path))[channel], *spans)


def test_an_embankment_is_a_border_without_a_class(tmp_path: Path) -> None:
    assert cut(straight(**STREET, embankment="yes").open(tmp_path)).keys() == {"road"}


@pytest.mark.parametrize("driving_side", ["right", "left"])
def test_a_one_way_road_has_its_sidewalk_on_the_driving_side(driving_side: str, tmp_path: Path) -> None:
    store = straight(highway="primary", oneway="yes").open(tmp_path, driving_side)
    band = (6.5, 14.5) if driving_side == "right" else (-14.5, -6.5)
    assert near(cut(store, infer=True)["explicit_pedestrian"], band)


@pytest.mark.parametrize(
    ("placement", "middle"),
    # Two lanes of 3.7 m: the way runs along the left edge of the first lane, its middle, its right edge and so on.
    [
        ("left_of:1", 3.7),
        ("middle_of:1", 1.85),
        ("right_of:1", 0),
        ("left_of:2", 0),
        ("middle_of:2", -1.85),
        ("right_of:2", -3.7),
        ("middle_of", 0),
        ("middle_of:x", 0),
        ("beside:1", 0),
        ("right_of:1000000", 0),
    ],
)
def test_placement_moves_the_road_beside_its_way(placement: str, middle: float, tmp_path: Path) -> None:
    store = straight(**STREET, lanes="2", placement=placement).open(tmp_path)
    assert near(cut(store)["road"], (middle - 4.2, middle + 4.2))


def test_placement_follows_the_direction_of_the_way(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way([(0, 100), (0, -100)], **STREET, lanes="2", placement="left_of:1")
    assert near(cut(sketch.open(tmp_path))["road"], (-3.7 - 4.2, -3.7 + 4.2))


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (0, 0)], [(0, 0), (0, 0), (0, 0)]])
def test_a_road_without_length_draws_nothing(points: list[tuple[float, float]], tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way(points, **STREET, sidewalk="left")
    sketch.way([(20, -50), (20, 50)], **STREET)
    assert near(cut(sketch.open(tmp_path))["road"], (14.5, 25.5))


def test_a_closed_running_track_is_filled(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring([(-15, -40), (15, -40), (15, 40), (-15, 40)], leisure="track")
    assert near(cut(sketch.open(tmp_path))["terrain"], (-18.5, 18.5))


def test_a_closed_road_is_not_filled(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring([(-15, -40), (15, -40), (15, 40), (-15, 40)], highway="service", area="yes")
    assert near(cut(sketch.open(tmp_path))["road"], (-18, -12), (12, 18))


def test_a_sidewalk_beside_a_tight_bend_that_falls_apart_lies_on_the_road(tmp_path: Path) -> None:
    """Moved by 5 m to the inside, nothing is left of a ring that is 4 m wide: then nothing is moved."""
    sketch = Sketch()
    sketch.ring([(-2, -2), (-2, 2), (2, 2), (2, -2)], highway="service", sidewalk="right")
    store = sketch.open(tmp_path)
    # 5 m of road and 5 m + 2 px of border about a line 2 m away from the middle: 2 + 5.5.
    assert near(cut(store)["explicit_pedestrian"], (-7.5, -4.5), (4.5, 7.5))
