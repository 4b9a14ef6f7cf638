# SPDX-License-Identifier: Apache-2.0
"""The photos of the key frames, as files. A photo that is on disk is never asked for again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.journal import ANSWER, GONE, Line
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.connection import asked, mapillary
from offline_tools.curate.stages.fetching import Fetching, Unit
from offline_tools.curate.stages.record import Record
from offline_tools.curate.stages.stage import At, Outcome, Stage, begin_units, remove_tables
from offline_tools.curate.stages.tables import scan
from offline_tools.curate.tables import Schema, write_table
from offline_tools.curate.web import WebError
from offline_tools.dataset.files import write_whole
from offline_tools.dataset.layout import is_safe

if TYPE_CHECKING:
    from offline_tools.curate.services.mapillary import Mapillary

#: What became of the downloads of a unit.
FETCHED: Schema = {"id": pl.String, "bytes": pl.Int64, "sha256": pl.String, "problem": pl.String}

_URL = "thumb_2048_url"
_FRESH = 2  # addresses that are asked for when one has run out


class Photos(Stage):
    """A unit is some hundred photos."""

    name = "photos"
    unit = "photos"
    after = ("keyframes",)
    has_units = True

    def settings(self, at: At) -> Any:
        """Photos that are not kept are needed again when they are to become other pictures."""
        again = None if at.config.keep_photos else at.config.undistortion.model_dump()
        return [at.config.units.photos, again]

    def outputs(self, _paths: Paths) -> list[Path]:
        return []

    def work(self, at: At) -> Outcome:
        folder = begin_units(at.paths.photos, at.key, remove_tables)
        frames = _frames(at.paths)
        units = _units(frames, folder, at.config.units.photos)
        self._drop_incomplete(at, units)
        asked(self._fetch(at, units, len(frames)))
        fetched = scan([unit.table for unit in units]).collect()
        problems = fetched["problem"].drop_nulls().value_counts(sort=True).sort("problem")
        counts = {"photos": len(fetched), "bytes": int(fetched["bytes"].sum()), "problems": dict(problems.rows())}
        return Outcome(len(units), len(fetched) - int(problems["count"].sum()), counts)

    def finished(self, at: At, key: str) -> Record | None:
        """Also that the files are there which the next stage still needs."""
        record = super().finished(at, key)
        if record is None:
            return None
        units = _units(_frames(at.paths), at.paths.photos, at.config.units.photos)
        return None if any(_lacks_files(at, unit) for unit in units) else record

    def _drop_incomplete(self, at: At, units: list[_Downloads]) -> None:
        for unit in units:
            if _lacks_files(at, unit):
                unit.table.unlink(missing_ok=True)

    async def _fetch(self, at: At, units: list[_Downloads], photos: int) -> None:
        if all(unit.table.is_file() for unit in units):
            return
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            done += more
            at.report(self, done, photos)

        async with mapillary(at.config) as server:

            async def ask(item: Mapping[str, Any]) -> dict[str, Any]:
                data = await _photo(server, item["id"], item[_URL])
                write_whole(file_of(at.paths.photos, item["id"]), data)
                return _facts(data)

            await Fetching(ask, at.config.services.in_flight, progress).run(iter(units))


class _Downloads(Unit):
    """Items have an id and an address."""

    def known(self) -> Mapping[str, Line]:
        """Files that a killed job has written, and those of an earlier choice of photos."""
        folder = self.table.parent
        there = ((id_, file_of(folder, id_)) for id_ in self.items["id"])
        return {id_: {ANSWER: _facts(path.read_bytes())} for id_, path in there if path.is_file()}

    def finish(self, lines: Mapping[str, Line]) -> None:
        rows = [
            {"id": id_, "bytes": None, "sha256": None, "problem": lines[id_].get(GONE), **lines[id_].get(ANSWER, {})}
            for id_ in self.items["id"]
        ]
        write_table(self.table, pl.DataFrame(rows, schema=dict(FETCHED)))


def file_of(folder: Path, id_: str) -> Path:
    """Of a photo."""
    return folder / f"{id_}.jpg"


async def _photo(server: Mapillary, id_: str, url: str) -> bytes:
    """With a fresh address where the one that is known has run out."""
    if not is_safe(id_):
        raise WebError(f"photo {id_!r}: its id is no plain name", "gone")
    for _ in range(_FRESH):
        try:
            return await server.photo(url)
        except WebError as error:
            if error.kind != "expired":
                raise
        url = await server.fresh_url(id_, _URL)
    return await server.photo(url)


def _facts(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _frames(paths: Paths) -> pl.DataFrame:
    with reading(str(paths.keyframes)):
        return pl.read_parquet(paths.keyframes, columns=["id", _URL])


def _units(frames: pl.DataFrame, folder: Path, size: int) -> list[_Downloads]:
    slices = frames.iter_slices(size)
    return [_Downloads(number, items, folder / f"{number:06d}.parquet") for number, items in enumerate(slices)]


def _lacks_files(at: At, unit: _Downloads) -> bool:
    """Whether photos are to be undistorted that somebody, or we (keep_photos), have removed."""
    if not unit.table.is_file() or at.paths.units("undistortion").joinpath(unit.table.name).is_file():
        return False
    with reading(str(unit.table)):
        good = pl.read_parquet(unit.table, columns=["id", "problem"]).filter(pl.col("problem").is_null())
    return not all(file_of(at.paths.photos, id_).is_file() for id_ in good["id"])
