# SPDX-License-Identifier: Apache-2.0
"""Maps and visibility masks of all pictures, and the end of a location: its samples, dump.json, its table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from offline_tools.curate.config import API
from offline_tools.curate.filters.columns import reading
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.area import read_area
from offline_tools.curate.stages.stage import At, Outcome, Stage, begin_units, remove_tables, tables_of
from offline_tools.errors import DatasetError

if TYPE_CHECKING:
    from offline_tools.curate.product.drawing import DrawUnit
    from offline_tools.osm import MapStore

#: More than the 159 m from a photo to the farthest corner of what its map is drawn from; of longitude twice as much.
_MARGIN_DEG = 0.003
_DEGREES = ("computed_geometry.long", "computed_geometry.lat")


class Maps(Stage):
    """A unit is the pictures of a unit of photos."""

    name = "maps"
    unit = "pictures"
    after = ("places", "keyframes", "undistortion")
    has_units = True

    def settings(self, at: At) -> Any:
        from offline_tools.osm import load_style

        style = load_style(at.config.maps.style)
        place = at.location
        drawn = [style.name, style.digest, place.driving_side, place.infer_sidewalks, at.config.maps.partial]
        return [*drawn, _identity(place.osm)]

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.processed, paths.folder / "dump.json"]

    def work(self, at: At) -> Outcome:
        from offline_tools.curate.product.drawing import draw_unit, outside
        from offline_tools.curate.product.finishing import finish_location

        store = _opened(at)
        beyond = outside(_frames(at.paths), store)
        begin_units(at.paths.units(self.name), at.key, remove_tables)
        units = _units(at, store)
        pictures = {unit.table: _pictures(unit.views) for unit in units}
        missing = [unit for unit in units if not unit.table.is_file()]
        total = sum(pictures.values())
        done = total - sum(pictures[unit.table] for unit in missing)
        at.report(self, done, total)
        for unit, _ in at.job.executor.run(draw_unit, missing):
            done += pictures[unit.table]
            at.report(self, done, total)
        finished = finish_location(at.paths.out, at.location.name, read_area(at.paths.boundary))
        counts = {**asdict(finished), "outside": beyond, "map": _about(store)}
        counts.pop("removed")  # depends on what an earlier run had left
        return Outcome(tables_of(at.paths.units(self.name)), finished.samples, counts)


def _identity(osm: str) -> str:
    """What the map of a location is made from; that of the API is as it was when it was first fetched."""
    from offline_tools.osm.store.manifest import read_manifest, source_of

    if osm == API:
        return API
    path = Path(osm)
    return (read_manifest(path).source if path.is_dir() else source_of(path)).digest


def _opened(at: At) -> MapStore:
    from offline_tools.osm import MapStore
    from offline_tools.rendering.progress import parsing

    source = _from_api(at) if at.location.osm == API else Path(at.location.osm)
    shared = at.paths.state.absolute() / "map" if at.job.cluster and not source.is_dir() else None
    with parsing(source.name) as progress:
        return MapStore.open(source, driving_side=at.location.driving_side, folder=shared, progress=progress)


def _from_api(at: At) -> Path:
    """A box around all key frames, from the cache or OpenStreetMap's API, which refuses what is too large."""
    from offline_tools.osm.sources.client import BoxClient
    from offline_tools.osm.sources.servers import OsmApi

    placed = _frames(at.paths).drop_nulls()
    if placed.is_empty():
        raise DatasetError(f"{at.location.name}: no photo has a position")
    lon, lat = (placed[name].to_numpy() for name in _DEGREES)
    west, south, east, north = lon.min(), lat.min(), lon.max(), lat.max()
    box = (west - 2 * _MARGIN_DEG, south - _MARGIN_DEG, east + 2 * _MARGIN_DEG, north + _MARGIN_DEG)
    server = OsmApi(at.config.services.osm_api)
    return BoxClient(server, at.config.contact or None, cache=at.paths.state / "osm").fetch(box)


def _frames(paths: Paths) -> pl.DataFrame:
    with reading(str(paths.keyframes)):
        return pl.read_parquet(paths.keyframes, columns=list(_DEGREES))


def _pictures(views: Path) -> int:
    with reading(str(views)):
        return int(pl.scan_parquet(views, glob=False).select(pl.col("problem").null_count()).collect().item())


def _units(at: At, store: MapStore) -> list[DrawUnit]:
    from offline_tools.curate.product.drawing import DrawUnit
    from offline_tools.osm import load_style
    from offline_tools.osm.frame import REFERENCE_RESOLUTION, SIZE
    from offline_tools.rendering.worker import DrawTask

    task = DrawTask(
        store=store.folder,
        out=at.paths.out.absolute(),
        location=at.location.name,
        style=load_style(at.config.maps.style),
        infer_sidewalks=at.location.infer_sidewalks,
        driving_side=at.location.driving_side,
        size=(SIZE, SIZE),
        resolution=REFERENCE_RESOLUTION,
        visibility=True,
        partial=at.config.maps.partial,
        compress=True,
    )
    folder = at.paths.units("maps").absolute()
    views = sorted(at.paths.units("undistortion").absolute().glob("[!.]*.parquet"))
    return [DrawUnit(views=path, task=task, table=folder / path.name) for path in views]


def _about(store: MapStore) -> dict[str, Any]:
    return {"name": store.source.name, "digest": store.source.digest, "licence": store.licence}
