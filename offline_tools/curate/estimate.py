# SPDX-License-Identifier: Apache-2.0
"""`--dry-run`: what to expect of a configuration, from what is known, a few tiles, and assumptions that are said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from offline_tools.curate.config import Config, LocationConfig
from offline_tools.curate.executor.here import Here
from offline_tools.curate.filters import load_recipe
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages import At, Job
from offline_tools.curate.stages.area import read_area
from offline_tools.curate.stages.connection import asked, mapillary
from offline_tools.curate.stages.places import find_area
from offline_tools.curate.stages.record import Record, read_record
from offline_tools.curate.stages.stage import tables_of

if TYPE_CHECKING:
    from offline_tools.curate.places import Area
    from offline_tools.curate.services.tiles import Tile

SAMPLED = 6  # tiles that are asked for where it is not known how many photos there are
PASS_CITY, PASS = 0.1, 0.4  # of photos, with and without a list of cameras
KEYFRAMES = 0.5  # of those that pass, at the default spacing
PHOTO_BYTES = 400_000  # of 2048 pixels
METADATA_BYTES, KEPT_BYTES = 2_500, 700  # of an answer; of a photo in the tables
SAMPLE_BYTES = 75_000  # a picture of 512 pixels and its masks
UNDISTORT_S, DRAW_S = 0.03, 0.003  # of a core
_HOUR = 3600.0


@dataclass(frozen=True)
class Estimate:
    """Of one location. `hours` and `download` are of what is not done yet; the other figures of the whole."""

    location: str
    km2: float
    tiles: int
    points: int
    passing: int
    key_frames: int
    requests: int
    download: int
    disk: int
    hours: float
    assumed: tuple[str, ...] = field(default=())

    def line(self) -> str:
        """For people."""
        return (
            f"{self.location}: {self.km2:.1f} km2, {self.tiles} tiles, {self.points} photos, {self.passing} pass, "
            f"{self.key_frames} key frames; to come: {self.requests} requests, {_size(self.download)} and "
            f"{_hours(self.hours)}; on disk {_size(self.disk)}"
        )

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def estimate(config: Config, workers: int | None = None) -> Iterator[Estimate]:
    """Of each location, in turn. Nothing is written; a place and a few tiles may be asked for."""
    job = Job(config, Here(), cluster=False, report=lambda *_: None, say=lambda _: None)
    for place in config.locations:
        yield _Guess(At(job, place), workers or config.workers or len(os.sched_getaffinity(0))).estimate()


def total(parts: list[Estimate]) -> Estimate:
    """All locations together."""
    names = ("km2", "tiles", "points", "passing", "key_frames", "requests", "download", "disk", "hours")
    sums = {name: sum(getattr(part, name) for part in parts) for name in names}
    assumed = dict.fromkeys(text for part in parts for text in part.assumed)
    return Estimate("all", assumed=tuple(assumed), **sums)


class _Guess:
    def __init__(self, at: At, workers: int) -> None:
        self._at, self._workers = at, workers
        self._paths: Paths = at.paths
        self._place: LocationConfig = at.location
        self._assumed: list[str] = []

    def estimate(self) -> Estimate:
        from offline_tools.curate.services.tiles import tiles_of

        area = read_area(self._paths.boundary) if self._paths.boundary.is_file() else find_area(self._at)
        tiles = tiles_of(area)
        points = self._points(area, tiles)
        passing = self._rows("filters") or round(points * self._passing_share())
        frames = self._rows("keyframes") or round(passing * self._assume(KEYFRAMES, "{:.0%} of these are key frames"))
        left = self._left("tiles", len(tiles), 1), self._left("metadata", points, self._at.config.units.metadata)
        photos = self._left("photos", frames, self._at.config.units.photos)
        requests = sum(left) + photos
        photo = self._photo_bytes()
        kept = frames * photo if self._at.config.keep_photos else 0
        return Estimate(
            location=self._place.name,
            km2=round(area.km2, 3),
            tiles=len(tiles),
            points=points,
            passing=passing,
            key_frames=frames,
            requests=requests,
            download=left[1] * METADATA_BYTES + photos * photo,
            disk=kept + points * KEPT_BYTES + frames * SAMPLE_BYTES,
            hours=self._hours(requests, frames),
            assumed=tuple(self._assumed),
        )

    def _points(self, area: Area, tiles: list[Tile]) -> int:
        known = self._rows("tiles")
        if known is not None:
            return known
        sampled = tiles[:: max(1, -(-len(tiles) // SAMPLED))]
        mean = asked(self._sample(area, sampled)) / len(sampled)
        self._assumed.append(f"{self._place.name}: {mean:.0f} photos a tile, from {len(sampled)} of {len(tiles)} tiles")
        return round(mean * len(tiles))

    async def _sample(self, area: Area, tiles: list[Tile]) -> int:
        found = 0
        async with mapillary(self._at.config) as server:
            for tile in tiles:
                table = await server.tile(tile)
                found += int(area.contains(table["lon"].to_numpy(), table["lat"].to_numpy()).sum())
        return found

    def _passing_share(self) -> float:
        recipe = load_recipe(self._at.config.recipe)
        has_list = any(rule.kind == "one_of" and rule.column == "model" for rule in recipe.filters)
        return self._assume(PASS_CITY if has_list else PASS, f"{{:.0%}} of photos pass the recipe '{recipe.name}'")

    def _photo_bytes(self) -> int:
        record = self._record("photos")
        if record is not None and record.rows:
            return int(record.counts["bytes"] / record.rows)
        return round(self._assume(PHOTO_BYTES, "a photo has {:,.0f} bytes"))

    def _hours(self, requests: int, frames: int) -> float:
        rate = self._at.config.services.per_second
        self._assumed.append(f"{rate:g} requests a second are answered, the most that the configuration allows")
        core = self._left("undistortion", frames, self._at.config.units.photos) * self._assume(
            UNDISTORT_S, "a picture takes {:g} s of a core"
        ) + self._left("maps", frames, self._at.config.units.photos) * self._assume(
            DRAW_S, "a map takes {:g} s of a core"
        )
        return (requests / rate + core / self._workers) / _HOUR

    def _left(self, stage: str, items: int, unit: int) -> int:
        if self._record(stage) is not None:
            return 0
        return max(0, items - unit * tables_of(self._paths.units(stage)))

    def _rows(self, stage: str) -> int | None:
        record = self._record(stage)
        return None if record is None else record.rows

    def _record(self, stage: str) -> Record | None:
        return read_record(self._paths.record(stage))

    def _assume(self, value: float, text: str) -> float:
        self._assumed.append(text.format(value))
        return value


def _size(count: int) -> str:
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def _hours(hours: float) -> str:
    if hours < 1 / 60:
        return "less than a minute"
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"
