# SPDX-License-Identifier: Apache-2.0
import hashlib
from pathlib import Path

import pytest
from shapely import STRtree

from offline_tools.errors import SimulationError
from offline_tools.simworld.town import Town, TownPlan, make_town
from tests.commands import python
from tests.offline_tools.simworld.town.conftest import SEEDS
from tests.offline_tools.simworld.town.reading import ReadTown, blocks, components

# What a town is made of, and in how many of eight towns it must be. Ways first, then nodes.
WAYS = [
    ({"junction": "roundabout"}, 8),
    ({"oneway": "yes", "dual_carriageway": "yes"}, 2),
    ({"highway": "residential"}, 8),
    ({"highway": "unclassified"}, 8),
    ({"highway": "tertiary"}, 4),
    ({"highway": "living_street"}, 5),
    ({"highway": "pedestrian"}, 3),
    ({"highway": "track"}, 3),
    ({"highway": "path"}, 1),
    ({"service": "driveway"}, 8),
    ({"service": "parking_aisle"}, 8),
    ({"service": "alley"}, 2),
    ({"lanes": "*"}, 8),
    ({"width": "*"}, 8),
    ({"footway": "sidewalk"}, 8),
    ({"footway": "crossing"}, 8),
    ({"sidewalk": "separate"}, 8),
    ({"sidewalk": "both"}, 8),
    ({"sidewalk": "no"}, 5),
    ({"building": "house"}, 8),
    ({"building": "terrace"}, 7),
    ({"building": "apartments"}, 6),
    ({"building": "garage"}, 8),
    ({"building": "church"}, 8),
    ({"building": "*", "building:levels": "*"}, 8),
    ({"building": "*", "height": "*"}, 6),
    ({"building": "*", "roof:shape": "*"}, 7),
    ({"building": "*", "building:colour": "*"}, 7),
    ({"amenity": "parking"}, 8),
    ({"leisure": "park"}, 8),
    ({"leisure": "playground"}, 7),
    ({"leisure": "pitch"}, 6),
    ({"leisure": "garden"}, 5),
    ({"natural": "water"}, 6),
    ({"natural": "wood"}, 5),
    ({"natural": "scrub"}, 5),
    ({"natural": "tree_row"}, 7),
    ({"landuse": "grass"}, 8),
    ({"landuse": "farmland"}, 7),
    ({"landuse": "meadow"}, 5),
    ({"barrier": "hedge"}, 7),
    ({"barrier": "fence"}, 7),
    ({"barrier": "wall"}, 7),
]
BANDS = [(0, 0.1), (0.1, 1.4), (1.4, 2.7), (2.7, 5), (5, 1e9)]  # metres
POINTS = [
    ({"highway": "crossing"}, 8),
    ({"highway": "crossing", "crossing:markings": "zebra"}, 8),
    ({"highway": "street_lamp"}, 7),
    ({"highway": "bus_stop"}, 7),
    ({"highway": "traffic_signals"}, 2),
    ({"highway": "turning_circle"}, 7),
    ({"natural": "tree"}, 8),
    ({"amenity": "bench"}, 8),
    ({"place": "town"}, 8),
]


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    say = "import hashlib, sys; from offline_tools.simworld.town import make_town as m; "
    say += "print(hashlib.sha256(m(int(sys.argv[1])).xml).hexdigest())"
    other = python("-c", say, "3", cwd=tmp_path, PYTHONHASHSEED="12345")
    assert other.stdout.strip() == hashlib.sha256(make_town(3).xml).hexdigest()


def test_what_is_written_is_what_was_made(tmp_path: Path) -> None:
    town = make_town(1, TownPlan(width=400, height=400))
    assert town.write(tmp_path / "new" / "town.osm").read_bytes() == town.xml
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["town.osm"]


def test_a_place_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    town = Town(0, "X", 0, 0, 1, 1, "left", b"")
    with pytest.raises(SimulationError, match=r"town .*file/town.osm: cannot be written: [^\n]+$"):
        town.write(tmp_path / "file" / "town.osm")


def test_the_driving_side_can_be_read_from_the_map_and_from_the_town(towns: list[ReadTown]) -> None:
    made = make_town(SEEDS[0])
    (place,) = towns[0].points(place="town")
    assert towns[0].node_tags[place] == {"place": "town", "name": made.name, "driving_side": made.driving_side}


def test_traffic_goes_round_the_roundabout_on_its_side(towns: list[ReadTown]) -> None:
    """Counter-clockwise where people drive on the right."""
    for town in towns:
        side = town.node_tags[town.points(place="town")[0]]["driving_side"]
        (ring,) = town.having(junction="roundabout")
        assert ring.line.is_ring
        x, y = ring.line.xy
        area = sum(a * d - c * b for a, b, c, d in zip(x[:-1], y[:-1], x[1:], y[1:], strict=True))
        assert (area > 0) == (side == "right")


def test_every_reference_has_its_element(towns: list[ReadTown]) -> None:
    for town in towns:
        assert {ref for way in town.ways.values() for ref in way.refs} <= set(town.nodes)
        assert {ref for _, members in town.relations for ref, _ in members} <= set(town.ways)
        assert all(len(way.refs) > 1 and way.line.length > 0 for way in town.ways.values())


def test_bounds_contain_everything(towns: list[ReadTown]) -> None:
    for town in towns:
        left, bottom, right, top = town.bounds
        assert all(left <= lon <= right and bottom <= lat <= top for lon, lat in town.nodes.values())


def test_the_size_is_as_planned() -> None:
    town = make_town(2, TownPlan(width=500, height=650, lat=50.0, lon=8.0))
    assert (town.width, town.height, town.lat, town.lon) == (500, 650, 50.0, 8.0)


def test_streets_hang_together(towns: list[ReadTown]) -> None:
    for town in towns:
        metres = components(town.streets)
        assert metres[0] > 0.99 * sum(metres)
        assert blocks(town) > 12


def test_streets_meet_at_shared_nodes_only_where_they_end(towns: list[ReadTown]) -> None:
    """Ways are split at junctions, as in OpenStreetMap; not the roundabout, and not where a driveway joins."""
    for town in towns:
        through = [way for way in town.streets if way.tags["highway"] != "service" and "junction" not in way.tags]
        ends = {ref for way in through for ref in (way.refs[0], way.refs[-1])}
        assert not ends & {ref for way in through for ref in way.refs[1:-1]}


def test_no_building_stands_on_a_carriageway(towns: list[ReadTown]) -> None:
    for town in towns:
        tree = STRtree(town.carriageways)
        roads, buildings = tree.geometries, town.buildings
        for i, j in tree.query(buildings, predicate="intersects").T:
            assert buildings[i].intersection(roads[j]).area < 0.05


def test_no_sidewalk_or_crossing_runs_through_a_building(towns: list[ReadTown]) -> None:
    for town in towns:
        walks = [way.line for kind in ("sidewalk", "crossing") for way in town.having(footway=kind)]
        tree = STRtree(town.buildings)
        assert not len(tree.query(walks, predicate="intersects")[0])


def test_buildings_share_walls_at_most(towns: list[ReadTown]) -> None:
    for town in towns:
        assert all(shape.is_valid and shape.area > 4 for shape in town.buildings)
        tree = STRtree(town.buildings)
        for i, j in tree.query(town.buildings, predicate="intersects").T:
            # A node is rounded to about a centimetre.
            assert i == j or town.buildings[i].intersection(town.buildings[j]).area < 0.5


def test_a_crossing_shares_a_tagged_node_with_the_road_and_its_ends_with_sidewalks(towns: list[ReadTown]) -> None:
    for town in towns:
        on_roads = {ref for way in town.streets for ref in way.refs}
        on_sidewalks = {ref for way in town.having(footway="sidewalk") for ref in way.refs}
        for way in town.having(footway="crossing"):
            assert {way.refs[0], way.refs[-1]} <= on_sidewalks
            middles = way.refs[1:-1]
            assert middles and set(middles) <= on_roads
            assert all(town.node_tags[ref]["crossing"] == way.tags["crossing"] for ref in middles)
        assert set(town.points(highway="crossing")) <= on_roads


def test_sidewalks_run_beside_the_carriageway(towns: list[ReadTown]) -> None:
    """Their middle is 1.5 to 2.6 m from its edge; farther at round corners, and on it only where a street joins."""
    for town in towns:
        tree = STRtree(town.carriageways)
        apart = []
        for way in town.having(footway="sidewalk"):
            points = [way.line.interpolate(share, normalized=True) for share in (0.2, 0.4, 0.6, 0.8)]
            apart += [tree.geometries[tree.nearest(point)].distance(point) for point in points]
        shares = [sum(low <= value < high for value in apart) / len(apart) for low, high in BANDS]
        assert shares[0] + shares[1] < 0.05 and shares[2] > 0.7 and shares[4] < 0.02, shares


@pytest.mark.parametrize(("tags", "least"), WAYS, ids=str)
def test_ways_and_areas_of_each_kind_are_there(towns: list[ReadTown], tags: dict[str, str], least: int) -> None:
    found = sum(
        bool(town.having(**tags)) or any(tags.items() <= has.items() for has, _ in town.relations) for town in towns
    )
    assert found >= least


@pytest.mark.parametrize(
    ("tags", "least"), POINTS, ids=lambda value: "+".join(value) if isinstance(value, dict) else ""
)
def test_nodes_of_each_kind_are_there(towns: list[ReadTown], tags: dict[str, str], least: int) -> None:
    assert sum(bool(town.points(**tags)) for town in towns) >= least


def test_courtyards_are_holes_of_multipolygons(towns: list[ReadTown]) -> None:
    with_court = 0
    for town in towns:
        courts = [members for tags, members in town.relations if "building" in tags and tags["type"] == "multipolygon"]
        with_court += bool(courts)
        assert all([role for _, role in members] == ["outer", "inner"] for members in courts)
    assert with_court >= 4


def test_towns_differ_widely(towns: list[ReadTown]) -> None:
    """The largest value is at least twice the smallest, over eight towns."""
    measures = {
        "residential metres per hectare": [_metres(town, "residential") / _hectares(town) for town in towns],
        "mapped sidewalk per street": [
            sum(way.line.length for way in town.having(footway="sidewalk"))
            / sum(way.line.length for way in town.streets)
            for town in towns
        ],
        "buildings per hectare": [len(town.buildings) / _hectares(town) for town in towns],
        "parking": [town.area(amenity="parking") / _hectares(town) for town in towns],
        "parks": [town.area(leisure="park") / _hectares(town) for town in towns],
        "crossings": [len(town.points(highway="crossing")) / _hectares(town) for town in towns],
    }
    for name, values in measures.items():
        assert max(values) > 2 * min(values), (name, values)


def _metres(town: ReadTown, highway: str) -> float:
    return sum(way.line.length for way in town.having(highway=highway))


def _hectares(town: ReadTown) -> float:
    x = [point for way in town.ways.values() for point in way.line.bounds[::2]]
    y = [point for way in town.ways.values() for point in way.line.bounds[1::2]]
    return (max(x) - min(x)) * (max(y) - min(y)) / 1e4
