# SPDX-License-Identifier: Apache-2.0
"""The map around a pose, as a robot sees it from above: nine channels, drawn from a store by the rules of a style."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mia_ros.arrays import UInt8Array
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.errors import CoverageError
from offline_tools.osm.frame import REFERENCE_RESOLUTION, SIZE, View, view_of
from offline_tools.osm.raster import draw
from offline_tools.osm.store import MapStore
from offline_tools.osm.style import Style, load_style

_ROAD, _PEDESTRIAN = CHANNEL_INDEX["road"], CHANNEL_INDEX["explicit_pedestrian"]


def render(
    store: MapStore,
    lat: float,
    lon: float,
    heading_deg: float,
    style: str | Path | Style = "mia",
    infer_sidewalks: bool = True,
    *,
    size: tuple[int, int] = (SIZE, SIZE),
    resolution: float = REFERENCE_RESOLUTION,
) -> UInt8Array:
    """(rows, columns, 9) 0 or 1: up is the heading, the ego is in the middle. Channels as in CHANNELS.

    `heading_deg` is clockwise from north, `size` is rows and columns, `resolution` is metres per pixel. A pixel is set
    as soon as a shape touches it. Channels overlap, but a pedestrian's pixel gives way to a road's. A pose outside the
    map's bounds is refused; one inside them where nothing is drawn gives zeros.
    """
    view = view_of(lat, lon, heading_deg, size, resolution)
    return render_view(store, view, style if isinstance(style, Style) else _loaded(str(style)), infer_sidewalks)


def render_view(store: MapStore, view: View, style: Style, infer_sidewalks: bool = True) -> UInt8Array:
    """The same for a view that is given."""
    box = view.box
    if not _touch(box, store.bounds) and not _holds_any(store, box):  # lone nodes may lie beyond undeclared bounds
        raise CoverageError(
            f"{_place(box)} lies outside the map {store.source.name}, which covers {_degrees(store.bounds)}"
        )
    mask = draw(store.shapes(style, infer_sidewalks, box), view)
    mask[..., _PEDESTRIAN] &= 1 - mask[..., _ROAD]
    return mask


def _holds_any(store: MapStore, box: tuple[float, float, float, float]) -> bool:
    found = store.elements(box)
    return any(len(part.ids) > 0 for part in (found.ways, found.areas, found.nodes))


def _place(box: tuple[float, float, float, float]) -> str:
    return f"latitude {(box[1] + box[3]) / 2:.5f}, longitude {(box[0] + box[2]) / 2:.5f}"


def _touch(box: tuple[float, float, float, float], bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    beside = box[0] <= east or box[2] >= west if west > east else box[0] <= east and box[2] >= west  # the antimeridian
    return beside and box[1] <= north and box[3] >= south


def _degrees(box: tuple[float, float, float, float]) -> str:
    west, south, east, north = box
    return f"latitudes {south:.5f} to {north:.5f} and longitudes {west:.5f} to {east:.5f}"


@lru_cache(maxsize=8)
def _loaded(name: str) -> Style:
    return load_style(name)
