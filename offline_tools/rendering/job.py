# SPDX-License-Identifier: Apache-2.0
"""`render_poses`: the maps of a table of poses. What is on disk is done, so a killed job goes on with the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

import mia_ros
from mia_ros.hashing import sha256_of
from offline_tools.dataset.files import make_folder
from offline_tools.dataset.layout import checked_name
from offline_tools.dataset.poses import WINDOW, PoseTable
from offline_tools.errors import DatasetError
from offline_tools.osm import MapStore, Style, load_style
from offline_tools.osm.frame import REFERENCE_RESOLUTION, SIZE
from offline_tools.osm.sources.locking import locked
from offline_tools.osm.sources.stream import UNIT, silent
from offline_tools.osm.store.grid import BLOCK, Degrees
from offline_tools.rendering.covering import check_picture, inside
from offline_tools.rendering.ids import IdSet
from offline_tools.rendering.pool import Pool
from offline_tools.rendering.record import MADE, Configuration, Record, begin
from offline_tools.rendering.tally import EXAMPLES, Summary
from offline_tools.rendering.worker import Chunk, Drawn, DrawTask, example, work

CHUNK = 64  # poses: a quarter of a second's work, which is what a process does after its job was killed
TWICE, OUTSIDE = "id given twice", "centre outside the map"

#: Called with poses that were looked at, all that there are, and maps drawn.
Report = Callable[[int, int, int], None]


@dataclass(frozen=True)
class JobPlan:
    """Maps of the poses of a table, into OUT/LOCATION. `size` is rows and columns, `resolution` metres per pixel."""

    source: str | Path
    poses: str | Path
    out: str | Path
    location: str = ""  # the map's name by default
    style: str | Path | Style = "mia"
    infer_sidewalks: bool = True
    driving_side: str = "right"
    size: tuple[int, int] = (SIZE, SIZE)
    resolution: float = REFERENCE_RESOLUTION
    visibility: bool = True
    partial: bool = False  # also maps that reach beyond what the map file covers
    compress: bool = True
    overwrite: bool = False  # throw away maps of another configuration
    workers: int = 2


def render_poses(plan: JobPlan, report: Report = lambda *_: None, store: MapStore | None = None) -> Summary:
    """Draw each pose once. `store` is the map of the plan where it is open already.

    A second job for the same folder is refused while this one runs. When it is interrupted, what is drawn stays.
    """
    _check(plan)
    table = PoseTable(plan.poses)
    style = plan.style if isinstance(plan.style, Style) else load_style(plan.style)
    store = store or MapStore.open(plan.source, driving_side=plan.driving_side, progress=silent)
    location = checked_name(plan.location or store.source.name.split(".")[0], "location")
    folder = make_folder(Path(plan.out) / location)
    with locked(_lock(folder), lambda: _refuse(folder)):
        record = _record(plan, table, style, store)
        note = begin(folder, record, plan.overwrite)
        task = DrawTask(
            store=store.folder,
            out=Path(plan.out),
            location=location,
            style=style,
            infer_sidewalks=plan.infer_sidewalks,
            driving_side=plan.driving_side,
            size=plan.size,
            resolution=plan.resolution,
            visibility=plan.visibility,
            partial=plan.partial,
            compress=plan.compress,
        )
        summary = Summary(notes=[note] if note else [])
        return _Job(table, folder, record, store.bounds, summary, report).run(task, plan.workers)


class _Job:
    def __init__(
        self, table: PoseTable, folder: Path, record: Record, bounds: Degrees, summary: Summary, report: Report
    ) -> None:
        self._table = table
        self._folder = folder
        self._record = record
        self._bounds = bounds
        self._summary = summary
        self._report = report

    def run(self, task: DrawTask, workers: int) -> Summary:
        summary, begun = self._summary, time.monotonic()
        chunks = self._chunks(_drawn(self._folder, task.visibility))
        state = "stopped"
        try:
            pool: Pool[Chunk, Drawn] = Pool(partial(work, task), workers)
            with closing(pool):
                for drawn in pool.run(chunks):
                    self._count(drawn)
            state = "finished"
        finally:
            summary.seconds = time.monotonic() - begun
            self._record.model_copy(update={"state": state, "summary": summary.record()}).write(self._folder)
        self._report(summary.poses, summary.poses, summary.done)
        return summary

    def _count(self, drawn: Drawn) -> None:
        summary = self._summary
        summary.done += drawn.done
        for reason, name in drawn.skipped:
            summary.skip(reason, [name])
        for reason, name in drawn.failed:
            summary.fail(reason, [name])
        self._report(summary.poses, max(self._table.rows, summary.poses), summary.done)

    def _chunks(self, there: list[IdSet]) -> Iterator[Chunk]:
        """What is to be drawn, neighbours together; what is not is counted on the way."""
        seen = IdSet()
        for window in self._table.windows(WINDOW):
            poses = self._within(self._new(window, seen))
            done = np.logical_and.reduce([ids.has(poses["id"]) for ids in there])
            self._summary.there_already += int(done.sum())
            yield from chunks_of(poses.filter(pl.Series(~done, dtype=pl.Boolean)))

    def _new(self, window: pl.DataFrame, seen: IdSet) -> pl.DataFrame:
        """The poses of a window that are sound and were not given before."""
        self._fail(window.filter(pl.col("problem").is_not_null()))
        sound = window.filter(pl.col("problem").is_null())
        again = ~sound["id"].is_first_distinct() | pl.Series(seen.has(sound["id"]), dtype=pl.Boolean)
        self._fail(sound.filter(again).with_columns(problem=pl.lit(TWICE)))
        fresh = sound.filter(~again)
        seen.add(fresh["id"])
        return fresh

    def _within(self, poses: pl.DataFrame) -> pl.DataFrame:
        """Those on the map."""
        there = pl.Series(inside(self._bounds, poses["lat"].to_numpy(), poses["lon"].to_numpy()), dtype=pl.Boolean)
        outside = poses.filter(~there)
        if len(outside):
            self._summary.skip(OUTSIDE, _examples(outside), len(outside))
        return poses.filter(there)

    def _fail(self, rows: pl.DataFrame) -> None:
        for (reason,), group in rows.group_by("problem", maintain_order=True):
            self._summary.fail(str(reason), _examples(group), len(group))


def _examples(rows: pl.DataFrame) -> list[str]:
    return [example(row, id_) for row, id_ in rows.head(EXAMPLES).select("row", "id").rows()]


def _drawn(folder: Path, with_visibility: bool) -> list[IdSet]:
    """The poses that have each of the files that we write; a pose that has all of them is done."""
    kinds = MADE if with_visibility else MADE[:1]
    return [IdSet.of_files(folder / kind.folders[0], kind.suffixes[0]) for kind in kinds]


def chunks_of(poses: pl.DataFrame) -> Iterator[Chunk]:
    """Poses in chunks, block of the store by block, so that a block is read once."""
    edge = BLOCK / UNIT
    near = poses.sort((pl.col("lat") / edge).floor(), (pl.col("lon") / edge).floor(), maintain_order=True)
    for chunk in near.iter_slices(CHUNK):
        numbers = chunk.select("lat", "lon", "heading").to_numpy()
        yield Chunk(tuple(chunk["row"].to_list()), tuple(chunk["id"].to_list()), np.ascontiguousarray(numbers))


def _record(plan: JobPlan, table: PoseTable, style: Style, store: MapStore) -> Record:
    return Record(
        configuration=Configuration(
            source=store.source.name,
            source_digest=store.source.digest,
            style=style.name,
            style_digest=style.digest,
            infer_sidewalks=plan.infer_sidewalks,
            driving_side=plan.driving_side,
            size=plan.size,
            resolution=plan.resolution,
            visibility=plan.visibility,
            compress=plan.compress,
            software=f"mia_ros {mia_ros.__version__}",
        ),
        licence=store.licence,
        poses=table.path.name,
        poses_digest=sha256_of(table.path),
        partial=plan.partial,
        left_out_of_map=store.skipped,
    )


def _check(plan: JobPlan) -> None:
    if plan.workers < 1:
        raise DatasetError(f"workers {plan.workers}: want 1 or more")
    check_picture(plan.size, plan.resolution)


def _lock(folder: Path) -> Path:
    lock = folder / ".render.lock"
    try:
        lock.touch()
    except OSError as error:
        raise DatasetError(f"data set {folder}: cannot be written: {error.strerror}") from error
    return lock


def _refuse(folder: Path) -> None:
    raise DatasetError(f"{folder}: another job draws into it now; wait until it is done, or stop it")
