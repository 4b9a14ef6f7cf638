# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from offline_tools.errors import SimulationError
from offline_tools.osm import load_style, render
from offline_tools.simworld.scout import Scout
from offline_tools.simworld.spots import district_of
from offline_tools.simworld.truth import Drawing
from tests.offline_tools.simworld.drive.maps import write_map

ROAD, CROSSING, WALK, BUILDING = 0, 1, 2, 4


def spots_of(town, count=150):
    random = np.random.default_rng(0)
    district = district_of(town, "mia", True, random)
    return district, [district.spot(random) for _ in range(count)]


def test_spots_lie_on_what_they_say(town):
    district, spots = spots_of(town)
    hits = {"sidewalk": [], "road": []}
    for spot in spots:
        lat, lon = district.frame.to_globe(spot.x, spot.y)
        under = render(town, float(lat), float(lon), 0.0)[110:114, 110:114].any((0, 1))
        if spot.ground in hits:
            hits[spot.ground].append(under[ROAD] if spot.ground == "road" else under[WALK])
    assert np.mean(hits["sidewalk"]) > 0.9 and np.mean(hits["road"]) > 0.9


def test_all_kinds_of_ground_are_visited(town):
    _, spots = spots_of(town)
    assert {spot.ground for spot in spots} == {"sidewalk", "crossing", "path", "road"}


def test_no_shot_is_taken_from_inside_a_building(tmp_path):
    # Fronts so near to where one walks that one who keeps less than half a metre aside is in them.
    walls = [(-120.0, 4.8), (120.0, 4.8), (120.0, 12.0), (-120.0, 12.0), (-120.0, 4.8)]
    street = {"highway": "residential", "sidewalk": "both"}
    town = write_map(tmp_path, [([(-150.0, 0.0), (150.0, 0.0)], street), (walls, {"building": "yes"})])
    random = np.random.default_rng(1)
    district = district_of(town, "mia", True, random)
    scout = Scout(Drawing(town, load_style("mia"), True), district, np.zeros(2), reach=200.0)
    for _ in range(40):
        _, mask = scout.shot(random)
        assert not mask[111:113, 111:113, BUILDING].any()


def test_a_map_without_streets_is_refused_by_name(tmp_path):
    town = write_map(tmp_path, [([(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)], {"building": "yes"})])
    with pytest.raises(SimulationError, match=r"map\.osm: the map has no footways, sidewalks or roads"):
        district_of(town, "mia", True, np.random.default_rng(0))
