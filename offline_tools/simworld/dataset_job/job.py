# SPDX-License-Identifier: Apache-2.0
"""`simulate_dataset`: worlds dealt out to processes. A world with a diary is done, so a killed job goes on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from offline_tools.dataset import Drive, LocationWriter, PosedImage, write_split
from offline_tools.dataset.files import make_folder, remove_parts, write_json
from offline_tools.dataset.layout import KINDS
from offline_tools.errors import DatasetError
from offline_tools.osm import MapStore, load_style
from offline_tools.osm.sources.locking import locked
from offline_tools.rendering.pool import Pool
from offline_tools.simworld.dataset_job.diary import FOLDER, Diary, Entry, diary_file, read_diary
from offline_tools.simworld.dataset_job.manifest import MANIFEST, begin, manifest_of
from offline_tools.simworld.dataset_job.plan import DatasetPlan, Made, WorldJob
from offline_tools.simworld.dataset_job.worker import Task, work
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.maps import open_map
from offline_tools.simworld.spots import district_of

#: Called with pictures that were looked at, all that there are, and pictures made.
Report = Callable[[int, int, int], None]
#: Milliseconds since 1970 of the first picture of a location: simulated pictures have no date, but tools sort by it.
_EPOCH, _SECOND, _WORLD_APART = 1_700_000_000_000, 1000, 3_600_000


@dataclass
class Summary:
    """Pictures: made now, there before, and why others are not there; worlds that failed, which can be tried again."""

    made: int = 0
    there_already: int = 0
    left_out: list[str] = field(default_factory=list)
    failed_worlds: int = 0

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


def simulate_dataset(
    plan: DatasetPlan, report: Report = lambda *_: None, stores: list[MapStore] | None = None
) -> Summary:
    """Make the data set, or what is missing of it. A second job for the same folder is refused while this one runs."""
    stores = stores or [open_map(path, plan.driving_side) for path in plan.maps]
    _check_streets(plan, stores)
    out = make_folder(Path(plan.out))
    with locked(_lock(out), lambda: _refuse(out)):
        manifest = manifest_of(plan, stores)
        begin(out, manifest)
        summary = _Job(plan, stores, report).run()
        if not summary.made + summary.there_already:
            raise DatasetError(f"data set {out}: no picture could be made: {summary.left_out[0]}")
        _assemble(plan, stores)
        state = "incomplete" if summary.failed_worlds else "finished"
        write_json(out / MANIFEST, {**manifest, "state": state, "left_out": _left_out(plan)}, indent=1)
    return summary


class _Job:
    def __init__(self, plan: DatasetPlan, stores: list[MapStore], report: Report) -> None:
        self._plan = plan
        self._report = report
        self._summary = Summary()
        self._looked_at = 0
        self._folders = [Path(plan.out) / name for name in plan.locations]
        self._task = Task(
            stores=tuple((store.folder, store.driving_side) for store in stores),
            locations=plan.locations,
            out=Path(plan.out),
            seed=plan.seed,
            style=plan.style,
            infer_sidewalks=plan.infer_sidewalks,
        )

    def run(self) -> Summary:
        """Do what is not done."""
        left = [job for job in self._plan.jobs() if not self._done(job)]
        for folder in self._folders:
            for name in (*(kind.folders[0] for kind in KINDS), FOLDER):
                remove_parts(folder / name)
        if left:
            pool: Pool[WorldJob, Made] = Pool(partial(work, self._task), min(self._plan.workers, len(left)))
            with closing(pool):
                for made in pool.run(iter(left)):
                    self._count(made)
        return self._summary

    def _done(self, job: WorldJob) -> bool:
        diary = read_diary(self._folders[job.location], job.world)
        if diary is None or diary.count < job.count:
            return False
        self._summary.there_already += len(_wanted(diary, job))
        return True

    def _count(self, made: Made) -> None:
        summary = self._summary
        summary.made += made.done
        summary.left_out += made.problems
        summary.failed_worlds += made.failed
        self._looked_at += made.job.count
        self._report(self._looked_at + summary.there_already, self._plan.n, summary.made)


def _wanted(diary: Diary, job: WorldJob) -> list[Entry]:
    """The pictures of a diary that belong to the job; a larger data set may have been made there before."""
    ids = set(job.ids())
    return [entry for entry in diary.pictures if entry.id in ids]


def _check_streets(plan: DatasetPlan, stores: list[MapStore]) -> None:
    """A map without streets is refused before anything is made."""
    load_style(plan.style)
    for store in stores:
        district_of(store, plan.style, plan.infer_sidewalks, np.random.default_rng(plan.seed))


def _assemble(plan: DatasetPlan, stores: list[MapStore]) -> None:
    """dump.json of each location, and the split."""
    for location, store in enumerate(stores):
        writer = LocationWriter(plan.out, plan.locations[location])
        west, south, east, north = store.bounds
        frame = LocalFrame((south + north) / 2, (west + east) / 2)
        jobs = [job for job in plan.jobs() if job.location == location]
        writer.dump({f"world_{job.world:06d}": _drive(job, writer.folder, frame) for job in jobs})
    if plan.split:
        write_split(plan.out, plan.splits())


def _drive(job: WorldJob, folder: Path, frame: LocalFrame) -> Drive:
    diary = read_diary(folder, job.world)
    entries = _wanted(diary, job) if diary else []
    return Drive(
        cameras={f"camera_{entry.id}": entry.taken().camera for entry in entries},
        images=[_posed(entry, k, job, frame) for k, entry in enumerate(entries)],
    )


def _posed(entry: Entry, index: int, job: WorldJob, frame: LocalFrame) -> PosedImage:
    shot = entry.taken()
    return PosedImage(
        id=entry.id,
        camera=f"camera_{entry.id}",
        lat=shot.lat,
        lon=shot.lon,
        altitude=shot.height,
        roll=shot.roll,
        pitch=shot.pitch,
        yaw=math.radians(shot.heading_deg),
        position=shot.position(frame),
        rotation=shot.rotation,
        capture_time=_EPOCH + job.world * _WORLD_APART + index * _SECOND,
        chunk=job.world,
    )


def _left_out(plan: DatasetPlan) -> dict[str, list[str]]:
    """Why pictures are not there, by location, also those of runs before."""
    found: dict[str, list[str]] = {}
    for job in plan.jobs():
        name = plan.locations[job.location]
        if not diary_file(Path(plan.out) / name, job.world).exists():
            found.setdefault(name, []).append(f"world {job.world}: not made")
        elif diary := read_diary(Path(plan.out) / name, job.world):
            wanted = set(job.ids())
            found.setdefault(name, []).extend(line for line in diary.left_out if line.split(":")[0] in wanted)
    return {name: lines for name, lines in found.items() if lines}


def _lock(out: Path) -> Path:
    lock = out / ".simulate.lock"
    try:
        lock.touch()
    except OSError as error:
        raise DatasetError(f"data set {out}: cannot be written: {error.strerror}; choose another folder") from error
    return lock


def _refuse(out: Path) -> None:
    raise DatasetError(f"{out}: another job makes a data set there now; wait until it is done, or stop it")
