# SPDX-License-Identifier: Apache-2.0
import pytest

from offline_tools.osm import load_style
from offline_tools.osm.style.model import Match

MIA, NAVIGATION = load_style("mia"), load_style("navigation")


@pytest.mark.parametrize(
    ("rule", "tags", "holds"),
    [
        ({"tags": {"natural": "wood"}}, {"natural": "wood"}, True),
        ({"tags": {"natural": "wood"}}, {"natural": "Wood"}, False),
        ({"tags": {"natural": "wood"}}, {"natural": "wood;scrub"}, False),
        ({"tags": {"natural": "wood"}}, {"natural": " wood"}, False),
        ({"tags": {"natural": "wood"}}, {}, False),
        ({"tags": {"natural": ["wood", "scrub"]}}, {"natural": "scrub"}, True),
        ({"tags": {"building": "*"}}, {"building": "no"}, True),
        ({"tags": {"building": "*"}}, {"building:part": "yes"}, False),
        ({"tags": {"indoor": "yes", "area": "yes"}}, {"indoor": "yes"}, False),
        ({"tags": {"indoor": "yes", "area": "yes"}}, {"indoor": "yes", "area": "yes", "level": "1"}, True),
        ({"tags": {"highway": "footway"}, "unless": {"area": "yes"}}, {"highway": "footway", "area": "yes"}, False),
        ({"tags": {"highway": "footway"}, "unless": {"area": "yes"}}, {"highway": "footway", "area": "no"}, True),
        ({"tags": {"building": "*"}, "unless": {"building": "no"}}, {"building": "no"}, False),
        ({"tags": {"a": "1"}, "unless": {"b": "1", "c": "*"}}, {"a": "1", "c": "x"}, False),
    ],
)
def test_tags_are_compared_exactly(rule: dict, tags: dict, holds: bool) -> None:
    assert Match(**rule).holds(tags) is holds


@pytest.mark.parametrize(
    ("tags", "hidden"),
    [
        ({"level": "-1"}, True),
        ({"level": "0"}, False),
        ({"level": "1;-1"}, True),
        ({"level": "-1;x"}, True),
        ({"level": "x;-1"}, False),  # nothing is read after a part that is no number
        ({"level": "0,5"}, False),
        ({"level": "-0,5"}, True),
        ({"level": ""}, False),
        ({"level": "nan"}, False),
        ({"location": "underground"}, True),
        ({"parking": "underground"}, True),
        ({"tunnel": "yes"}, True),
        ({"tunnel": "building_passage"}, False),
        ({"layer": "-2"}, False),
        ({"covered": "yes"}, False),
    ],
)
def test_what_lies_below_ground_is_hidden(tags: dict[str, str], hidden: bool) -> None:
    assert MIA.is_hidden(tags) is hidden
    assert NAVIGATION.is_hidden(tags) is hidden


ROAD_METRES = {
    "motorway": 13,
    "trunk": 13,
    "primary": 13,
    "secondary": 13,
    "motorway_link": 12,
    "trunk_link": 12,
    "secondary_link": 12,
    "tertiary": 12,
    "tertiary_link": 11,
    "unclassified": 8,
    "residential": 10,
    "living_street": 7,
    "service": 5,
}


@pytest.mark.parametrize("highway", ROAD_METRES)
def test_roads_are_as_wide_as_their_class(highway: str) -> None:
    row = MIA.road_of({"highway": highway})
    assert row is not None and (row.metres, row.channel) == (ROAD_METRES[highway], "road")


@pytest.mark.parametrize(
    "highway", ["primary_link", "road", "bridleway", "busway", "construction", "proposed", "track", "footway"]
)
def test_the_published_rules_draw_no_road_for_these(highway: str) -> None:
    assert MIA.road_of({"highway": highway}) is None


def test_the_first_row_of_roads_that_holds_counts() -> None:
    aisle = MIA.road_of({"highway": "service", "service": "parking_aisle"})
    assert aisle is not None and aisle.metres == 4
    both = MIA.road_of({"leisure": "track", "highway": "residential"})
    assert both is not None and both.metres == 10


@pytest.mark.parametrize("tags", [{"leisure": "track"}, {"highway": "raceway"}])
def test_running_tracks_and_race_tracks_are_terrain(tags: dict[str, str]) -> None:
    row = MIA.road_of(tags)
    assert row is not None and row.channel == "terrain"


def test_every_row_of_features_that_holds_is_drawn() -> None:
    rows = MIA.features_of({"highway": "footway", "footway": "crossing"})
    assert [row.channel for row in rows] == ["explicit_pedestrian", "crossing"]
    assert len(MIA.features_of({"highway": "path"})) == 2


@pytest.mark.parametrize(
    "tags",
    [
        {"natural": "sand"},
        {"landuse": "residential"},
        {"landuse": "cemetery"},
        {"landuse": "village_green"},
        {"leisure": "dog_park"},
        {"amenity": "parking_space"},
        {"railway": "subway"},
        {"barrier": "fence"},
        {"area:highway": "footway"},
    ],
)
def test_the_published_rules_draw_nothing_for_these(tags: dict[str, str]) -> None:
    assert MIA.features_of(tags) == [] and MIA.road_of(tags) is None


@pytest.mark.parametrize(
    ("tags", "is_area"),
    [
        ({"leisure": "track"}, True),
        ({"natural": "tree_row"}, False),
        ({"natural": "tree_row", "landuse": "grass"}, True),
        ({"highway": "residential"}, False),
        ({"highway": "service", "area": "yes"}, False),
    ],
)
def test_a_closed_road_with_an_area_key_is_an_area(tags: dict[str, str], is_area: bool) -> None:
    assert MIA.is_area(tags) is is_area
