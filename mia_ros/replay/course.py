# SPDX-License-Identifier: Apache-2.0
"""Course: the images of a recording on their way to maps, each waiting for what it still needs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import NamedTuple

from mia_ros.camera import Camera
from mia_ros.errors import GravityError, MiaError, TiltError
from mia_ros.replay.incoming import LOOK_AHEAD, Other, Shot
from mia_ros.replay.plan import Problem, Replayed
from mia_ros.replay.recorded_gravity import RecordedGravity
from mia_ros.replay.senses import Senses
from mia_ros.runtime.frame import Attitude, FrameMapper
from mia_ros.runtime.step import Levelled, MapperStep
from mia_ros.runtime.watch import Verdict

#: Images that wait at once, and their bytes; the first in line goes with what is known when there are more.
_MOST_WAITING, _MOST_BYTES = 64, 256 << 20
#: Images that wait for their turn with the network, or have maps and wait for those before them.
_IN_HAND = 3


class Workers(NamedTuple):
    """Who makes maps: one levels images, `at_once` others run the network on them."""

    leveller: Executor
    mappers: Executor
    at_once: int


class Course:
    """Give it all of a recording with `take`, in the order of receipt, and what comes out are images in their order.

    An image waits until gravity is known past its stamp, but no longer than LOOK_AHEAD in the recording's time.
    """

    def __init__(self, senses: Senses, step: MapperStep, recorded: RecordedGravity | None, workers: Workers) -> None:
        self.frames = FrameMapper(step, senses.transforms, recorded or senses.gravity)
        self.problems: Counter[str] = Counter()  # by their keys
        self.sources: Counter[str] = Counter()  # of gravity, of images with maps
        self.orders: Counter[str] = Counter()  # verdicts
        self.gravity_line = ""  # of the first image without
        self._senses = senses
        self._workers = workers
        self._waits = recorded is None and senses.tells_gravity
        self._waiting: deque[Replayed] = deque()
        self._under_way: deque[Future[Replayed]] = deque()

    def take(self, item: Shot | Other) -> Iterator[Replayed]:
        """One message; yields the images that are done."""
        if isinstance(item, Shot):
            self._look_at(item)
        else:
            self._senses.take(item)
        while self._waiting and self._due(self._waiting[0], item.received):
            self._send(self._waiting.popleft())
        while self._under_way and (
            len(self._under_way) >= self._workers.at_once + _IN_HAND or self._under_way[0].done()
        ):
            yield self._counted(self._under_way.popleft().result())

    def finish(self) -> Iterator[Replayed]:
        """There is no more: the images that wait go with what is known."""
        self._send_all()
        while self._under_way:
            yield self._counted(self._under_way.popleft().result())

    def _look_at(self, shot: Shot) -> None:
        """Judge an image and let it wait; where time jumped back, those before it go first."""
        senses = self._senses
        stamp, imu = senses.timing.image(shot.stamp, shot.received), senses.samples()
        if shot.skipped:
            self._heed(self.frames.watch.pass_over(stamp, shot.likeness))
            if shot.frame is not None:
                self.frames.watch.recall(shot.frame)
            return
        camera, verdict, problem = self._judged(shot, stamp)
        if verdict is not None:
            self._heed(verdict)
        times = {"decode": shot.decode_ms}
        seen = Replayed(
            shot.index, stamp, shot.received, shot.frame_id, shot.frame, camera, None, problem, times, imu, None
        )
        self._waiting.append(seen)

    def _judged(self, shot: Shot, stamp: int) -> tuple[Camera | None, Verdict | None, Problem | None]:
        """Its camera, what the watch says, and why it cannot be mapped."""
        if shot.frame is None:
            return None, None, Problem("image", shot.flaw)
        camera = self._senses.cameras.of(shot.frame)
        if isinstance(camera, Problem):
            return None, None, camera
        try:
            verdict = self.frames.judge(shot.frame, camera, stamp, stamp)
        except MiaError as error:
            return camera, None, Problem("image", f"image: {error}")
        return camera, verdict, None if verdict.usable else Problem("image", verdict.line)

    def _heed(self, verdict: Verdict) -> None:
        self.orders[verdict.kind] += 1
        if verdict.jumped_back:
            self._send_all()
            self.frames.start_anew()
            self._senses.timing.jumped()

    def _due(self, seen: Replayed, now: int) -> bool:
        """Whether its turn has come."""
        if seen.problem is not None or not self._waits or abs(now - seen.received) >= LOOK_AHEAD:
            return True
        size = 0 if seen.frame is None else seen.frame.nbytes
        crowded = len(self._waiting) > _MOST_WAITING or len(self._waiting) * size > _MOST_BYTES
        return crowded or self._senses.gravity.ready(seen.stamp, seen.frame_id)

    def _send_all(self) -> None:
        while self._waiting:
            self._send(self._waiting.popleft())

    def _send(self, seen: Replayed) -> None:
        """Find out how the camera was held, which is known now, and let the map be made."""
        seen = replace(seen, imu_to_camera=self._senses.mounting(seen.stamp, seen.frame_id))
        attitude = None
        if seen.problem is None:
            try:
                attitude = self.frames.attitude(seen.stamp, seen.frame_id)
            except MiaError as error:
                seen = replace(seen, problem=_problem(error))
        level = None if attitude is None else self._workers.leveller.submit(self._levelled, seen, attitude)
        self._under_way.append(self._workers.mappers.submit(self._mapped, seen, attitude, level))

    def _levelled(self, seen: Replayed, attitude: Attitude) -> Levelled:
        """Runs in the leveller."""
        assert seen.frame is not None
        assert seen.camera is not None
        return self.frames.level(seen.frame, seen.camera, attitude)

    def _mapped(self, seen: Replayed, attitude: Attitude | None, level: Future[Levelled] | None) -> Replayed:
        """Runs in a mapper."""
        if attitude is None or level is None:
            return seen
        try:
            stepped = self.frames.finish(level.result(), seen.stamp, attitude)
        except MiaError as error:
            return replace(seen, problem=_problem(error))
        return replace(seen, stepped=stepped, times={**seen.times, **stepped.times})

    def _counted(self, replayed: Replayed) -> Replayed:
        if replayed.stepped is not None:
            self.sources[replayed.stepped.gravity.source] += 1
        elif replayed.problem is not None:
            self.problems[replayed.problem.key] += 1
            if replayed.problem.key == "gravity":
                self.gravity_line = self.gravity_line or replayed.problem.line
        return replayed


def _problem(error: MiaError) -> Problem:
    if isinstance(error, GravityError):
        return Problem("gravity", str(error))
    return Problem("tilt" if isinstance(error, TiltError) else "engine", str(error))
