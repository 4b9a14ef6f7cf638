# SPDX-License-Identifier: Apache-2.0
"""write_video: the bag's images again, beside the maps that the replay wrote, in parts that survive a kill."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from mia_ros.arrays import UInt8Array
from mia_ros.bag import BagMessage, BagReader
from mia_ros.errors import MiaError
from mia_ros.nodes.convert import read_image, read_semantic_map, read_stamp
from mia_ros.pictures import write_bytes
from mia_ros.replay.ahead import Ahead
from mia_ros.semantic_map import SemanticMap
from offline_tools.replay.video.drawing import Leveller, Painter, Shot
from offline_tools.replay.video.encoding import Part, join, load_av
from offline_tools.replay.video.layout import HEIGHT, WIDTH
from offline_tools.replay.video.plan import Report, VideoPlan

Row = Mapping[str, Any]

#: Images that are decoded ahead, and pictures that are painted before they are encoded.
_AHEAD, _PAINTED = 8.0, 2.0


def write_video(plan: VideoPlan, report: Report = lambda *_: None) -> Path:
    """OUT/video.mp4. Parts that an interrupted run finished are kept; a video of the same replay is left as it is."""
    load_av()
    frames = plan.frames()
    work = _Work.of(plan, frames)
    if not (work.finished() and plan.out.is_file()):
        work.prepare()
        _film(plan, work, report)
        join(work.parts, plan.out, work.fps)
        work.tidy()
    report(len(frames), len(frames), 0)
    return plan.out


class _Work(NamedTuple):
    """What is to be made, and what is there already."""

    folder: Path
    digest: str
    frames: pl.DataFrame
    fps: float
    length: int  # frames of a part

    @classmethod
    def of(cls, plan: VideoPlan, frames: pl.DataFrame) -> _Work:
        """What the plan asks for."""
        fps = plan.rate(frames)
        return cls(plan.folder / ".video", plan.digest(frames), frames, fps, max(1, round(plan.segment * fps)))

    def rows(self, first: int, stop: int | None = None) -> Iterator[Row]:
        """Of the table, a few at a time in memory."""
        return self.frames[first:stop].iter_rows(named=True)

    @property
    def parts(self) -> list[Path]:
        """The files of all parts."""
        return [self.folder / f"{k:05d}.mp4" for k in range(math.ceil(len(self.frames) / self.length))]

    @property
    def first_missing(self) -> int:
        """The first row that no finished part shows."""
        missing = next((k for k, part in enumerate(self.parts) if not part.is_file()), len(self.parts))
        return min(missing * self.length, len(self.frames))

    def prepare(self) -> None:
        """Throw away what was made of something else."""
        if self._said("making") != self.digest:
            for path in self.folder.glob("*"):
                path.unlink()
            write_bytes(self.folder / "making", self.digest.encode())

    def finished(self) -> bool:
        """The video of exactly this was made already."""
        return self._said("made") == self.digest

    def tidy(self) -> None:
        """The video is there: its parts are not needed any more."""
        write_bytes(self.folder / "made", self.digest.encode())
        for path in self.parts:
            path.unlink(missing_ok=True)
        (self.folder / "making").unlink(missing_ok=True)

    def _said(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.is_file() else ""


def _film(plan: VideoPlan, work: _Work, report: Report) -> None:
    """The parts that are missing; the maps of those that are there are laid down again, without a picture."""
    first, total = work.first_missing, len(work.frames)
    if first == total:
        return
    with closing(_pictures(plan, work, first)) as painting, Ahead(painting, lambda _: 1.0, _PAINTED) as painted:
        pictures = iter(painted)
        for number in range(first // work.length, len(work.parts)):
            begin, end = number * work.length, min((number + 1) * work.length, total)
            with Part(work.parts[number], (WIDTH, HEIGHT), work.fps, plan.crf) as part:
                for done in range(begin + 1, end + 1):
                    part.add(next(pictures))
                    report(done, total, done - first)


def _pictures(plan: VideoPlan, work: _Work, first: int) -> Generator[UInt8Array, None, None]:
    """Of the rows from `first` on: (HEIGHT, WIDTH, 3) BGR."""
    begin = 0 if plan.trajectory is not None else first
    stamps = work.frames["stamp"].to_numpy()
    painter = Painter(plan.title, float(stamps.max() - stamps[0]) * 1e-9, int(stamps[0]), plan.no_trajectory)
    with (
        Ahead(_maps(plan, work.rows(begin)), lambda _: 1.0, _AHEAD) as maps_ahead,
        Ahead(_shots(plan, work, first), lambda _: 1.0, _AHEAD) as shots_ahead,
    ):
        maps, shots = iter(maps_ahead), iter(shots_ahead)
        for row in work.rows(begin, first):
            painter.pass_by(next(maps), _pose(plan, row))
        for row in work.rows(first):
            yield painter(next(shots), next(maps), _pose(plan, row))


def _shots(plan: VideoPlan, work: _Work, first: int) -> Iterator[Shot]:
    """Each row with its image from the bag; an image that is missing or broken leaves its place empty."""
    level = Leveller(plan.camera)
    received = work.frames["received"][first:].to_numpy()
    start, stop = int(received[0]), int(received.max()) + 1
    with BagReader(plan.bag, salvage=True) as bag:
        messages = bag.messages([plan.topics.image], start, stop)
        message = next(messages, None)
        for row in work.rows(first):
            while message is not None and message.received < row["received"]:
                message = next(messages, None)
            frame = None
            if message is not None and message.received == row["received"]:
                frame = _decoded(message)
                message = next(messages, None)
            yield Shot(row, frame, level(frame, row))


def _decoded(message: BagMessage) -> UInt8Array | None:
    try:
        return read_image(message.message)
    except MiaError:
        return None  # the table says what was wrong with it


def _maps(plan: VideoPlan, rows: Iterable[Row]) -> Iterator[SemanticMap | None]:
    """Each row's map, None where there is none."""
    with BagReader(plan.folder / "maps") as bag:
        messages = bag.messages([plan.maps_topic]) if plan.maps_topic in bag.topics else iter(())
        message = next(messages, None)
        for row in rows:
            found = None
            if not row["problem"]:
                while message is not None and read_stamp(message.message) < row["stamp"]:
                    message = next(messages, None)
                if message is not None and read_stamp(message.message) == row["stamp"]:
                    found = read_semantic_map(message.message)
            yield found


def _pose(plan: VideoPlan, row: Row) -> Any:
    return None if plan.trajectory is None else plan.trajectory.at(int(row["stamp"]))
