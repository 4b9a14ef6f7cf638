# SPDX-License-Identifier: Apache-2.0
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources.client import BoxClient, Manners
from offline_tools.osm.sources.servers import OsmApi, Overpass
from tests.offline_tools.osm.sources.servers import Answer, Site, served
from tests.offline_tools.osm.sources.xml_maps import TOWN, osm

BOX = (2.3412, 48.8801, 2.3449, 48.8819)
XML = Answer(osm(*TOWN).encode())
JSON = Answer(json.dumps({"elements": [{"type": "node", "id": 1, "lat": 1, "lon": 2}]}).encode())


def client(site: Site, folder: Path, **more: Any) -> BoxClient:
    quick = Manners(pause_s=0, timeout_s=5, back_off_s=0.001, tries=4)
    return BoxClient(
        **{"server": OsmApi(site.url), "contact": "me@example.org", "cache": folder, "manners": quick, **more}
    )


def test_api_is_asked_for_the_box_rounded_outwards_and_told_who_asks(tmp_path: Path) -> None:
    with served(XML) as site:
        path = client(site, tmp_path).fetch(BOX)
    assert path.read_bytes() == XML.body
    (asked,) = site.asked
    assert asked.path == "/api/0.6/map?bbox=2.341,48.880,2.345,48.882"
    assert asked.agent.startswith("mia_ros/") and "me@example.org" in asked.agent


def test_overpass_is_asked_in_its_own_order_of_coordinates(tmp_path: Path) -> None:
    with served(JSON) as site:
        path = client(site, tmp_path, server=Overpass(site.url)).fetch(BOX)
    assert json.loads(path.read_bytes())["elements"]
    (asked,) = site.asked
    assert (asked.method, asked.path) == ("POST", "/api/interpreter")
    (query,) = asked.form["data"]
    assert query.startswith("[out:json]") and "(48.880,2.341,48.882,2.345)" in query


def test_box_is_fetched_once(tmp_path: Path) -> None:
    """Boxes that round to the same one are the same."""
    with served(XML) as site:
        first = client(site, tmp_path).fetch(BOX)
        second = client(site, tmp_path).fetch((2.3415, 48.8805, 2.3445, 48.8815))
    assert first == second and len(site.asked) == 1


def test_other_server_has_another_answer(tmp_path: Path) -> None:
    with served(XML) as site, served(XML) as other:
        assert client(site, tmp_path).fetch(BOX) != client(other, tmp_path).fetch(BOX)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 509])
def test_busy_server_is_asked_again(status: int, tmp_path: Path) -> None:
    with served(Answer(b"busy", status), Answer(b"busy", status), XML) as site:
        assert client(site, tmp_path).fetch(BOX).is_file()
    assert len(site.asked) == 3


def test_answer_that_breaks_off_is_asked_for_again(tmp_path: Path) -> None:
    with served(Answer(XML.body, cut=200), XML) as site:
        assert client(site, tmp_path).fetch(BOX).read_bytes() == XML.body


def test_server_that_stays_busy_is_given_up(tmp_path: Path) -> None:
    with served(Answer(b"<p>Too many\nrequests</p>", 429)) as site:
        with pytest.raises(MapSourceError, match=r"HTTP 429 Too many requests; gave up, try later$"):
            client(site, tmp_path).fetch(BOX)
        assert len(site.asked) == 4


@pytest.mark.parametrize(
    "after", ["100000", format_datetime(datetime.now(timezone.utc) + timedelta(days=1))], ids=["seconds", "date"]
)
def test_server_that_wants_long_to_be_left_alone_is(after: str, tmp_path: Path) -> None:
    with served(Answer(b"", 429, {"Retry-After": after}), XML) as site:
        with pytest.raises(MapSourceError, match="HTTP 429"):
            client(site, tmp_path).fetch(BOX)
        assert len(site.asked) == 1


@pytest.mark.parametrize("after", ["0", "Thu, 01 Jan 2015 00:00:00 GMT", "soon"])
def test_time_that_a_server_asks_for_may_be_over_or_unreadable(after: str, tmp_path: Path) -> None:
    with served(Answer(b"", 503, {"Retry-After": after}), XML) as site:
        assert client(site, tmp_path).fetch(BOX).is_file()


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_final_refusal_is_not_repeated(status: int, tmp_path: Path) -> None:
    said = {"Error": "You requested too many nodes (limit is 50000)."}
    with served(Answer(b"", status, said)) as site:
        with pytest.raises(MapSourceError, match=rf"HTTP {status} You requested too many nodes"):
            client(site, tmp_path).fetch(BOX)
        assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"elements": [], "remark": "runtime error: Query timed out"}', "Query timed out"),
        (b"<html><body>The server is probably too busy</body></html>", "no JSON.*too busy"),
        (b'{"elements": [', "no whole JSON"),
        (b"", "no whole JSON"),
    ],
)
def test_error_inside_of_an_answer_is_refused_and_not_kept(body: bytes, message: str, tmp_path: Path) -> None:
    with served(Answer(body), JSON) as site:
        overpass = client(site, tmp_path, server=Overpass(site.url))
        with pytest.raises(MapSourceError, match=message):
            overpass.fetch(BOX)
        assert overpass.fetch(BOX).read_bytes() == JSON.body


@pytest.mark.parametrize("body", [b"<html>Sign in to this hotel's network</html>", XML.body[:-10]])
def test_answer_that_is_no_whole_xml_is_refused_and_not_kept(body: bytes, tmp_path: Path) -> None:
    with served(Answer(body), XML) as site:
        with pytest.raises(MapSourceError, match="no whole OSM XML"):
            client(site, tmp_path).fetch(BOX)
        assert client(site, tmp_path).fetch(BOX).read_bytes() == XML.body


def test_server_gets_one_request_at_a_time(tmp_path: Path) -> None:
    boxes = [(2 + step / 100, 48.0, 2.005 + step / 100, 48.005) for step in range(6)]
    with served(XML) as site, ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(client(site, tmp_path).fetch, boxes))) == 6
    assert (site.busiest, len(site.asked)) == (1, 6)


def test_nobody_asks_without_a_contact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIA_CONTACT", raising=False)
    with served(XML) as site:
        with pytest.raises(MapSourceError, match="set MIA_CONTACT"):
            client(site, tmp_path, contact=None).fetch(BOX)
        assert not site.asked


def test_contact_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIA_CONTACT", "https://example.org/robots")
    with served(XML) as site:
        client(site, tmp_path, contact=None).fetch(BOX)
    assert "https://example.org/robots" in site.asked[0].agent


def test_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with served(XML) as site, pytest.raises(MapSourceError, match=r"file/boxes: cannot be written .*XDG_CACHE_HOME"):
        client(site, tmp_path / "file" / "boxes").fetch(BOX)


def test_no_server_is_one_line(tmp_path: Path) -> None:
    with served(XML) as site:
        pass
    with pytest.raises(MapSourceError, match=r"no connection.*gave up, try later$"):
        client(site, tmp_path).fetch(BOX)
