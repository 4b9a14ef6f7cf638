# SPDX-License-Identifier: Apache-2.0
"""Where the style for robots differs from the published rules, each seen in what is drawn."""

from pathlib import Path

import pytest

from tests.offline_tools.osm.maps import Sketch, cut, near, straight

SQUARE = [(-10, -10), (10, -10), (10, 10), (-10, 10)]


def drawn(sketch: Sketch, folder: Path, *, infer: bool = False, north: float = 0.0) -> tuple[dict, dict]:
    """A cut by the published rules, and one by ours."""
    store = sketch.open(folder)
    return cut(store, "mia", infer=infer, north=north), cut(store, "navigation", infer=infer, north=north)


def crossing_street(**node_tags: str) -> tuple[Sketch, int]:
    """A street of 10 m with a crossing node in the middle, and that node."""
    sketch = Sketch()
    node = sketch.node(0, 0, highway="crossing", **node_tags)
    sketch.way([(0, -50), node, (0, 50)], highway="residential")
    return sketch, node


def test_a_crossing_node_is_a_band_from_edge_to_edge_of_the_road(tmp_path: Path) -> None:
    mia, ours = drawn(crossing_street()[0], tmp_path)
    assert "crossing" not in mia
    assert near(ours["crossing"], (-5, 5)) and near(ours["road"], (-5, 5))


@pytest.mark.parametrize(("north", "is_there"), [(1.1, True), (-1.1, True), (1.4, False), (-1.4, False)])
def test_the_band_of_a_crossing_node_is_two_and_a_half_metres_wide(
    north: float, is_there: bool, tmp_path: Path
) -> None:
    store = crossing_street()[0].open(tmp_path)
    assert ("crossing" in cut(store, "navigation", north=north)) is is_there


def test_crossing_no_is_no_crossing(tmp_path: Path) -> None:
    _, ours = drawn(crossing_street(crossing="no")[0], tmp_path)
    assert "crossing" not in ours


@pytest.mark.parametrize("tags", [{"highway": "footway", "footway": "crossing"}, {"path": "crossing"}])
def test_a_crossing_that_is_a_way_is_not_drawn_twice(tags: dict[str, str], tmp_path: Path) -> None:
    sketch, node = crossing_street()
    sketch.way([(-9, 0), node, (9, 0)], **tags)
    _, ours = drawn(sketch, tmp_path)
    assert near(ours["crossing"], (-10.25, 10.25))  # the way with its round ends, 2.5 m wide


def test_a_crossing_node_follows_a_road_that_runs_beside_its_way(tmp_path: Path) -> None:
    sketch = Sketch()
    node = sketch.node(0, 0, highway="crossing")
    sketch.way([(0, -50), node, (0, 50)], highway="residential", lanes="2", placement="right_of:1")
    _, ours = drawn(sketch, tmp_path)
    assert near(ours["crossing"], *ours["road"])


@pytest.mark.parametrize(
    "tags",
    [
        {"leisure": "park"},
        {"leisure": "playground"},
        {"leisure": "dog_park"},
        {"landuse": "village_green"},
        {"landuse": "allotments"},
        {"landuse": "cemetery"},
        {"natural": "lawn"},
        {"landcover": "grass"},
    ],
)
def test_what_is_green_is_terrain(tags: dict[str, str], tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring(SQUARE, **tags)
    mia, ours = drawn(sketch, tmp_path)
    assert "terrain" not in mia
    assert ours.keys() == {"terrain"} and near(ours["terrain"], (-10, 10), within=0.4)


@pytest.mark.parametrize(
    "tags",
    [
        {"sidewalk": "no"},
        {"sidewalk": "none"},
        {"sidewalk": "separate"},
        {"sidewalk__both": "no"},
        {"sidewalk__both": "separate"},
        {"sidewalk__left": "no", "sidewalk__right": "separate"},
    ],
)
def test_a_road_without_sidewalks_gets_none(tags: dict[str, str], tmp_path: Path) -> None:
    mia, ours = drawn(straight(highway="residential", **tags), tmp_path, infer=True)
    assert "explicit_pedestrian" in mia
    assert ours.keys() == {"road"} and near(ours["road"], (-5, 5))


@pytest.mark.parametrize(
    ("tags", "bands"),
    [
        ({"sidewalk": "both"}, [(-7.5, -5), (5, 7.5)]),
        ({"sidewalk": "yes"}, [(-7.5, -5), (5, 7.5)]),
        ({"sidewalk__both": "yes"}, [(-7.5, -5), (5, 7.5)]),
        ({"sidewalk": "left"}, [(-7.5, -5)]),
        ({"sidewalk": "right"}, [(5, 7.5)]),
        ({"sidewalk__left": "yes", "sidewalk__right": "no"}, [(-7.5, -5)]),
        ({}, []),
    ],
)
def test_sidewalks_are_two_and_a_half_metres_wide_and_end_at_the_road(
    tags: dict[str, str], bands: list[tuple[float, float]], tmp_path: Path
) -> None:
    _, ours = drawn(straight(highway="residential", **tags), tmp_path)
    assert near(ours.get("explicit_pedestrian", []), *bands)
    assert near(ours["road"], (-5, 5))


def test_a_sidewalk_is_inferred_where_nothing_is_known(tmp_path: Path) -> None:
    _, ours = drawn(straight(highway="residential"), tmp_path, infer=True)
    assert near(ours["explicit_pedestrian"], (-7.5, -5), (5, 7.5))


@pytest.mark.parametrize(("highway", "half"), [("primary_link", 6), ("road", 4), ("busway", 4)])
def test_roads_that_the_published_rules_leave_out_are_drawn(highway: str, half: float, tmp_path: Path) -> None:
    mia, ours = drawn(straight(highway=highway), tmp_path)
    assert "road" not in mia
    assert near(ours["road"], (-half, half))


@pytest.mark.parametrize(
    "tags", [{"barrier": "wall"}, {"barrier": "city_wall"}, {"route": "ferry"}, {"man_made": "bridge"}]
)
def test_walls_and_ferries_and_bridge_outlines_are_no_road(tags: dict[str, str], tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring([(-10, -10), (-8, -10), (-8, 10), (-10, 10)], **tags)
    mia, ours = drawn(sketch, tmp_path, north=9.9 if tags.get("route") else 0.0)
    assert "road" in mia
    assert ours == {}


@pytest.mark.parametrize(
    ("width", "metres"), [("20 ft", 6.096), ("5.5 m", 5.5), ("5.5", 5.5), ("20'", 6.096), ("abc", 10), ("-3", 10)]
)
def test_widths_are_read_with_their_unit(width: str, metres: float, tmp_path: Path) -> None:
    _, ours = drawn(straight(highway="residential", width=width), tmp_path)
    assert near(ours["road"], (-metres / 2, metres / 2))


def test_building_no_is_no_building(tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring(SQUARE, building="no")
    mia, ours = drawn(sketch, tmp_path)
    assert "building" in mia and ours == {}


@pytest.mark.parametrize("tags", [{"leisure": "track"}, {"highway": "raceway"}])
def test_a_running_track_has_no_sidewalk(tags: dict[str, str], tmp_path: Path) -> None:
    sketch = Sketch()
    sketch.ring([(-12, -20), (12, -20), (12, 20), (-12, 20)], **tags)
    mia, ours = drawn(sketch, tmp_path, infer=True)
    assert "explicit_pedestrian" in mia
    assert ours.keys() == {"terrain"}
