# SPDX-License-Identifier: Apache-2.0
"""A process that makes worlds and takes their pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import UInt8Array
from mia_ros.errors import MiaError
from offline_tools.channels import CHANNEL_INDEX
from offline_tools.dataset import LocationWriter
from offline_tools.dataset.files import make_folder
from offline_tools.errors import CoverageError, DatasetError, SimulationError
from offline_tools.osm import MapStore, load_style, visibility
from offline_tools.simworld.camera import Sensor
from offline_tools.simworld.dataset_job.diary import FOLDER, Diary, Entry
from offline_tools.simworld.dataset_job.plan import Made, WorldJob
from offline_tools.simworld.pictures import Photographer, Scenery, build_scenery, drawn_sensor
from offline_tools.simworld.scout import Scout
from offline_tools.simworld.shots import Shot, drawn_camera
from offline_tools.simworld.spots import District, district_of
from offline_tools.simworld.truth import Drawing

#: Metres around a world's middle in which pictures are taken, and how far the world reaches.
SHOTS_WITHIN, REACH = 90.0, 220.0
#: Worlds that share a part of a large map, whose streets are read once for them.
_PER_DISTRICT = 8
_TRIES = 12
#: Pictures that are taken with one camera, one after the other; a new one takes as long as a picture to set up.
_PER_CAMERA = 10
#: One generator for each subject, so that none depends on how much another draws.
_DISTRICT, _WORLD, _SHOT, _CAMERA = range(4)
_BUILDING = CHANNEL_INDEX["building"]


@dataclass(frozen=True)
class Task:
    """What all worlds of a job have in common; `stores` are folders of parsed maps, with their driving sides."""

    stores: tuple[tuple[Path, str], ...]
    locations: tuple[str, ...]
    out: Path
    seed: int
    style: str
    infer_sidewalks: bool


def work(task: Task, feed: Connection) -> None:
    """Make the worlds that come in until no more do."""
    try:
        cv2.setNumThreads(1)
        maker = Maker(task)
        feed.send(None)
        while True:
            feed.send(maker.make(feed.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the job is over, or its process was killed
    except MiaError as error:
        feed.send(error)


@dataclass
class _Album:
    entries: list[Entry] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Maker:
    """Makes worlds; what it needs of a map is kept from one to the next."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._writers = [LocationWriter(task.out, location) for location in task.locations]
        for writer in self._writers:
            make_folder(writer.folder / FOLDER)
        self._drawing = lru_cache(maxsize=4)(self._opened)
        self._district = lru_cache(maxsize=4)(self._found)

    def make(self, job: WorldJob) -> Made:
        """What became of a world. One that cannot be made does not end the job, unless nothing can be written."""
        try:
            return self._made(job)
        except DatasetError:
            raise
        except Exception as error:  # noqa: BLE001 - one world must not end a job of thousands
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            return Made(job, 0, (f"world {job.world}: {problem}",), failed=True)

    def _made(self, job: WorldJob) -> Made:
        """Build a world, take its pictures, and write its diary when all are there."""
        random = self._random(_WORLD, job)
        district = self._district(job.location, job.world // _PER_DISTRICT)
        centre = district.centre(random)
        drawing = self._drawing(job.location)
        lat, lon = (float(value) for value in district.frame.to_globe(*centre))
        scenery = build_scenery(drawing, lat, lon, REACH, int(random.integers(1 << 31)))
        album = self._pictures(job, scenery, Scout(drawing, district.around(centre, SHOTS_WITHIN), centre))
        Diary(
            world=job.world,
            count=job.count,
            appearance_seed=scenery.seed,
            weather=scenery.weather,
            pictures=tuple(album.entries),
            left_out=tuple(album.left_out),
        ).write(self._writers[job.location].folder)
        return Made(job, len(album.entries), tuple(album.left_out))

    def _pictures(self, job: WorldJob, scenery: Scenery, scout: Scout) -> _Album:
        album = _Album()
        for k, id_ in enumerate(job.ids()):
            if k % _PER_CAMERA == 0:
                camera = drawn_camera(self._random(_CAMERA, job, k))
                photographer = scenery.camera(camera)
            random = self._random(_SHOT, job, k)
            problem = "no free place"
            for _ in range(_TRIES):
                try:
                    shot = self._picture(
                        id_, job.location, scout.shot(random, camera), photographer, drawn_sensor(random)
                    )
                except (SimulationError, CoverageError) as error:
                    problem = str(error)
                    continue
                album.entries.append(Entry.of(id_, shot))
                break
            else:
                album.left_out.append(f"{id_}: {problem}")
        return album

    def _picture(
        self, id_: str, location: int, found: tuple[Shot, UInt8Array], photographer: Photographer, sensor: Sensor
    ) -> Shot:
        """One picture with its masks, on disk."""
        shot, mask = found
        image = sensor.expose(photographer(shot.position(photographer.frame), shot.rotation))
        writer = self._writers[location]
        writer.image(id_, image)
        writer.semantic_mask(id_, mask)
        writer.visibility_mask(id_, visibility(mask[..., _BUILDING]))
        return shot

    def _opened(self, location: int) -> Drawing:
        folder, side = self._task.stores[location]
        store = MapStore.open(folder, driving_side=side)
        return Drawing(store, load_style(self._task.style), self._task.infer_sidewalks)

    def _found(self, location: int, number: int) -> District:
        task = self._task
        random = np.random.Generator(np.random.PCG64([task.seed, location, number, _DISTRICT]))
        return district_of(self._drawing(location).store, task.style, task.infer_sidewalks, random)

    def _random(self, subject: int, job: WorldJob, picture: int = 0) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self._task.seed, job.location, job.world, picture, subject]))
