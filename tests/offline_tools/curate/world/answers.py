# SPDX-License-Identifier: Apache-2.0
"""What the servers answer when nothing is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.offline_tools.curate.world.faults import Faults
from tests.offline_tools.curate.world.tiles import tile_of
from tests.offline_tools.curate.world.world import World

_URLS = ("thumb_2048_url", "thumb_original_url")
_TILE = "application/x-protobuf"


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    body: bytes
    type: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """With its type."""
        return {"Content-Type": self.type, **self.more}


def error(status: int, code: int, message: str, kind: str, **more: Any) -> Reply:
    """As Mapillary says that something is wrong."""
    return _json({"error": {"message": message, "type": kind, "code": code, **more, "fbtrace_id": "A1b2C3"}}, status)


class Answers:
    """Of the servers of a world; `url` is where they are."""

    def __init__(self, world: World, faults: Faults, url: str, token: str) -> None:
        self._world = world
        self._faults = faults
        self._url = url
        self._token = token
        self._shown = {**world.images, **(world.deleted if faults.deleted else {})}

    def __call__(self, path: str, query: Mapping[str, str], token: str) -> Reply:
        """The answer to a request."""
        match path.strip("/").split("/"):
            case ["search"]:
                return self._search(query)
            case ["photo", name]:
                return self._photo(name.removesuffix(".jpg"), query)
            case [z, x, y] if (z + x + y).isdecimal():
                body = tile_of(self._shown, int(z), int(x), int(y), self._faults)
                return self._refused(token) or Reply(200, body, _TILE)
            case [id_] if id_.isdecimal():
                return self._refused(token) or self._image(id_, query.get("fields", "").split(","))
        return error(400, 2500, "Unknown path components", "OAuthException")

    def _refused(self, token: str) -> Reply | None:
        if token == self._token and not self._faults.bad_token:
            return None
        return error(401, 190, "Invalid OAuth access token - Cannot parse access token", "OAuthException")

    def _search(self, query: Mapping[str, str]) -> Reply:
        """Places whose long name has all words that are asked for."""
        words = query.get("q", "").lower().replace(",", " ").split()
        known = [self._world.place(self._faults.multipolygon), *self._world.places]
        found = [place for place in known if words and all(word in _words(place) for word in words)]
        if query.get("polygon_geojson") != "1":
            found = [{name: value for name, value in place.items() if name != "geojson"} for place in found]
        return _json(found[: int(query.get("limit", 10))])

    def _image(self, id_: str, fields: list[str]) -> Reply:
        image = self._world.images.get(id_)
        if image is None:
            message = f"Unsupported get request. Object with ID '{id_}' does not exist"
            return error(400, 100, message, "GraphMethodException", error_subcode=33)
        known = {**image, **self._urls(id_, fields)}
        return _json({name: value for name, value in known.items() if name in fields or name == "id"})

    def _urls(self, id_: str, fields: list[str]) -> dict[str, str]:
        """A URL that is asked for alone is a fresh one."""
        if id_ not in self._world.photos:
            return {}
        fresh = set(fields) <= {*_URLS, "id"}
        signature = "fresh" if fresh else "early"
        return {name: f"{self._url}/photo/{id_}.jpg?stp={name}&_nc_sig={signature}{id_[-4:]}" for name in _URLS}

    def _photo(self, id_: str, query: Mapping[str, str]) -> Reply:
        if id_ not in self._world.photos:
            return Reply(404, b"Not Found", "text/plain")
        signature = query.get("_nc_sig")
        if signature == f"early{id_[-4:]}" and self._faults.is_expired(id_):
            return Reply(403, b"URL signature expired", "text/plain")
        if signature not in (f"early{id_[-4:]}", f"fresh{id_[-4:]}"):
            return Reply(403, b"Bad URL hash", "text/plain")
        return Reply(200, self._world.photos[id_], "image/jpeg")


def _words(place: Mapping[str, Any]) -> list[str]:
    return place["display_name"].lower().replace(",", " ").split()


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), "application/json; charset=UTF-8")
