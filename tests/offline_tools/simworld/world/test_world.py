# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from offline_tools.errors import CoverageError, MiaError, SimulationError
from offline_tools.osm import CHANNELS, MapStore, render
from offline_tools.simworld.town import make_town
from offline_tools.simworld.world import Appearance, World, build_world
from offline_tools.simworld.world.layers import CLASS_OF_LAYER
from tests.offline_tools.simworld.drive.maps import CENTRE, TOWN, write_map

MIDDLE = (CENTRE.lat0, CENTRE.lon0)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write_map(tmp_path_factory.mktemp("world"), TOWN)


@pytest.fixture(scope="module")
def world(store):
    return build_world(store, MIDDLE, 80.0, appearance=3)


def building(*corners, **tags):
    return [*corners, corners[0]], {"building": "yes", **tags}


def test_a_saved_world_is_the_same_when_it_is_loaded(world, tmp_path):
    again = World.load(world.save(tmp_path / "deep" / "world.npz"))
    assert (again.frame, again.corner, again.light, again.weather) == (
        world.frame,
        world.corner,
        world.light,
        world.weather,
    )
    for name, array in world._arrays().items():
        assert np.array_equal(again._arrays()[name], array), name


def test_the_same_seed_builds_the_same_world_and_another_seed_another(store, world):
    again, other = (build_world(store, MIDDLE, 80.0, appearance=seed) for seed in (3, 4))
    assert all(np.array_equal(array, again._arrays()[name]) for name, array in world._arrays().items())
    assert not np.array_equal(world.materials, other.materials)


def test_nothing_is_left_behind_where_a_world_cannot_be_written(world, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulationError, match="cannot be written"):
        world.save(tmp_path / "file" / "world.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_what_is_no_world_is_refused(tmp_path, content):
    (tmp_path / "world.npz").write_bytes(content)
    with pytest.raises(SimulationError, match="world"):
        World.load(tmp_path / "world.npz")


def test_a_world_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SimulationError, match="cannot be read"):
        World.load(tmp_path / "none.npz")


def test_the_ground_is_what_the_truth_says_it_is(tmp_path):
    """At random places of a town, the class that is seen is among those that are drawn there."""
    town = make_town(5)
    store = MapStore.open(town.write(tmp_path / "town.osm"), folder=tmp_path / "store")
    world = build_world(store, (town.lat, town.lon), 120.0, appearance=Appearance.plain())
    channel = {"sidewalk": "explicit_pedestrian"}
    random, seen = np.random.default_rng(0), set()
    for x, y in random.uniform(-110, 110, (150, 2)):
        name = CLASS_OF_LAYER.get(world.layer_at(x, y))
        if name is None:
            continue
        lat, lon = world.frame.to_globe(x, y)
        mask = render(store, float(lat), float(lon), 0.0, size=(9, 9), resolution=0.2)
        assert mask[3:6, 3:6, CHANNELS.index(channel.get(name, name))].any(), (name, x, y)
        seen.add(name)
    assert {"road", "sidewalk", "building"} <= seen


def test_layers_hold_the_points_that_their_outlines_hold(world):
    from shapely import LineString, Point, polygonize, union_all

    rings = union_all(list(polygonize([LineString(edge.reshape(2, 2)) for edge in world.outline("road_a")]).geoms))
    assert rings.area > 0
    for x, y in np.random.default_rng(1).uniform(-75, 75, (400, 2)):
        inside = bool(int(world._mask(x, y)) >> 11 & 1)
        assert inside == rings.contains(Point(x, y)) or rings.boundary.distance(Point(x, y)) < 1e-3


def test_a_building_that_crosses_itself_is_built(tmp_path):
    bow = building((10.0, 10.0), (30.0, 30.0), (30.0, 10.0), (10.0, 30.0), height="9")
    world = build_world(write_map(tmp_path, [*TOWN, bow]), MIDDLE, 60.0)
    assert world.in_building(12, 20) or world.in_building(28, 20)


@pytest.mark.parametrize("height", ["nan", "1e9", "-3", "about 7", "inf", ""])
def test_a_height_that_is_a_typing_error_gives_a_building(tmp_path, height):
    house = building((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0), height=height)
    world = build_world(write_map(tmp_path, [*TOWN, house]), MIDDLE, 60.0)
    assert world.in_building(20, 20)
    assert 2 < world.solids.top <= 160


def test_a_street_through_a_building_stays_free(tmp_path):
    across = building((20.0, -15.0), (40.0, -15.0), (40.0, 15.0), (20.0, 15.0))
    world = build_world(write_map(tmp_path, [*TOWN, across]), MIDDLE, 60.0)
    assert not world.in_building(30.0, 0.0)
    assert world.in_building(30.0, 12.0)


def test_a_map_without_streets_and_buildings_is_still_ground(tmp_path):
    meadow = [(-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, -50.0)], {"landuse": "grass"}
    world = build_world(write_map(tmp_path, [meadow]), MIDDLE, 60.0)
    assert world.layer_at(20.0, 0.0) == "terrain"


def test_a_place_where_the_map_holds_nothing_is_refused(store):
    lat, lon = (float(part) for part in CENTRE.to_globe(-225.0, -225.0))
    with pytest.raises(SimulationError, match="holds nothing"):
        build_world(store, (lat, lon), 20.0)


def test_a_place_outside_the_map_is_refused(store):
    with pytest.raises(CoverageError, match="outside the map"):
        build_world(store, (10.0, 10.0), 50.0)


@pytest.mark.parametrize("radius", [0, -5, 1e6, float("nan")])
def test_a_radius_that_makes_no_world_is_refused(store, radius):
    with pytest.raises(SimulationError, match="radius"):
        build_world(store, MIDDLE, radius)


def test_only_what_lies_within_the_radius_is_built(world):
    assert world.size == 160.0
    edges = world.outline("road_a")
    assert np.abs(edges).max() <= 80.01


@pytest.mark.parametrize("seed", [-1, 1.5, True, "3"])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(MiaError, match="seed"):
        Appearance.from_seed(seed)


def test_seeds_give_sidewalks_that_are_darker_and_lighter_than_roads():
    """No colour alone may tell them apart."""
    brighter = []
    for seed in range(100):
        surfaces = Appearance.from_seed(seed).surfaces
        brighter.append(sum(surfaces["sidewalk_a"].colour) > sum(surfaces["road_a"].colour))
    assert 25 < sum(brighter) < 90
