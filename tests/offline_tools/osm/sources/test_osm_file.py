# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import osmium
import pytest

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources import map_items, osm_file
from offline_tools.osm.sources.stream import Area, Node, Skipped, Way
from tests.offline_tools.osm.sources.xml_maps import TOWN, node, relation, way, write

ROAD = {"highway": "service"}


def items(path: Path) -> list:
    work = path.with_name("work")
    work.mkdir()
    return list(map_items(path, work))


def read(tmp_path: Path, *parts: str) -> list:
    return items(write(tmp_path / "map.osm", *parts))


def test_order_of_a_file_does_not_matter(tmp_path: Path) -> None:
    """Overpass writes ways before the nodes that it adds to them."""
    turned = read(tmp_path, *TOWN[::-1])
    (tmp_path / "other").mkdir()
    straight = items(write(tmp_path / "other" / "map.osm", *TOWN))
    assert sorted(map(repr, turned)) == sorted(map(repr, straight))


def test_positions_of_a_big_file_are_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = read(tmp_path, *TOWN)
    monkeypatch.setitem(osm_file.BIG, "osm", 1)
    (tmp_path / "big").mkdir()
    assert items(write(tmp_path / "big" / "map.osm", *TOWN)) == small
    assert (tmp_path / "big" / "work" / "positions.bin").is_file()


@pytest.mark.parametrize(
    ("refs", "reason"),
    [
        ([1, 9], "missing node"),
        ([1, 3], "node outside the world"),
        ([1, 4], "node outside the world"),
        ([1], "fewer than two nodes"),
        ([], "fewer than two nodes"),
        ([5, 6], "crosses the antimeridian"),
    ],
)
def test_way_that_cannot_be_drawn_is_named_with_its_reason(refs: list[int], reason: str, tmp_path: Path) -> None:
    nodes = [node(1, 2, 48), node(2, 2.1, 48), node(3, 2, 95), node(4, -200, 48), node(5, 179.9, 1), node(6, -179.9, 1)]
    good, bad = way(7, [1, 2], ROAD), way(8, refs, ROAD)
    assert [item for item in read(tmp_path, *nodes, bad, good) if not isinstance(item, Way)] == [Skipped(reason, 8)]


def test_ids_below_zero_are_found(tmp_path: Path) -> None:
    """An editor gives them to what is not uploaded yet."""
    (found,) = read(tmp_path, node(-1, 2, 48), node(5, 2.1, 48), node(-2, 2.2, 48), way(-9, [-1, 5, -2], ROAD))
    assert found == Way(-9, ROAD, [-1, 5, -2], [20_000_000, 21_000_000, 22_000_000], [480_000_000] * 3)


def test_missing_node_with_an_id_below_zero_is_missing(tmp_path: Path) -> None:
    assert read(tmp_path, node(-1, 2, 48), way(-9, [-1, -7], ROAD)) == [Skipped("missing node", -9)]


def test_deleted_way_is_left_out(tmp_path: Path) -> None:
    parts = (node(1, 2, 48), node(2, 2, 48.1), way(3, [1, 2], ROAD, 'visible="false"'))
    assert read(tmp_path, *parts) == [Skipped("deleted", 3)]


def test_tagged_node_outside_the_world_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, node(1, 2, 91, {"highway": "crossing"})) == [Skipped("node outside the world", 1)]


def test_ways_without_tags_are_not_given(tmp_path: Path) -> None:
    assert read(tmp_path, node(1, 2, 48), node(2, 2, 48.1), way(3, [1, 2])) == []


def test_history_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.osh.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, version=1, location=(2, 48)))
    with pytest.raises(MapSourceError, match=r"history.*time-filter"):
        items(path)


def test_nodes_carry_positions_to_the_last_digit(tmp_path: Path) -> None:
    """1e-7 degrees, rounded."""
    (found,) = read(tmp_path, node(1, -80.00070359, 39.99981912, {"a": "b"}))
    assert found == Node(1, {"a": "b"}, -800_007_036, 399_998_191)


def test_member_way_with_tags_is_a_way_too(tmp_path: Path) -> None:
    nodes = [node(1, 2, 48), node(2, 2.1, 48), node(3, 2.1, 48.1)]
    ring = way(5, [1, 2, 3, 1], {"landuse": "grass"})
    found = read(
        tmp_path, *nodes, ring, relation(6, [("way", 5, "outer")], {"type": "multipolygon", "leisure": "park"})
    )
    assert [type(item) for item in found] == [Way, Area]
    assert (found[0].tags, found[1].tags) == ({"landuse": "grass"}, {"type": "multipolygon", "leisure": "park"})
