# SPDX-License-Identifier: Apache-2.0
import bz2
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest

from offline_tools.errors import CoverageError, MapSourceError
from offline_tools.osm.elements import Elements
from offline_tools.osm.store import MapStore, writer
from tests.offline_tools.osm.sources.xml_maps import TOWN, node, osm, relation, square, way, write
from tests.offline_tools.osm.store.random_maps import random_map

ROAD = {"highway": "service"}
EVERYWHERE = (-180, -90, 180, 90)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mia_ros" / "maps"


def ids(elements: Elements) -> tuple[list[int], list[int], list[int]]:
    return elements.ways.ids.tolist(), elements.areas.ids.tolist(), elements.nodes.ids.tolist()


def test_elements_are_what_the_file_says(tmp_path: Path) -> None:
    store = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    elements = store.elements(store.bounds)
    assert ids(elements) == ([100, 101], [1000], [2])
    ways, areas, nodes = elements.ways, elements.areas, elements.nodes
    assert ways.tags == [{"highway": "residential", "name": 'Rue de l\'Été "<&>"'}, {"building": "yes"}]
    assert ways.starts.tolist() == [0, 3, 8]
    assert ways.refs.tolist() == [1, 2, 3, 10, 11, 12, 13, 10]
    assert ways.lon[:3].tolist() == [20_010_000, 20_020_000, 20_030_000]
    assert ways.lat[:3].tolist() == [480_010_000, 480_010_000, 480_015_000]
    assert areas.tags == [{"type": "multipolygon", "natural": "wood"}]
    assert areas.ring_starts.tolist() == [0, 2] and areas.outer.tolist() == [True, False]
    assert areas.starts.tolist() == [0, 5, 10]
    assert set(areas.refs[:5].tolist()) == {20, 21, 22, 23} and areas.refs[0] == areas.refs[4]
    assert areas.refs[5:].tolist() == [30, 31, 32, 33, 30]
    assert (nodes.tags, nodes.lon.tolist(), nodes.lat.tolist()) == (
        [{"highway": "crossing"}],
        [20_020_000],
        [480_010_000],
    )


def test_columns_have_the_types_of_the_contract(tmp_path: Path) -> None:
    elements = MapStore.open(write(tmp_path / "town.osm", *TOWN)).elements(EVERYWHERE)
    for part in (elements.ways, elements.areas, elements.nodes):
        for name, column in vars(part).items():
            wanted = {"lon": np.int32, "lat": np.int32, "outer": np.bool_}.get(name, np.int64)
            assert isinstance(column, list) if name == "tags" else column.dtype == wanted


@pytest.mark.parametrize("batch_bytes", [writer.BATCH_BYTES, 4000])
def test_every_box_gives_all_that_touches_it(batch_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a search one by one; in one batch and in many, for boxes from a point to the whole map."""
    monkeypatch.setattr(writer, "BATCH_BYTES", batch_bytes)
    made = random_map(tmp_path / "map.osm", seed=7)
    store = MapStore.open(made.path)
    rng = np.random.default_rng(1)
    for _ in range(60):
        corner = np.array([2.4, 48.4]) + rng.uniform(-0.3, 0.3, 2)
        far = corner + rng.choice([0, 0.003, 0.05, 0.5]) * rng.uniform(0, 1, 2)
        box = tuple(np.round([*corner, *far], 7).tolist())
        assert ids(store.elements(box)) == made.touching(box)


def test_elements_of_a_box_are_whole_and_their_vertices_in_order(tmp_path: Path) -> None:
    far = [node(index, 2 + index * 0.04, 48) for index in range(1, 60)]
    store = MapStore.open(write(tmp_path / "map.osm", *far, way(5, range(1, 60), ROAD)))
    ways = store.elements((3, 47.99, 3.001, 48.01)).ways
    assert ways.refs.tolist() == list(range(1, 60))


def test_order_is_that_of_the_file(tmp_path: Path) -> None:
    nodes = [node(1, 2, 48), node(2, 2.1, 48)]
    store = MapStore.open(write(tmp_path / "map.osm", *nodes, *(way(i, [1, 2], ROAD) for i in (7, 3, 9, 1))))
    assert store.elements(EVERYWHERE).ways.ids.tolist() == [7, 3, 9, 1]


def test_of_what_is_given_twice_the_last_holds(tmp_path: Path) -> None:
    nodes = [node(1, 2, 48), node(2, 2.1, 48), node(3, 2.2, 48)]
    parts = [way(5, [1, 2], ROAD), way(4, [1, 2], ROAD), way(5, [1, 3], {"highway": "path"})]
    store = MapStore.open(write(tmp_path / "map.osm", *nodes, *parts))
    ways = store.elements(EVERYWHERE).ways
    assert (ways.ids.tolist(), ways.tags[1]) == ([4, 5], {"highway": "path"})
    assert store.counts.ways == 2
    assert (store.skipped, store.examples) == ({"given more than once": 1}, {"given more than once": (5,)})


def test_what_was_left_out_is_counted_with_examples(tmp_path: Path) -> None:
    nodes = [node(1, 2, 48), node(2, 2.1, 48)]
    bad = [way(10 + index, [1, 99], ROAD) for index in range(8)]
    store = MapStore.open(write(tmp_path / "map.osm", *nodes, way(5, [1, 2], ROAD), *bad, way(30, [1], ROAD)))
    assert store.skipped == {"missing node": 8, "fewer than two nodes": 1}
    assert store.examples == {"missing node": (10, 11, 12, 13, 14), "fewer than two nodes": (30,)}
    assert store.counts.ways == 1


def test_bounds_are_declared_or_the_extent_of_the_ways(tmp_path: Path) -> None:
    declared = MapStore.open(write(tmp_path / "a.osm", *TOWN))
    assert (declared.bounds, declared.bounds_declared) == ((2.0, 48.0, 2.01, 48.01), True)
    lonely = node(99, 5, 50, {"highway": "crossing"})
    plain = MapStore.open(write(tmp_path / "b.osm", lonely, *TOWN[1:]))
    assert plain.bounds == pytest.approx((2.001, 48.001, 2.007, 48.007))
    assert not plain.bounds_declared


def test_second_opening_reads_nothing_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    calls: list[tuple[int, int | None, str]] = []
    first = MapStore.open(path, progress=lambda *call: calls.append(call))
    assert [what for _, _, what in calls if what == "ways"]
    calls.clear()
    second = MapStore.open(path, progress=lambda *call: calls.append(call))
    assert (second.folder, calls) == (first.folder, [])


def test_changed_file_makes_a_new_store(tmp_path: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    old = MapStore.open(path)
    write(path, *TOWN, way(2000, [1, 3], ROAD))
    new = MapStore.open(path)
    assert new.folder != old.folder and new.counts.ways == old.counts.ways + 1


def test_same_content_elsewhere_has_the_same_elements(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    other = MapStore.open(write(tmp_path / "other" / "town.osm", *TOWN))
    assert one.folder == other.folder


def test_store_is_opened_by_its_folder_without_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    made = MapStore.open(path, folder=tmp_path / "store")
    path.unlink()
    again = MapStore.open(tmp_path / "store", driving_side="left")
    assert (again.counts, again.source, again.driving_side) == (made.counts, made.source, "left")
    assert again.licence == "ODbL 1.0, (c) OpenStreetMap contributors"
    assert ids(again.elements(again.bounds)) == ids(made.elements(made.bounds))


def test_folder_of_another_map_is_made_anew(tmp_path: Path) -> None:
    MapStore.open(write(tmp_path / "a.osm", *TOWN), folder=tmp_path / "store")
    parts = [*TOWN, way(2000, [1, 3], ROAD)]
    assert MapStore.open(write(tmp_path / "b.osm", *parts), folder=tmp_path / "store").counts.ways == 3


def test_folder_of_other_things_is_not_touched(tmp_path: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    with pytest.raises(MapSourceError, match="holds other files"):
        MapStore.open(path, folder=tmp_path)
    assert path.is_file()


@pytest.mark.parametrize("side", ["Right", "", "both"])
def test_driving_side_is_right_or_left(side: str, tmp_path: Path) -> None:
    with pytest.raises(MapSourceError, match="driving_side .*want 'right' or 'left'"):
        MapStore.open(write(tmp_path / "town.osm", *TOWN), driving_side=side)


def test_cache_that_cannot_be_written_is_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    path = write(tmp_path / "town.osm", *TOWN)
    with pytest.raises(MapSourceError, match="XDG_CACHE_HOME.*'folder'"):
        MapStore.open(path)
    assert MapStore.open(path, folder=tmp_path / "store").counts.ways == 2


def test_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapSourceError, match=r"no map store"):
        MapStore.open(tmp_path)


def test_store_of_another_version_is_made_anew_from_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    manifest = MapStore.open(path, folder=tmp_path / "store").folder / "map.json"
    manifest.write_text(manifest.read_text().replace("mia_ros map ", "mia_ros map 99"))
    with pytest.raises(MapSourceError, match="another version"):
        MapStore.open(tmp_path / "store")
    assert MapStore.open(path, folder=tmp_path / "store").counts.ways == 2


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_damaged_store_is_no_empty_map(damage: str, tmp_path: Path) -> None:
    store = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    for table in store.folder.glob("blocks/*/vertices.arrow"):
        table.unlink() if damage == "gone" else table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(MapSourceError, match="damaged.*open the map again"):
        store.elements(store.bounds)


@pytest.mark.parametrize(
    "parts",
    [
        [node(1, 2, 48), node(2, 2, 48.1, {"highway": "crossing"})],
        [way(5, [1, 2], ROAD)],
        [node(1, 2, 48), node(2, 2.1, 48), way(5, [1, 2])],
        [],
    ],
    ids=["nodes alone", "no nodes", "no tags", "nothing"],
)
def test_map_of_which_nothing_can_be_drawn_is_refused(parts: list[str], tmp_path: Path, cache: Path) -> None:
    with pytest.raises(MapSourceError, match=r"nothing\.osm: no tagged way or area.*download"):
        MapStore.open(write(tmp_path / "nothing.osm", *parts))
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_file_that_was_cut_off_leaves_no_store(tmp_path: Path, cache: Path) -> None:
    path = write(tmp_path / "town.osm", *TOWN)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(MapSourceError, match="download it again"):
        MapStore.open(path)
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_box_without_anything_has_no_elements(tmp_path: Path) -> None:
    store = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    assert ids(store.elements((50, 10, 50.1, 10.1))) == ([], [], [])


def test_box_over_the_antimeridian_is_refused(tmp_path: Path) -> None:
    store = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    with pytest.raises(CoverageError, match="antimeridian"):
        store.elements((179.9, 0, -179.9, 1))


def test_map_over_the_antimeridian_loads(tmp_path: Path) -> None:
    bounds = '<bounds minlat="-17.0" minlon="179.9" maxlat="-16.9" maxlon="-179.9"/>'
    nodes = [node(1, 179.95, -16.95), node(2, 179.96, -16.95), node(3, -179.95, -16.95), node(4, -179.96, -16.95)]
    ways = [way(5, [1, 2], ROAD), way(6, [3, 4], ROAD), way(7, [2, 4], ROAD)]
    store = MapStore.open(write(tmp_path / "fiji.osm", bounds, *nodes, *ways))
    assert store.bounds == (179.9, -17.0, -179.9, -16.9)
    assert store.skipped == {"crosses the antimeridian": 1}
    assert store.elements((179.9, -17, 180, -16.9)).ways.ids.tolist() == [5]
    assert store.elements((-180, -17, -179.9, -16.9)).ways.ids.tolist() == [6]


def test_map_at_a_pole_loads(tmp_path: Path) -> None:
    nodes = [node(1, 0, -89.999), node(2, 120, -89.999), node(3, 10, -90)]
    store = MapStore.open(write(tmp_path / "pole.osm", *nodes, way(5, [1, 2], ROAD), way(6, [1, 3], ROAD)))
    assert store.elements((5, -90, 6, -89.99)).ways.ids.tolist() == [5, 6]


def test_relation_that_contains_itself_does_not_stop_the_rest(tmp_path: Path) -> None:
    members = [("way", 5, "outer"), ("relation", 6, "outer")]
    tags = {"type": "multipolygon", "leisure": "park"}
    ring = way(5, [1, 2, 3, 4, 1])
    store = MapStore.open(write(tmp_path / "map.osm", *square(1, 2, 48, 0.001), ring, relation(6, members, tags)))
    assert (store.counts.areas, store.skipped) == (1, {"relation inside a multipolygon": 1})


def xml_counts(path: Path) -> tuple[int, int, int]:
    """Tagged ways whose nodes are all there, areas with an outer member that is there, tagged nodes."""
    text = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
    root = ET.fromstring(text)  # noqa: S314 - files of our own
    nodes = {found.get("id") for found in root.iter("node")}
    lines = {found.get("id"): [nd.get("ref") for nd in found.iter("nd")] for found in root.iter("way")}
    whole = {id_ for id_, refs in lines.items() if len(refs) > 1 and set(refs) <= nodes}
    areas = 0
    for found in root.iter("relation"):
        tags = {tag.get("k"): tag.get("v") for tag in found.iter("tag")}
        outer = [m for m in found.iter("member") if (m.get("type"), m.get("role")) == ("way", "outer")]
        areas += tags.get("type") == "multipolygon" and len(tags) > 1 and any(m.get("ref") in whole for m in outer)
    ways = sum(found.get("id") in whole and found.find("tag") is not None for found in root.iter("way"))
    return ways, areas, sum(found.find("tag") is not None for found in root.iter("node"))


def json_counts(path: Path) -> tuple[int, int, int]:
    elements: list[dict[str, Any]] = json.loads(path.read_text())["elements"]
    kinds = {kind: [e for e in elements if e["type"] == kind] for kind in ("node", "way", "relation")}
    nodes = {e["id"] for e in kinds["node"]}
    whole = {e["id"] for e in kinds["way"] if set(e["nodes"]) <= nodes}
    areas = 0
    for found in kinds["relation"]:
        tags = found.get("tags", {})
        outer = any(m["role"] == "outer" and m["ref"] in whole for m in found["members"] if m["type"] == "way")
        areas += tags.get("type") == "multipolygon" and len(tags) > 1 and outer
    ways = sum(e["id"] in whole and "tags" in e for e in kinds["way"])
    return ways, areas, sum("tags" in e for e in kinds["node"])


def pbf_counts(path: Path) -> tuple[int, int, int]:
    """Of an extract that is known to be whole, by pyosmium's own handlers."""
    found = [0, 0, 0]
    for item in osmium.FileProcessor(str(path)).with_filter(osmium.filter.EmptyTagFilter()):
        park = item.is_relation() and item.tags.get("type") == "multipolygon" and len(item.tags) > 1
        found[0] += item.is_way()
        found[1] += park
        found[2] += item.is_node()
    return found[0], found[1], found[2]


REAL = [
    ("osm/*.osm", xml_counts),
    ("osm_api/osm2streets_xml/*.osm", xml_counts),
    ("osm_api/osm2streets_xml/*.pbf", pbf_counts),
    ("osm_api/osmnx_tests/*", xml_counts),
    ("osm_api/osmnx_cache_raw/overpass_*.json", json_counts),
]


@pytest.mark.parametrize(("pattern", "counted"), REAL)
def test_real_maps_are_whole(pattern: str, counted: Any, shared: Path) -> None:
    paths = sorted((shared / "data").glob(pattern))
    assert paths
    for path in paths:
        counts = MapStore.open(path).counts
        assert (path.name, (counts.ways, counts.areas, counts.nodes)) == (path.name, counted(path))


def test_compressed_map_has_the_same_elements(tmp_path: Path) -> None:
    plain = MapStore.open(write(tmp_path / "town.osm", *TOWN))
    packed = tmp_path / "town.osm.bz2"
    packed.write_bytes(bz2.compress(osm(*TOWN).encode()))
    store = MapStore.open(packed)
    assert store.folder.name.startswith("town-") and store.folder != plain.folder
    assert ids(store.elements(EVERYWHERE)) == ids(plain.elements(EVERYWHERE))


def test_a_width_that_is_no_length_is_counted_and_the_road_kept(tmp_path: Path) -> None:
    nodes = [node(1, 2.001, 48.001), node(2, 2.002, 48.001), node(3, 2.003, 48.001)]
    ways = [way(10, [1, 2], {**ROAD, "width": "abc"}), way(11, [2, 3], {**ROAD, "width": "5.5 m"})]
    store = MapStore.open(write(tmp_path / "roads.osm", *nodes, *ways))
    assert (store.counts.ways, store.skipped) == (2, {"width that is no length, not used": 1})
