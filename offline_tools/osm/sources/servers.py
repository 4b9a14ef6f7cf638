# SPDX-License-Identifier: Apache-2.0
"""The two kinds of server that give a small box of OpenStreetMap: what they are asked, and what a whole answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from offline_tools.errors import MapSourceError
from offline_tools.osm.sources.boxes import QueryBox
from offline_tools.osm.sources.overpass_json import read_answer

OPENSTREETMAP = "https://api.openstreetmap.org"
OVERPASS = "https://overpass-api.de"


@dataclass(frozen=True)
class Query:
    """A request: GET where there is no form."""

    url: str
    form: dict[str, str] | None = None


class MapServer(Protocol):
    """One kind of server at one address."""

    @property
    def suffix(self) -> str:
        """Of a file with its answer."""

    def query(self, box: QueryBox) -> Query:
        """What to ask for a box."""

    def check(self, answer: bytes, what: str) -> None:
        """Refuse what is no whole map, though the server said 200."""


@dataclass(frozen=True)
class OsmApi:
    """OpenStreetMap's own API 0.6. It gives up to 0.25 square degrees and 50,000 nodes; it is there for editors."""

    url: str = OPENSTREETMAP
    suffix: str = ".osm"

    def query(self, box: QueryBox) -> Query:
        """The `map` call: nodes of the box, the ways that have one of them, whole, and the relations of these."""
        return Query(f"{self.url.rstrip('/')}/api/0.6/map?bbox={box.west},{box.south},{box.east},{box.north}")

    def check(self, answer: bytes, what: str) -> None:
        """XML of a map to its last tag."""
        if b"<osm" not in answer[:2000] or not answer.rstrip().endswith(b"</osm>"):
            raise MapSourceError(f"{what}: the answer is no whole OSM XML (it begins '{_start(answer)}'); try later")


@dataclass(frozen=True)
class Overpass:
    """An Overpass server."""

    url: str = OVERPASS
    timeout_s: int = 180
    suffix: str = ".json"

    def query(self, box: QueryBox) -> Query:
        """The same as the `map` call of OsmApi gives."""
        area = f"{box.south},{box.west},{box.north},{box.east}"
        parts = (
            f"[out:json][timeout:{self.timeout_s}]",
            f"node({area})->.inside",
            "way(bn.inside)->.ways",
            "(rel(bn.inside);rel(bw.ways);)->.relations",
            "(.inside;.ways;node(w.ways);.relations;)",
            "out body",
        )
        return Query(f"{self.url.rstrip('/')}/api/interpreter", {"data": ";".join(parts) + ";"})

    def check(self, answer: bytes, what: str) -> None:
        """JSON without a remark of an error."""
        if answer.lstrip()[:1] == b"<":
            raise MapSourceError(
                f"{what}: the answer is no JSON (it begins '{_start(answer)}'); the server is busy, try later"
            )
        read_answer(answer, what)


def _start(answer: bytes) -> str:
    return " ".join(answer[:200].decode("utf-8", "replace").split())[:80]
