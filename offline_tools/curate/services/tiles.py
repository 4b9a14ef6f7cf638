# SPDX-License-Identifier: Apache-2.0
"""Vector tiles: which of them an area needs, and the photos that one of them tells of."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from offline_tools.curate.services.values import key, number, photo_id, whole, yes
from offline_tools.curate.tables import POINTS
from offline_tools.errors import DatasetError, need

if TYPE_CHECKING:
    from offline_tools.curate.places import Area

ZOOM = 14  # the only one at which tiles tell of single photos
LAYER = "image"
#: The geometry of a single point begins so: a command to move there, once.
_POINT, _MOVE_ONCE = 1, 9

log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Tile:
    """A square of the web map's pyramid; x counts from west to east, y from north to south."""

    z: int
    x: int
    y: int

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"

    def globe(self, along: float, down: float) -> tuple[float, float]:
        """Longitude and latitude, degrees, of a place in it; 0 is its west and north edge, 1 the other one."""
        side = 1 << self.z
        north = math.pi * (1 - 2 * (self.y + down) / side)
        return (self.x + along) / side * 360 - 180, math.degrees(math.atan(math.sinh(north)))


def tiles_of(area: Area, zoom: int = ZOOM) -> list[Tile]:
    """All tiles that the area touches, column by column from the west, each from the north."""
    need("mercantile", "shapely")
    import mercantile  # type: ignore[import-untyped]
    import shapely

    squares = list(mercantile.tiles(*area.bounds, zooms=[zoom]))
    if not squares:
        return []
    shapely.prepare(area.geometry)
    boxes = shapely.box(*np.array([mercantile.bounds(square) for square in squares]).T)
    touched = np.flatnonzero(shapely.intersects(area.geometry, boxes))
    return [Tile(zoom, squares[k].x, squares[k].y) for k in touched.tolist()]


def read_tile(body: bytes, tile: Tile) -> pl.DataFrame:
    """POINTS, in the tile's own order. What has no id, or is no point near the tile, is left out; a log line counts it.

    A DatasetError where this is no vector tile. A tile without photos may be empty.
    """
    rows: list[dict[str, Any]] = []
    seen = 0
    for layer in parse(body, tile).layers:
        if layer.name == LAYER:
            seen += len(layer.features)
            rows.extend(_photos(layer, tile))
    if len(rows) < seen:
        log.warning("tile %s: %d of %d photos have no id or no place, and are left out", tile, seen - len(rows), seen)
    return pl.DataFrame(rows, schema=dict(POINTS))


def parse(body: bytes, tile: Tile) -> Any:
    """The tile's message; a DatasetError where it is none."""
    need("mapbox_vector_tile", "google.protobuf")
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from mapbox_vector_tile.Mapbox import vector_tile_pb2  # type: ignore[import-untyped]

    message = vector_tile_pb2.tile()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise DatasetError(f"tile {tile}: the server's answer of {len(body)} bytes is no vector tile") from error
    if not message.IsInitialized():
        raise DatasetError(f"tile {tile}: the server's vector tile has a layer without a name or a version")
    return message


def _photos(layer: Any, tile: Tile) -> Iterator[dict[str, Any]]:
    names = list(layer.keys)
    values = [_value(each) for each in layer.values]
    for feature in layer.features:
        place = _place(feature, layer.extent, tile)
        known = _known(feature.tags, names, values)
        id_ = photo_id(known.get("id"))
        if place is not None and id_ is not None:
            yield _row(id_, place, known, tile)


def _row(id_: str, place: tuple[float, float], known: dict[str, Any], tile: Tile) -> dict[str, Any]:
    lon, lat = place
    return {
        "id": id_,
        "lon": lon,
        "lat": lat,
        "sequence": key(known.get("sequence_id")),
        "captured_at": whole(known.get("captured_at")),
        "compass_angle": number(known.get("compass_angle")),
        "is_pano": yes(known.get("is_pano")),
        "tile": str(tile),
    }


def _place(feature: Any, extent: int, tile: Tile) -> tuple[float, float] | None:
    """Longitude and latitude of a point in the tile or in the margin around it, which is at most as wide."""
    geometry = feature.geometry
    if feature.type != _POINT or len(geometry) != 3 or geometry[0] != _MOVE_ONCE or extent < 1:
        return None
    along, down = (_signed(part) / extent for part in geometry[1:])
    if not (-1 <= along <= 2 and -1 <= down <= 2):
        return None
    lon, lat = tile.globe(along, down)
    return (lon, lat) if -180 <= lon <= 180 else None


def _signed(part: int) -> int:
    """The format's numbers with a sign: 0, -1, 1, -2, ... are written as 0, 1, 2, 3, ..."""
    return (part >> 1) ^ -(part & 1)


def _known(tags: Any, names: list[str], values: list[Any]) -> dict[str, Any]:
    """What a feature says; pairs that point nowhere are passed over."""
    pairs = zip(tags[::2], tags[1::2], strict=False)
    return {names[k]: values[v] for k, v in pairs if k < len(names) and v < len(values)}


def _value(value: Any) -> Any:
    fields = value.ListFields()
    return fields[0][1] if fields else None
