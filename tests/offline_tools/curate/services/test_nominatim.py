# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from offline_tools.curate.place_spec import PlaceSpec
from offline_tools.curate.places import Area
from offline_tools.curate.services.nominatim import PER_SECOND, find_place
from offline_tools.curate.web import Web, WebError
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.web.asking import AGENT, quick
from tests.offline_tools.curate.web.servers import Asked, Said, Site, served

SQUARE = {"type": "Polygon", "coordinates": [[[8.5, 49.0], [8.6, 49.0], [8.6, 49.1], [8.5, 49.1], [8.5, 49.0]]]}


def place(name: str, geojson: object = None, **more: Any) -> dict[str, Any]:
    """As the server tells of a place: numbers as text."""
    found = {"osm_type": "relation", "osm_id": 7, "lat": "49.05", "lon": "8.55", "display_name": name, **more}
    return found if geojson is None else {**found, "geojson": geojson}


def query_of(asked: Asked) -> str:
    return parse_qs(urlsplit(asked.path).query)["q"][0]


def knows(**places: list[Any]) -> Any:
    """A server that knows these; a name's blanks are underscores here."""
    by_query = {name.replace("_", " "): found for name, found in places.items()}
    return served(choose=lambda asked: Said(json.dumps(by_query.get(query_of(asked), [])).encode()))


def find(site: Site, query: str, per_second: float = 1000, **more: Any) -> Area:
    async def run() -> Area:
        async with Web(AGENT, quick()) as web:
            return await find_place(web, site.url, PlaceSpec(query=query, **more), "town", per_second)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("file", "inside", "outside"),
    [
        ("chicago_loop", (-87.6294, 41.8816), (-87.6400, 41.8816)),
        ("piedmont", (-122.2316, 37.8244), (-122.2200, 37.8100)),
        ("sinalunga", (11.7365, 43.2121), (11.6619, 43.2859)),
    ],
)
def test_real_answer_becomes_its_polygon(
    shared: Path, file: str, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    body = (shared / f"data/osm_api/osmnx_cache_raw/nominatim_{file}_polygon.json").read_bytes()
    with served(Said(body)) as site:
        area = find(site, "somewhere")
    south, north, west, east = map(float, json.loads(body)[0]["boundingbox"])
    assert area.bounds == (west, south, east, north)
    assert area.contains([inside[0], outside[0]], [inside[1], outside[1]]).tolist() == [True, False]
    assert area.source["osm"] == f"relation/{json.loads(body)[0]['osm_id']}" and area.source["query"] == "somewhere"


def test_server_is_asked_as_its_interface_wants_it() -> None:
    with knows(Karlsruhe=[place("Karlsruhe", SQUARE)]) as site:
        find(site, "Karlsruhe")
    (asked,) = site.asked
    parts = urlsplit(asked.path)
    assert parts.path == "/search" and asked.headers["User-Agent"] == AGENT
    assert parse_qs(parts.query) == {
        "q": ["Karlsruhe"], "format": ["jsonv2"], "polygon_geojson": ["1"], "limit": ["10"],
    }  # fmt: skip


def test_public_server_is_asked_once_a_second_at_most() -> None:
    """Also by several at once and when it fails; a place that is not there costs more requests."""
    assert PER_SECOND == 1
    answers = [Said(status=500), *[Said(b"[]")] * 2, Said(json.dumps([place("Nadir", SQUARE)]).encode())]
    with served(*answers) as site, pytest.raises(DatasetError, match="Nadir"):
        find(site, "Nadir Zenith", per_second=5)
    stamps = [asked.at for asked in site.asked]
    assert len(stamps) == 4
    assert all(later - earlier > 0.1 for earlier, later in pairwise(stamps))


def test_first_answer_with_an_area_is_taken() -> None:
    point = {"type": "Point", "coordinates": [8.4, 49.0]}
    line = {"type": "LineString", "coordinates": [[8.4, 49.0], [8.5, 49.0]]}
    damaged = {"type": "Polygon", "coordinates": [[[8.4, "x"]]]}
    found = [
        place("a", point),
        place("b", line),
        place("c"),
        place("d", damaged),
        place("e", SQUARE),
        place("f", SQUARE),
    ]
    with knows(x=found) as site:
        assert find(site, "x").source["found"] == "e"


def test_place_of_several_parts_has_all_of_them() -> None:
    parts = {
        "type": "MultiPolygon",
        "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[3, 3], [4, 3], [4, 4], [3, 3]]]],
    }
    with knows(islands=[place("islands", parts)]) as site:
        area = find(site, "islands", max_km2=1e6)
    assert area.bounds == (0, 0, 4, 4)
    assert area.contains([0.9, 3.9, 2.0], [0.5, 3.5, 2.0]).tolist() == [True, True, False]


def test_square_is_around_the_middle_of_what_was_found() -> None:
    point = {"type": "Point", "coordinates": [8.55, 49.05]}
    with knows(x=[place("x", point)]) as site:
        area = find(site, "x", size_m=1000)
    left, bottom, right, top = area.bounds
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((8.55, 49.05))
    assert area.km2 == pytest.approx(1, rel=0.01)


def test_point_needs_a_size() -> None:
    with (
        knows(x=[place("Rome, a fountain")]) as site,
        pytest.raises(DatasetError, match=r"^location town: 'x' has no area.*\('Rome, a fountain'\); give size_m"),
    ):
        find(site, "x")


def test_place_that_does_not_exist_gets_suggestions_by_its_name() -> None:
    known = [place("Pittsburg, Kansas", SQUARE), place("Pittsburg, Texas", SQUARE), place("Pittsburg, Kansas", SQUARE)]
    with knows(Pittsburg=known) as site:
        with pytest.raises(DatasetError, match="'Pittsburg': 'Pittsburg, Kansas'; 'Pittsburg, Texas'$"):
            find(site, "Pittsburg, Penn Sylvania")
        assert [query_of(asked) for asked in site.asked] == ["Pittsburg, Penn Sylvania", "Pittsburg"]


def test_place_that_does_not_exist_gets_suggestions_by_what_surrounds_it() -> None:
    with (
        knows(Ohio=[place("Ohio, United States", SQUARE)]) as site,
        pytest.raises(DatasetError, match="no place 'Qwzx, Ohio'; the server knows for 'Ohio': 'Ohio, United States'"),
    ):
        find(site, "Qwzx, Ohio")


def test_place_like_which_there_is_none_is_said_after_few_questions() -> None:
    with knows() as site:
        with pytest.raises(
            DatasetError, match=r"no place 'Qwzx abc def, Ohm'; the server knows nothing like it; check"
        ):
            find(site, "Qwzx abc def, Ohm")
        assert len(site.asked) == 4


def test_what_a_server_says_stays_in_one_line() -> None:
    with knows(x=[place("a\n\x1b[31mb" + "c" * 1000)]) as site, pytest.raises(DatasetError) as error:
        find(site, "x")
    assert str(error.value).isprintable() and len(str(error.value)) < 400


@pytest.mark.parametrize(
    "entry", [7, None, {}, {"lat": "x", "lon": "1"}, {"lat": "NaN", "lon": "1"}, {"lat": "1", "lon": []}]
)
def test_entry_without_a_position_is_left_out(entry: object) -> None:
    with knows(x=[entry, place("good", SQUARE)]) as site:
        assert find(site, "x").source["found"] == "good"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": "busy"}', b"[", b"[" * 100_000])
def test_answer_that_is_no_list_is_asked_for_again_and_then_refused(body: bytes) -> None:
    with (
        served(Said(body)) as site,
        pytest.raises(WebError, match=r"/search: the answer is no JSON list of places \(4 tries\)"),
    ):
        find(site, "x")


def test_place_on_both_sides_of_the_antimeridian_is_two() -> None:
    sides = [[[[177, -18], [180, -18], [180, -16], [177, -18]]], [[[-180, -18], [-179, -18], [-180, -16], [-180, -18]]]]
    with (
        knows(Fiji=[place("Fiji", {"type": "MultiPolygon", "coordinates": sides})]) as site,
        pytest.raises(DatasetError, match=r"antimeridian; make it two .*\[177.0000, -18.0000, 180.0000.* and \[-180"),
    ):
        find(site, "Fiji")


def test_country_by_mistake_is_refused() -> None:
    large = {"type": "Polygon", "coordinates": [[[0, 45], [5, 45], [5, 50], [0, 45]]]}
    with (
        knows(France=[place("France", large)]) as site,
        pytest.raises(DatasetError, match=r"has 10\d,\d{3} km2, more than max_km2 = 5,000; .*size_m"),
    ):
        find(site, "France")


def test_place_by_numbers_asks_nobody() -> None:
    async def run(url: str) -> Area:
        async with Web(AGENT, quick()) as web:
            return await find_place(web, url, PlaceSpec(bounds=(8.5, 49.0, 8.6, 49.1)), "town")

    with knows() as site:
        assert asyncio.run(run(site.url)).bounds == (8.5, 49.0, 8.6, 49.1)
        assert not site.asked
