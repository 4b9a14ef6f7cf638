# SPDX-License-Identifier: Apache-2.0
"""Areas and lines that are no roads: rings, holes, and the order that does not matter."""

from pathlib import Path

import pytest

from tests.offline_tools.osm.maps import Sketch, cut, near

OUTER = [(-20, -20), (20, -20), (20, 20), (-20, 20)]
HOLE = [(-8, -8), (8, -8), (8, 8), (-8, 8)]


@pytest.mark.parametrize("turned", [False, True])
def test_a_multipolygon_has_its_hole_however_its_rings_run(turned: bool, tmp_path: Path) -> None:
    sketch = Sketch()
    outer = sketch.ring(OUTER)
    hole = sketch.ring(HOLE[::-1] if turned else HOLE)
    sketch.area([(outer, "outer"), (hole, "inner")], natural="wood")
    assert near(cut(sketch.open(tmp_path))["terrain"], (-20, -8), (8, 20))


def test_a_buildings_pen_goes_round_its_courtyard_too(tmp_path: Path) -> None:
    sketch = Sketch()
    outer, hole = sketch.ring(OUTER), sketch.ring(HOLE)
    sketch.area([(outer, "outer"), (hole, "inner")], building="yes")
    assert near(cut(sketch.open(tmp_path))["building"], (-20.25, -7.75), (7.75, 20.25))


def test_an_island_in_a_hole_is_filled(tmp_path: Path) -> None:
    sketch = Sketch()
    rings = [
        (sketch.ring(OUTER), "outer"),
        (sketch.ring(HOLE), "inner"),
        (sketch.ring([(-2, -2), (2, -2), (2, 2), (-2, 2)]), "outer"),
    ]
    sketch.area(rings, natural="wood")
    assert near(cut(sketch.open(tmp_path))["terrain"], (-20, -8), (-2, 2), (8, 20))


def test_a_ring_of_several_ways_is_glued(tmp_path: Path) -> None:
    sketch = Sketch()
    corners = [sketch.node(*point) for point in OUTER]
    first = sketch.way(corners[:3])
    second = sketch.way([corners[0], corners[3], corners[2]])
    sketch.area([(first, "outer"), (second, "outer")], leisure="park")
    assert near(cut(sketch.open(tmp_path))["park"], (-20, 20))


def test_an_outer_ring_that_is_not_closed_is_filled_by_a_straight_line(tmp_path: Path) -> None:
    sketch = Sketch()
    way = sketch.way([(-20, -20), (20, -20), (20, 20)])
    sketch.area([(way, "outer")], natural="water")
    # The missing side runs from the south-west to the north-east through the middle.
    assert near(cut(sketch.open(tmp_path))["water"], (0, 20))


def test_without_an_outer_ring_nothing_is_drawn(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.area([(sketch.ring(OUTER), "inner")], natural="water")
    sketch.way([(25, -9), (25, 9)], waterway="canal")
    assert near(cut(sketch.open(tmp_path))["water"], (24.5, 25.5))


def test_members_are_drawn_by_their_own_tags_too(tmp_path: Path) -> None:
    sketch = Sketch()
    outer, hole = sketch.ring(OUTER), sketch.ring(HOLE, natural="water")
    sketch.area([(outer, "outer"), (hole, "inner")], landuse="forest")
    found = cut(sketch.open(tmp_path))
    assert near(found["terrain"], (-20, -8), (8, 20)) and near(found["water"], (-8, 8))


def test_of_a_road_that_is_a_multipolygon_the_first_ring_is_a_line(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.area([(sketch.ring(OUTER), "outer"), (sketch.ring(HOLE), "inner")], highway="service")
    assert near(cut(sketch.open(tmp_path))["road"], (-23, -17), (17, 23))


def test_a_footway_that_is_a_multipolygon_is_an_area(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.area([(sketch.ring(OUTER), "outer")], highway="footway")
    assert near(cut(sketch.open(tmp_path))["explicit_pedestrian"], (-20.25, 20.25))


@pytest.mark.parametrize(
    ("tags", "channel", "half"),
    [
        ({"highway": "footway"}, "explicit_pedestrian", 1.25),
        ({"highway": "cycleway"}, "explicit_pedestrian", 0.75),
        ({"highway": "steps"}, "explicit_pedestrian", 1.5),
        ({"footway": "crossing"}, "crossing", 1.25),
        ({"natural": "tree_row"}, "terrain", 1.25),
        ({"barrier": "hedge"}, "terrain", 1.0),
        ({"waterway": "river"}, "water", 0.625),
        ({"railway": "tram"}, "train", 1.75),
        ({"aeroway": "taxiway"}, "road", 12.5),
        ({"barrier": "city_wall"}, "road", 0.5),
        ({"highway": "corridor"}, "park", 1.25),
    ],
)
def test_lines_are_as_wide_as_their_pen(tags: dict[str, str], channel: str, half: float, tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.way([(0, -50), (0, 50)], **tags)
    found = cut(sketch.open(tmp_path))
    assert found.keys() == {channel} and near(found[channel], (-half, half))


def test_what_is_hidden_is_not_drawn(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring(OUTER, building="yes", location="underground")
    sketch.ring(HOLE, building="yes", layer="-1")
    assert near(cut(sketch.open(tmp_path))["building"], (-8.25, 8.25))


def test_a_building_that_is_a_car_park_is_both(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring(HOLE, building="yes", amenity="parking")
    found = cut(sketch.open(tmp_path))
    assert near(found["building"], (-8.25, 8.25)) and near(found["parking"], (-8, 8))


def test_nodes_alone_draw_nothing(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.node(0, 0, highway="crossing", building="yes", natural="tree")
    sketch.way([(20, -9), (20, 9)], waterway="canal")
    assert cut(sketch.open(tmp_path)).keys() == {"water"}
