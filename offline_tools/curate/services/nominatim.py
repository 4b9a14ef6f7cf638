# SPDX-License-Identifier: Apache-2.0
"""Places by name, from a Nominatim server: https://operations.osmfoundation.org/policies/nominatim/ is its policy."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from offline_tools.curate.place_spec import PlaceSpec
from offline_tools.curate.places import GEOMETRY_ERRORS, Area, area_of, limited, polygons, square
from offline_tools.curate.web.client import Answer, Request, Web
from offline_tools.curate.web.failures import WebError
from offline_tools.curate.web.manners import Pace
from offline_tools.errors import DatasetError

if TYPE_CHECKING:
    from offline_tools.curate.places import Geometry

NOMINATIM = "https://nominatim.openstreetmap.org"
LICENCE = "(c) OpenStreetMap contributors, ODbL 1.0"
PER_SECOND = 1.0  # at most, as the policy wants it

_LIMIT = 10  # answers
_SHOWN = 5
_LONGEST_TITLE = 160
_WIDER = 3  # searches for what may have been meant
_PACES: dict[tuple[str, float], Pace] = {}  # of this process: a server does not care which Web asks it


@dataclass(frozen=True)
class Found:
    """A place as the server tells of it; `geometry` is None where it is a point or a line."""

    title: str
    center: tuple[float, float]  # longitude, latitude
    geometry: Geometry | None
    source: Mapping[str, Any]


async def find_place(web: Web, base_url: str, spec: PlaceSpec, name: str, per_second: float = PER_SECOND) -> Area:
    """The area of a place; asks the server only for a query. `per_second` may be more for a server of your own."""
    if spec.query is None:
        return area_of(spec, name)
    host = urlsplit(base_url).hostname or ""
    web.keep_to(host, _PACES.setdefault((host, per_second), Pace(per_second, catch_up_s=0)))
    found = await _search(web, base_url, spec.query)
    if not found:
        raise DatasetError(f"location {name}: no place '{spec.query}'; {await _suggestions(web, base_url, spec.query)}")
    if spec.size_m is not None:
        source = {"query": spec.query, "size_m": spec.size_m, **found[0].source}
        return limited(square(name, found[0].center, spec.size_m, source), spec)
    for place in found:
        if place.geometry is not None:
            return limited(Area.of_geometry(name, place.geometry, {"query": spec.query, **place.source}), spec)
    raise DatasetError(
        f"location {name}: '{spec.query}' has no area, only a point or a line ({_titles(found)}); "
        f"give size_m, the side of a square around it, or another query"
    )


async def _search(web: Web, base_url: str, query: str) -> list[Found]:
    params = {"q": query, "format": "jsonv2", "polygon_geojson": "1", "limit": str(_LIMIT)}
    request = Request(f"{base_url.rstrip('/')}/search", params, accept=("application/json",))
    return _places(await web.get(request, _judge))


async def _suggestions(web: Web, base_url: str, query: str) -> str:
    for wider in _wider(query):
        found = await _search(web, base_url, wider)
        if found:
            return f"the server knows for '{wider}': {_titles(found)}"
    return "the server knows nothing like it; check the spelling, or give bounds"


def _wider(query: str) -> list[str]:
    """The name without what surrounds it, what surrounds it, and the name's single words."""
    first, _, rest = (part.strip() for part in query.partition(","))
    wider = dict.fromkeys((first, rest, *sorted(first.split(), key=len, reverse=True)))
    return [text for text in wider if text and text != query.strip()][:_WIDER]


def _judge(answer: Answer) -> None:
    """An answer of this server that is no list is one of something in between, and may be better later."""
    if answer.status == 200:
        _places(answer)


def _places(answer: Answer) -> list[Found]:
    try:
        entries = json.loads(answer.body)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        raise WebError("the answer is no JSON list of places", "broken")
    return [place for entry in entries if (place := _place(entry)) is not None]


def _place(entry: Any) -> Found | None:
    """None where there is not even a position."""
    try:
        center = float(entry["lon"]), float(entry["lat"])
        if not (math.isfinite(center[0]) and abs(center[1]) <= 90):
            return None
        title = "".join(c if c.isprintable() else " " for c in str(entry.get("display_name", "")))[:_LONGEST_TITLE]
        number = entry.get("osm_id")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    osm = f"{entry.get('osm_type')}/{number}" if isinstance(number, int) else None
    source = {"service": "nominatim", "found": title, "osm": osm, "licence": LICENCE}
    return Found(title, center, _geometry(entry.get("geojson")), source)


def _geometry(geojson: Any) -> Geometry | None:
    try:
        return polygons(geojson) if geojson else None
    except GEOMETRY_ERRORS:
        return None


def _titles(found: list[Found]) -> str:
    titles = list(dict.fromkeys(place.title for place in found if place.title))
    return "; ".join(f"'{title}'" for title in titles[:_SHOWN]) or "places without names"
