# SPDX-License-Identifier: Apache-2.0
"""LiveMapper: what comes in from camera and IMU, and when which map goes out. Nodes hand things over and publish."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import EngineError, GravityUnavailable, MiaError, TiltError
from mia_ros.runtime.clocks import ClockWatch
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.frame import FrameMapper
from mia_ros.runtime.health import Health, Level, Status
from mia_ros.runtime.levelling import GravitySource
from mia_ros.runtime.newest import NewestWorker
from mia_ros.runtime.silence import Silence
from mia_ros.runtime.step import MapperStep, Stepped
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.tilt_filter import ImuSample

#: Reads a time in ns.
Clock = Callable[[], int]
#: Problems of which each frame says anew whether they are there.
_OF_FRAMES = ("input.image", "input.camera", "gravity.frame", "output.frame")


@dataclass(frozen=True, eq=False)
class Arrival:
    """An image as it came in. `decode` gives (H, W, 3) uint8 BGR, or raises a MiaError; entered: perf_counter_ns."""

    decode: Callable[[], UInt8Array]
    stamp: int
    frame_id: str
    entered: int


class Publisher(Protocol):
    """Where maps go; called from the thread that makes them, or from `tick`, never from both at once."""

    def publish(self, stepped: Stepped, arrival: Arrival) -> None:
        """A map."""

    def publish_unknown(self, stamp: int, frame_id: str) -> None:
        """That nothing is known any more."""


class LiveMapper:
    """Everything but `add_*`, which return at once, happens in a thread of its own: the newest frame wins.

    clock: the time that stamps are of (ns); steady: one that goes on when the images do not (in simulated time that of
    the simulation, which may be slower than the world's).
    """

    def __init__(
        self,
        step: MapperStep,
        transforms: TransformBuffer,
        publisher: Publisher,
        clock: Clock,
        steady: Clock = time.monotonic_ns,
        camera: Camera | None = None,
    ) -> None:
        config = step.config
        self.health = Health(config, clock())
        self.health.engine(step.choice)
        self.gravity = GravitySource(config, transforms)
        self._step = step
        self._config = config
        self._publisher = publisher
        self._clock, self._steady = clock, steady
        self._camera = camera
        self._camera_is_given = camera is not None
        self._frames = FrameMapper(step, transforms, self.gravity)
        self._clocks = ClockWatch(config.max_clock_difference)
        self._silence = Silence(config.timeout, steady())
        self._moved = clock(), time.monotonic_ns()  # the time, and when it was seen to move
        self._sampled = threading.Condition()
        self._lock = threading.Lock()  # one publishes at a time, and `_silence` is of both threads
        self._frame_id = ""
        self._usable = True  # what was found of the last frame, presumed of those that wait
        self._closed = False
        self._worker: NewestWorker[Arrival] = NewestWorker(self._work, "mapper", self._failed, config.max_rate)

    def add_image(self, arrival: Arrival) -> None:
        """To be mapped next, unless a newer one comes first."""
        self.health.image(arrival.stamp, self._clock())
        self._clocks.image(arrival.stamp, time.monotonic_ns())
        with self._lock:
            self._frame_id = arrival.frame_id
            self._silence.image(arrival.stamp, self._steady(), usable=self._usable)
        self._worker.offer(arrival)

    def add_imu(self, sample: ImuSample, frame_id: str) -> None:
        """Gravity comes from these."""
        self.health.imu(sample.stamp, self._clock())
        self._clocks.imu(sample.stamp, time.monotonic_ns())
        self.gravity.add_imu(sample, frame_id)
        self.notice()

    def notice(self) -> None:
        """A transform or a sample is there that a frame may wait for."""
        with self._sampled:
            self._sampled.notify_all()

    def add_camera(self, camera: Camera) -> None:
        """What the topic camera_info says; it may change at any time, and is ignored where a file is used."""
        if not self._camera_is_given and camera != self._camera:
            self._step.prepare(camera)
            self._camera = camera

    def tick(self) -> None:
        """To be called some times within `timeout`: takes the last map back when no others can be hoped for."""
        with self._lock:
            stands = self._clock_stands()
            self._take_back(self._silence.end() if stands else self._silence.due(self._steady()))
        line = "clock: the time stands still; is the simulation paused, or /clock no longer published?"
        self.health.problem("input.clock", Level.STALE, line if stands else None)

    def _clock_stands(self) -> bool:
        """Whether the time that stamps are of has not moved for longer than the time-out."""
        now, real = self._clock(), time.monotonic_ns()
        if now != self._moved[0]:
            self._moved = now, real
        return real - self._moved[1] > self._config.timeout * 1e9

    def change(self, config: MapperConfig) -> None:
        """Take other dynamic parameters."""
        self._step.reconfigure(config)
        self._config = self._frames.watch.config = config
        self._worker.max_rate = config.max_rate

    def report(self) -> list[Status]:
        """How it goes."""
        self.health.problem("input.clocks", Level.WARN, self._clocks.problem())
        self.health.problem("gravity.source", Level.WARN, self.gravity.problem())
        self.health.problem("output.height", Level.WARN, self._frames.height.problem())
        self.health.gravity(self.gravity.newest_reading, self.gravity.counts)
        self.health.skipped(self._worker.skipped)
        return self.health.report(self._clock())

    def close(self, timeout: float) -> bool:
        """Let the frame at hand be finished, take the last map back; False if that took longer than `timeout` s."""
        self._closed = True
        self.notice()
        ended = self._worker.close(timeout)
        with self._lock:
            self._take_back(self._silence.end())
        return ended

    def _take_back(self, stamp: int | None) -> None:
        if stamp is not None:
            self._publisher.publish_unknown(stamp, self._frame_id)

    def _work(self, arrival: Arrival) -> None:
        try:
            stepped = self._mapped(arrival)
        except MiaError as error:
            self._refuse(_key(error), str(error))
            return
        if stepped is None or self._closed:
            return
        for key in _OF_FRAMES:
            self.health.clear(key)
        self._publish(stepped, arrival)

    def _mapped(self, arrival: Arrival) -> Stepped | None:
        """The map of a frame, or None where the frame was refused, and why was noted."""
        started = time.perf_counter_ns()
        frame = arrival.decode()
        self._stage("decode", started)
        camera = self._camera
        if camera is None:
            self._refuse("input.camera", "camera_info: none yet; is its topic right? Or set camera_info_url")
            return None
        verdict = self._frames.judge(frame, camera, arrival.stamp, self._clock())
        self.health.judged(verdict, self._clock())
        if verdict.jumped_back:
            self._start_anew()
        if not verdict.usable:
            self._refuse("input.image", verdict.line)
            return None
        self._wait_for_gravity(arrival)
        attitude = self._frames.attitude(arrival.stamp, arrival.frame_id)
        self._found_usable(arrival)
        stepped = self._frames.map(frame, camera, arrival.stamp, attitude)
        for name, milliseconds in stepped.times.items():
            self.health.stage(name, milliseconds)
        return stepped

    def _found_usable(self, arrival: Arrival) -> None:
        if not self._usable:
            self._usable = True
            with self._lock:
                self._silence.image(arrival.stamp, self._steady(), usable=True)

    def _wait_for_gravity(self, arrival: Arrival) -> None:
        """Until there is a sample past the stamp, or `imu_wait` has passed."""
        started = time.perf_counter_ns()
        with self._sampled:
            self._sampled.wait_for(
                lambda: self._closed or self.gravity.ready(arrival.stamp, arrival.frame_id), self._config.imu_wait
            )
        self._stage("wait", started)

    def _publish(self, stepped: Stepped, arrival: Arrival) -> None:
        started = time.perf_counter_ns()
        with self._lock:
            if self._silence.lost(self._steady()):
                return  # it was taken back before it came, or would be at once
            self._publisher.publish(stepped, arrival)
            self._silence.mapped(self._steady())
        self._stage("publish", started)
        self._stage("all", arrival.entered)
        self.health.published(arrival.stamp, self._clock())

    def _stage(self, name: str, started: int) -> None:
        self.health.stage(name, (time.perf_counter_ns() - started) * 1e-6)

    def _start_anew(self) -> None:
        """Time jumped back: what is remembered is of another time."""
        self._frames.start_anew()
        self._clocks.reset()
        self.health.restart(self._clock())

    def _refuse(self, key: str, line: str) -> None:
        self._usable = False
        with self._lock:
            self._silence.failed()
        self.health.problem(key, Level.ERROR, line)
        self.health.error(line, self._clock())

    def _failed(self, error: BaseException) -> None:
        """What no one foresaw: it is told, and the next frame is tried."""
        self._refuse("output.frame", f"{type(error).__name__}: {' '.join(str(error).split())}")


def _key(error: MiaError) -> str:
    if isinstance(error, GravityUnavailable):
        return "gravity.frame"
    return "output.frame" if isinstance(error, (TiltError, EngineError)) else "input.image"
