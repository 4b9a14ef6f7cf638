# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path
from typing import Any

import pytest

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources import map_items
from offline_tools.osm.sources.stream import Area, Node, Skipped, Way

ROAD = {"highway": "service"}
PARK = {"type": "multipolygon", "leisure": "park"}
CORNERS = [(2.0, 48.0), (2.1, 48.0), (2.1, 48.1)]
POINTS = [{"lon": lon, "lat": lat} for lon, lat in CORNERS]
NODES = [{"type": "node", "id": index + 1, **point} for index, point in enumerate(POINTS)]


def read(tmp_path: Path, *elements: dict[str, Any], **more: Any) -> list:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"version": 0.6, "elements": elements, **more}))
    (tmp_path / "work").mkdir(exist_ok=True)
    return list(map_items(path, tmp_path / "work"))


def test_ways_with_node_ids_find_their_nodes_in_any_order(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"type": "way", "id": 9, "nodes": [1, 2], "tags": ROAD}, *NODES)
    assert found == Way(9, ROAD, [1, 2], [20_000_000, 21_000_000], [480_000_000, 480_000_000])


def test_ways_with_coordinates_alone_share_the_nodes_where_they_meet(tmp_path: Path) -> None:
    """`out tags geom` gives no node ids; joints of roads are told by equal ids."""
    one = {"type": "way", "id": 8, "geometry": POINTS[:2], "tags": ROAD}
    other = {"type": "way", "id": 9, "geometry": POINTS[1:], "tags": ROAD}
    first, second = read(tmp_path, one, other)
    assert first.refs[1] == second.refs[0]
    assert len({*first.refs, *second.refs}) == 3


def test_ways_with_both_keep_the_ids_of_their_nodes(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"type": "way", "id": 9, "nodes": [7, 8], "geometry": POINTS[:2], "tags": ROAD})
    assert found.refs == [7, 8]
    assert found.lon == [20_000_000, 21_000_000]


def test_relation_with_coordinates_in_its_members_becomes_an_area(tmp_path: Path) -> None:
    members = [
        {"type": "way", "ref": 1, "role": "outer", "geometry": POINTS[:2]},
        {"type": "way", "ref": 2, "role": "outer", "geometry": [*POINTS[1:], POINTS[0]]},
    ]
    (found,) = read(tmp_path, {"type": "relation", "id": 9, "tags": PARK, "members": members})
    assert isinstance(found, Area)
    assert len(found.rings) == 1 and found.rings[0].refs[0] == found.rings[0].refs[-1]


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ({"nodes": [1, 77]}, "missing node"),
        ({"geometry": [POINTS[0], None]}, "missing node"),
        ({"nodes": [1]}, "fewer than two nodes"),
        ({"center": POINTS[0]}, "fewer than two nodes"),
        ({"geometry": [POINTS[0], {"lon": 500, "lat": 1}]}, "node outside the world"),
    ],
)
def test_way_that_cannot_be_drawn_is_named(way: dict[str, Any], reason: str, tmp_path: Path) -> None:
    assert read(tmp_path, *NODES, {"type": "way", "id": 9, "tags": ROAD, **way}) == [Skipped(reason, 9)]


def test_tagged_nodes_are_given(tmp_path: Path) -> None:
    crossing = {**NODES[0], "tags": {"highway": "crossing"}}
    assert read(tmp_path, crossing, *NODES[1:]) == [Node(1, {"highway": "crossing"}, 20_000_000, 480_000_000)]


def test_error_that_came_as_an_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapSourceError, match=r"Query timed out.*smaller box"):
        read(tmp_path, *NODES, remark='runtime error: Query timed out in "query" at line 3 after 26 seconds.')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"elements": [', "no whole JSON"),
        ('{"features": []}', "without a list 'elements'"),
        ('{"elements": 5}', "without a list 'elements'"),
        ('{"elements": [' + "[" * 100_000, "no whole JSON"),
        ('{"elements": [{"type": "way", "id": "nine"}]}', r"elements\.0\.way\.id"),
        ('{"elements": [{"type": "node", "id": 1, "lon": NaN, "lat": 1}]}', r"elements\.0\.node\.lon"),
        ('{"elements": [{"type": "ship", "id": 1}]}', r"elements\.0"),
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text)
    with pytest.raises(MapSourceError, match=message) as caught:
        list(map_items(path, tmp_path))
    assert "\n" not in str(caught.value)
