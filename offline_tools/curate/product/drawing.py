# SPDX-License-Identifier: Apache-2.0
"""A unit of work: the maps and visibility masks of some views, and a table of what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from offline_tools.channels import CHANNEL_INDEX
from offline_tools.curate.product.undistorting import POSED
from offline_tools.curate.tables import Schema, read_table, write_table
from offline_tools.dataset import SEMANTIC_MASK, VISIBILITY_MASK, LocationWriter
from offline_tools.errors import CoverageError, DatasetError
from offline_tools.osm import MapStore, visibility
from offline_tools.osm.frame import view_of
from offline_tools.osm.render import render_view
from offline_tools.osm.sources.stream import UNIT
from offline_tools.osm.store.grid import BLOCK
from offline_tools.osm.store.manifest import read_manifest
from offline_tools.osm.visibility import VISIBLE
from offline_tools.rendering.covering import inside, reaches_out
from offline_tools.rendering.job import OUTSIDE
from offline_tools.rendering.worker import NOT_DRAWN, NOTHING, PARTLY, DrawTask

#: Of each view: why it has no map, or what share of the map each channel has, and how much of it can be seen.
MAPS: Schema = {
    "view_id": pl.String,
    "problem": pl.String,
    "shares": pl.List(pl.Float64),
    "visible": pl.Float64,
}

_BUILDING = CHANNEL_INDEX["building"]
#: More of the photos than this outside the map, and it is the wrong map.
_MOST_OUTSIDE = 0.5


@dataclass(frozen=True)
class DrawUnit:
    """Views as `undistort_unit` writes their table, how to draw, and the table that is written."""

    views: Path
    task: DrawTask
    table: Path


def draw_unit(unit: DrawUnit) -> int:
    """How many maps were written. A view without a map is a row that says why."""
    views = read_table(unit.views, POSED).filter(pl.col("problem").is_null())
    artist = _Artist(unit.task)
    drawn = {place: artist.draw(views.row(place, named=True)) for place in _block_by_block(views)}
    maps = [drawn[place] for place in range(len(views))]
    write_table(unit.table, pl.DataFrame(maps, schema=dict(MAPS)))
    return sum(row["problem"] is None for row in maps)


def outside(photos: pl.DataFrame, store: MapStore) -> int:
    """How many photos or views lie outside a map; refuses the map when most of them do."""
    lat, lon = ("lat", "lon") if "lat" in photos.columns else ("computed_geometry.lat", "computed_geometry.long")
    placed = photos.select(lat, lon).drop_nulls()
    there = inside(store.bounds, placed[lat].to_numpy(), placed[lon].to_numpy())
    count = int((~there).sum())
    if count > _MOST_OUTSIDE * len(placed):
        west, south, east, north = store.bounds
        raise DatasetError(
            f"the map {store.source.name} covers latitudes {south:.5f} to {north:.5f} and longitudes {west:.5f} to "
            f"{east:.5f}; {count} of {len(placed)} photos lie outside: give a map of their area"
        )
    return count


class _Artist:
    def __init__(self, task: DrawTask) -> None:
        self._task = task
        self._store = _open(task.store, task.driving_side, read_manifest(task.store).source.digest)
        kinds = (SEMANTIC_MASK, VISIBILITY_MASK) if task.visibility else (SEMANTIC_MASK,)
        self._writer = LocationWriter(task.out, task.location, task.compress, kinds)

    def draw(self, view: dict[str, Any]) -> dict[str, Any]:
        """A row of MAPS; a DatasetError ends the work: nothing can be written."""
        try:
            return self._draw(view["view_id"], view["lat"], view["lon"], view["heading"])
        except CoverageError:
            return _without(view["view_id"], NOT_DRAWN)
        except DatasetError:
            raise
        except Exception as error:  # noqa: BLE001 - one view must not end a job of millions
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            return _without(view["view_id"], problem)

    def _draw(self, id_: str, lat: float, lon: float, heading: float) -> dict[str, Any]:
        task = self._task
        if not inside(self._store.bounds, np.array(lat), np.array(lon)):
            return _without(id_, OUTSIDE)
        view = view_of(lat, lon, heading, task.size, task.resolution)
        if not task.partial and reaches_out(self._store, view):
            return _without(id_, PARTLY)
        mask = render_view(self._store, view, task.style, task.infer_sidewalks)
        if not mask.any():
            return _without(id_, NOTHING)
        seen = None
        if task.visibility:
            hidden = visibility(mask[..., _BUILDING])
            seen = float((hidden == VISIBLE).mean())
            self._writer.visibility_mask(id_, hidden)
        self._writer.semantic_mask(id_, mask)
        return {"view_id": id_, "problem": None, "shares": _shares(mask), "visible": seen}


@lru_cache(maxsize=2)
def _open(folder: Path, driving_side: str, _digest: str) -> MapStore:
    """Of a process: what it has read of the map stays for its next unit, unless another map lies there by then."""
    return MapStore.open(folder, driving_side=driving_side)


def _block_by_block(views: pl.DataFrame) -> list[int]:
    """Places of the views, those on one block of the store after each other, so that it is read once."""
    edge = BLOCK / UNIT
    blocks = views.with_row_index().with_columns((pl.col("lat", "lon") / edge).floor())
    return blocks.sort("lat", "lon", maintain_order=True)["index"].to_list()


def _shares(mask: np.ndarray[Any, Any]) -> list[float]:
    return [float(share) for share in (mask != 0).mean(axis=(0, 1))]


def _without(id_: str, problem: str) -> dict[str, Any]:
    return {"view_id": id_, "problem": problem, "shares": None, "visible": None}
