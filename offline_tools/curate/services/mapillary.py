# SPDX-License-Identifier: Apache-2.0
"""Mapillary's servers, version 4: vector tiles, what is known of a photo, and photos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from offline_tools.curate.services.refusals import read_json, refusal
from offline_tools.curate.services.tiles import Tile, parse, read_tile
from offline_tools.curate.services.values import photo_id, text
from offline_tools.curate.undistortion.header import PhotoError, read_header
from offline_tools.curate.web import Answer, Request, Token, Web, WebError
from offline_tools.errors import DatasetError

#: What is asked of each photo.
FIELDS = (
    "id",
    "height",
    "width",
    "camera_parameters",
    "camera_type",
    "captured_at",
    "compass_angle",
    "geometry",
    "altitude",
    "computed_compass_angle",
    "computed_geometry",
    "computed_altitude",
    "computed_rotation",
    "thumb_2048_url",
    "thumb_original_url",
    "sequence",
    "sfm_cluster",
    "creator",
    "make",
    "model",
    "is_pano",
    "quality_score",
    "exif_orientation",
)
#: A signed address that has run out.
_EXPIRED = (403, 410)


@dataclass(frozen=True)
class Endpoints:
    """Where the servers are."""

    graph: str = "https://graph.mapillary.com"
    tiles: str = "https://tiles.mapillary.com/maps/vtp/mly1_public/2"


class Mapillary:
    """Asks them, one thing at a time; all methods raise WebError."""

    def __init__(self, web: Web, token: Token, endpoints: Endpoints | None = None) -> None:
        found = endpoints or Endpoints()
        self._web = web
        self._token = token
        self._graph = found.graph.rstrip("/")
        self._tiles = found.tiles.rstrip("/")

    async def tile(self, tile: Tile) -> pl.DataFrame:
        """POINTS of a tile, which may have none."""
        request = Request(f"{self._tiles}/{tile}", token=self._token, token_in="query")  # noqa: S106 - where it goes
        answer = await self._web.get(request, partial(_judge_tile, tile))
        return read_tile(answer.body, tile)

    async def image(self, id_: str) -> dict[str, Any]:
        """What is known of a photo, of FIELDS; kind "gone" if it was deleted."""
        return await self._image(id_, ",".join(FIELDS))

    async def fresh_url(self, id_: str, field: str = "thumb_2048_url") -> str:
        """An address of a photo that works for some time."""
        answer = await self._image(id_, field)
        url = text(answer.get(field))
        if url is None:
            raise WebError(f"photo {id_} has no {field} any more", "gone")
        return url

    async def photo(self, url: str) -> bytes:
        """A whole JPEG; kind "expired" where the address works no more."""
        return (await self._web.get(Request(url), _judge_photo)).body

    async def _image(self, id_: str, fields: str) -> dict[str, Any]:
        if photo_id(id_) is None:
            raise WebError(f"photo id {id_[:40]!r}: want digits", "refused")
        request = Request(f"{self._graph}/{id_}", {"fields": fields}, self._token)
        answer = await self._web.get(request, partial(_judge_image, id_))
        found: dict[str, Any] = read_json(answer.body)
        return found


def _judge_tile(tile: Tile, answer: Answer) -> None:
    _judge(answer)
    if not _is_whole(answer):
        return
    if answer.content_type.startswith("text/") or answer.content_type == "application/json":
        raise WebError(f"'{answer.content_type}' came instead of a vector tile", "broken")
    try:
        parse(answer.body, tile)
    except DatasetError as error:
        raise WebError(str(error), "broken") from error


def _judge_image(id_: str, answer: Answer) -> None:
    _judge(answer)
    if not _is_whole(answer):
        return
    found = read_json(answer.body)
    if not isinstance(found, dict):
        raise WebError(f"'{answer.content_type}' came, which is no JSON of a photo", "broken")
    if photo_id(found.get("id")) != id_:
        raise WebError(f"the answer is of photo {str(found.get('id'))[:40]!r}", "broken")


def _judge_photo(answer: Answer) -> None:
    if answer.status in _EXPIRED:
        raise WebError(f"HTTP {answer.status}: the photo's address works no more", "expired")
    if not _is_whole(answer):
        return
    try:
        found = read_header(answer.body, "photo").format
    except PhotoError as error:
        raise WebError(f"'{answer.content_type}' came: {error}", "broken") from error
    if found != "JPEG":
        raise WebError(f"a {found} came, want a JPEG", "broken")


def _judge(answer: Answer) -> None:
    failure = refusal(answer.body)
    if failure is not None:
        raise failure


def _is_whole(answer: Answer) -> bool:
    return 200 <= answer.status < 300
