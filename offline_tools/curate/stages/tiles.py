# SPDX-License-Identifier: Apache-2.0
"""Where photos are: the vector tiles of an area -> the points inside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from offline_tools.curate.config import Config
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.area import read_area
from offline_tools.curate.stages.connection import asked, mapillary
from offline_tools.curate.stages.crowd import each
from offline_tools.curate.stages.stage import At, Outcome, Stage, begin_units
from offline_tools.curate.stages.tables import write_large
from offline_tools.curate.tables import POINTS, empty, read_table, write_table
from offline_tools.errors import DatasetError

if TYPE_CHECKING:
    from offline_tools.curate.places import Area
    from offline_tools.curate.services.tiles import Tile


class Tiles(Stage):
    """A unit is a tile; a tile that is there serves any area."""

    name = "tiles"
    unit = "tiles"
    after = ("places",)

    def settings(self, _at: At) -> Any:
        return None

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.points]

    def work(self, at: At) -> Outcome:
        from offline_tools.curate.services.tiles import tiles_of

        area = read_area(at.paths.boundary)
        tiles = tiles_of(area)
        folder = begin_units(at.paths.units(self.name), "any area", lambda _: None)
        asked(self._fetch(at, tiles, folder))
        points, around = inside(area, [table_of(folder, tile) for tile in tiles])
        if points.is_empty():
            raise DatasetError(
                f"{at.location.name}: {len(tiles)} tiles tell of {around} photos, of which none lies in the area; "
                "is it the right place?"
            )
        write_large(at.paths.points, points)
        return Outcome(len(tiles), len(points), {"tiles": len(tiles), "in_tiles": around, "points": len(points)})

    async def _fetch(self, at: At, tiles: list[Tile], folder: Path) -> None:
        missing = [tile for tile in tiles if not table_of(folder, tile).is_file()]
        done = len(tiles) - len(missing)
        at.report(self, done, len(tiles))
        if not missing:
            return
        async with mapillary(at.config) as server:

            async def fetch(tile: Tile) -> None:
                nonlocal done
                write_table(table_of(folder, tile), await server.tile(tile))
                done += 1
                at.report(self, done, len(tiles))

            await each(missing, fetch, _at_once(at.config, len(missing)))


def table_of(folder: Path, tile: Tile) -> Path:
    """The table of a tile."""
    return folder / f"{tile.z}_{tile.x}_{tile.y}.parquet"


def inside(area: Area, tables: list[Path]) -> tuple[pl.DataFrame, int]:
    """POINTS in the area, each id once, where it comes first; and how many there are around it, too."""
    parts, around = [empty(POINTS)], 0
    for path in tables:
        table = read_table(path, POINTS)
        around += len(table)
        within = area.contains(table["lon"].to_numpy(), table["lat"].to_numpy())
        parts.append(table.filter(pl.Series(within, dtype=pl.Boolean)))
    is_first, begin = pl.concat([part["id"] for part in parts]).is_first_distinct(), 0
    for number, part in enumerate(parts):  # one after the other, so that there are never two copies of all
        parts[number] = part.filter(is_first.slice(begin, len(part)))
        begin += len(part)
    return pl.concat(parts, rechunk=False), around


def _at_once(config: Config, items: int) -> int:
    return min(config.services.in_flight, items)
