# SPDX-License-Identifier: Apache-2.0
"""Photo files -> files of pinhole pictures, on all cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import cv2

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.memory import keep_freed_memory
from offline_tools.curate.undistortion.header import PhotoError, read_photo
from offline_tools.curate.undistortion.opensfm import SPHERICAL, OpensfmCamera
from offline_tools.curate.undistortion.panorama import VIEWS
from offline_tools.curate.undistortion.photo import AS_STORED, Taken, undistort_photo
from offline_tools.curate.undistortion.picture import SIZE, Undistorted
from offline_tools.dataset.files import write_whole
from offline_tools.dataset.writer import JPEG_QUALITY
from offline_tools.errors import DatasetError

_CHUNK = 16
_CHUNKS_AHEAD = 2


@dataclass(frozen=True)
class PhotoJob:
    """A photo file, its camera, and the JPEG files to write: one, or four of a spherical photo."""

    source: Path
    camera: OpensfmCamera
    targets: tuple[Path, ...]
    taken: Taken = AS_STORED
    size: int = SIZE

    def __post_init__(self) -> None:
        wanted = VIEWS if self.camera.projection == SPHERICAL else 1
        if len(self.targets) != wanted:
            raise DatasetError(f"{self.source}: {len(self.targets)} files to write, want {wanted}")


@dataclass(frozen=True)
class WrittenView:
    """A picture that was written; the fields are those of Undistorted."""

    path: Path
    camera: Camera
    covered: float
    rotation: FloatArray


@dataclass(frozen=True)
class PhotoResult:
    """What became of a photo: its pictures, or why there are none."""

    job: PhotoJob
    views: tuple[WrittenView, ...] = ()
    problem: str = ""


def undistort_photos(jobs: Iterable[PhotoJob], workers: int | None = None) -> Iterator[PhotoResult]:
    """What became of each photo, in order; `workers` processes, by default one for each core.

    A bad photo is told in its result; a disk that is full ends the work. Every file is written whole or not at all.
    Fastest when photos of one camera follow each other, as maps are made once for each.
    """
    workers = workers if workers is not None else len(os.sched_getaffinity(0))
    if workers < 1:
        raise DatasetError(f"workers: {workers}, want at least 1")
    if workers == 1:
        yield from map(undistort_file, jobs)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _prepare) as pool:
        yield from _in_order(pool, iter(jobs), workers * _CHUNKS_AHEAD)


def undistort_file(job: PhotoJob) -> PhotoResult:
    """One photo, here and now."""
    try:
        data = read_photo(job.source)
        views = undistort_photo(data, job.camera, job.taken, size=job.size, name=str(job.source))
    except PhotoError as error:
        return PhotoResult(job, problem=str(error))
    return PhotoResult(job, tuple(_written(path, view) for path, view in zip(job.targets, views, strict=True)))


def _in_order(pool: ProcessPoolExecutor, jobs: Iterator[PhotoJob], ahead: int) -> Iterator[PhotoResult]:
    waiting: deque[Future[list[PhotoResult]]] = deque()
    try:
        while True:
            while len(waiting) < ahead and (chunk := list(islice(jobs, _CHUNK))):
                waiting.append(pool.submit(_chunk, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise DatasetError("a process that undistorts photos was killed; is memory short? Start again") from error
    finally:
        for future in waiting:
            future.cancel()


def _chunk(jobs: Sequence[PhotoJob]) -> list[PhotoResult]:
    return [undistort_file(job) for job in jobs]


def _prepare() -> None:
    """Every core has a process already, and each frees as much with a photo as it takes with the next."""
    cv2.setNumThreads(1)
    keep_freed_memory()


def _written(path: Path, view: Undistorted) -> WrittenView:
    write_whole(path, _jpeg(view.image))
    return WrittenView(path, view.camera, view.covered, view.rotation)


def _jpeg(image: UInt8Array) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(data.tobytes())
