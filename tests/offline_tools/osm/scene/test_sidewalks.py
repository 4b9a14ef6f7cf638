# SPDX-License-Identifier: Apache-2.0
"""On which sides a road has sidewalks, by the document of the published rules, section 3.2.1."""

import pytest

from offline_tools.osm import load_style
from offline_tools.osm.scene.sidewalks import Pavement

MIA, NAVIGATION = load_style("mia").sidewalks, load_style("navigation").sidewalks
RESIDENTIAL = {"highway": "residential"}

# Tags, and what is inferred where traffic keeps to the right; DRIVING stands for that side.
DRIVING = "driving side"
INFERRED = [
    # 1: the tag itself
    (RESIDENTIAL | {"sidewalk": "left"}, "left"),
    (RESIDENTIAL | {"sidewalk": "right"}, "right"),
    (RESIDENTIAL | {"sidewalk": "both"}, "both"),
    ({"highway": "motorway", "sidewalk": "left"}, "left"),
    (RESIDENTIAL | {"sidewalk": "left", "sidewalk:right": "yes"}, "left"),
    # any other value is not looked at
    (RESIDENTIAL | {"sidewalk": "no"}, "both"),
    (RESIDENTIAL | {"sidewalk": "none"}, "both"),
    (RESIDENTIAL | {"sidewalk": "separate"}, "both"),
    (RESIDENTIAL | {"sidewalk": "yes"}, "both"),
    ({"highway": "service", "sidewalk": "separate"}, "none"),
    # 2: one tag for each side; a missing one counts as yes
    (RESIDENTIAL | {"sidewalk:left": "no"}, "right"),
    (RESIDENTIAL | {"sidewalk:right": "no"}, "left"),
    (RESIDENTIAL | {"sidewalk:left": "yes"}, "both"),
    (RESIDENTIAL | {"sidewalk:left": "separate", "sidewalk:right": "no"}, "left"),
    (RESIDENTIAL | {"sidewalk:left": "no", "sidewalk:right": "no"}, "none"),
    (RESIDENTIAL | {"sidewalk": "no", "sidewalk:left": "no"}, "right"),
    ({"highway": "motorway", "sidewalk:left": "yes", "sidewalk:right": "no"}, "left"),
    # 3: roads without
    ({"highway": "motorway"}, "none"),
    ({"highway": "motorway_link"}, "none"),
    ({"highway": "service"}, "none"),
    (RESIDENTIAL | {"junction": "intersection"}, "none"),
    (RESIDENTIAL | {"junction": "roundabout"}, "none"),
    (RESIDENTIAL | {"junction": "circular"}, "both"),
    (RESIDENTIAL | {"foot": "no"}, "none"),
    (RESIDENTIAL | {"foot": "no", "oneway": "yes"}, "none"),
    # 4: one-way roads
    ({"highway": "primary", "oneway": "yes"}, DRIVING),
    ({"highway": "trunk", "oneway": "yes"}, DRIVING),
    ({"highway": "primary", "oneway": "-1"}, "both"),
    (RESIDENTIAL | {"oneway": "yes"}, "both"),
    ({"highway": "living_street", "oneway": "yes"}, "both"),
    (RESIDENTIAL | {"oneway": "yes", "dual_carriageway": "yes"}, DRIVING),
    # 5: all others; sidewalk:both is not read
    (RESIDENTIAL, "both"),
    ({"highway": "trunk"}, "both"),
    ({"highway": "raceway"}, "both"),
    ({"leisure": "track"}, "both"),
    (RESIDENTIAL | {"sidewalk:both": "no"}, "both"),
]


@pytest.mark.parametrize("driving_side", ["right", "left"])
@pytest.mark.parametrize(("tags", "wanted"), INFERRED, ids=str)
def test_published_inference(tags: dict[str, str], wanted: str, driving_side: str) -> None:
    found = Pavement(MIA, driving_side, infer=True).of_road(tags)
    assert found == (driving_side if wanted == DRIVING else wanted)


@pytest.mark.parametrize("value", ["left", "right", "both", "no", "none", "separate", "yes", "anything"])
def test_without_inference_the_tag_is_taken_as_it_is(value: str) -> None:
    assert Pavement(MIA, "right", infer=False).of_road(RESIDENTIAL | {"sidewalk": value}) == value


@pytest.mark.parametrize("tags", [RESIDENTIAL, RESIDENTIAL | {"sidewalk:left": "yes"}])
def test_without_inference_and_tag_nothing_is_known(tags: dict[str, str]) -> None:
    assert Pavement(MIA, "right", infer=False).of_road(tags) is None


@pytest.mark.parametrize(
    ("tags", "inferred", "told"),
    [
        ({"sidewalk": "no"}, "none", "none"),
        ({"sidewalk": "none"}, "none", "none"),
        ({"sidewalk": "separate"}, "none", "none"),
        ({"sidewalk": "yes"}, "both", "both"),
        ({"sidewalk": "right"}, "right", "right"),
        ({"sidewalk:both": "separate"}, "none", "none"),
        ({"sidewalk:both": "yes"}, "both", "both"),
        ({"sidewalk:left": "yes"}, "both", "left"),  # the other side is not known
        ({"sidewalk:left": "separate"}, "right", "none"),
        ({"sidewalk:left": "no", "sidewalk:right": "yes"}, "right", "right"),
        ({"sidewalk": "lane"}, "both", None),
        ({"oneway": "yes", "dual_carriageway": "yes"}, "left", None),
        ({"foot": "no"}, "none", None),
        ({}, "both", None),
    ],
)
def test_the_style_for_robots_believes_what_the_map_says(tags: dict[str, str], inferred: str, told: str | None) -> None:
    assert Pavement(NAVIGATION, "left", infer=True).of_road(RESIDENTIAL | tags) == inferred
    assert Pavement(NAVIGATION, "left", infer=False).of_road(RESIDENTIAL | tags) == told
