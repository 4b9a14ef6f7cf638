# SPDX-License-Identifier: Apache-2.0
"""MapperStep: one decoded frame in, one map and all that is published of it out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, Int8Array, UInt8Array
from mia_ros.camera import Camera
from mia_ros.cost_profile import CostProfile, load_profile
from mia_ros.engine.backend import Backend
from mia_ros.engine.choice import BackendChoice
from mia_ros.mapper import Mapper
from mia_ros.rectify import View
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.levelling import GravityReading
from mia_ros.semantic_map import UNKNOWN, SemanticMap
from mia_ros.taxonomy import CLASS_NAMES

#: What `Stepped.times` measures, in this order.
STAGES = ("level", "network", "unpack")


@dataclass(frozen=True, eq=False)
class Stepped:
    """A map and what it was made with. gravity: as it was given, in the optical frame of the image as it arrives.

    view: what the network saw. times: milliseconds of each of STAGES.
    """

    semantic_map: SemanticMap
    view: View
    gravity: GravityReading
    camera_height: float | None
    times: dict[str, float]


class Levelled(NamedTuple):
    """A frame between the halves of a step; took: ns."""

    view: View
    gravity: GravityReading
    took: int


class MapperStep:
    """From a frame to what is published, by a configuration whose dynamic part may change between two frames."""

    def __init__(self, mapper: Mapper, config: MapperConfig) -> None:
        self._backend = _TimedBackend(mapper.choice.backend)
        self._mapper = Mapper(BackendChoice(self._backend, mapper.choice.reasons), min_valid=config.min_valid)
        self.choice = mapper.choice
        self.manifest = mapper.manifest
        self.reconfigure(config)

    @classmethod
    def load(cls, config: MapperConfig, callers: int = 1, rows: int | None = None) -> MapperStep:
        """With the configuration's engine; raises ConfigError or EngineError, in one line, where that does not run.

        callers: threads that call `finish` at once. rows: as for engine.load_backend.
        """
        path, threads = config.engine_path(), config.threads or None
        return cls(Mapper.load(path, config.backend, threads, callers=callers, rows=rows), config)

    def prepare(self, camera: Camera) -> None:
        """As Mapper.prepare."""
        self._mapper.prepare(camera)

    @property
    def config(self) -> MapperConfig:
        """What holds for the next frame."""
        return self._config

    def reconfigure(self, config: MapperConfig) -> None:
        """Take other dynamic parameters; where the profile cannot be read, a ProfileError, and all stays as it was."""
        profile = load_profile(config.profile)
        self._config: MapperConfig = config
        self._profile: CostProfile = profile

    def run(
        self,
        frame_bgr: UInt8Array,
        camera: Camera,
        gravity: GravityReading,
        stamp: int,
        camera_height: float | None = None,
    ) -> Stepped:
        """The map of a frame (H, W, 3) uint8 BGR as it arrives; its stamp (ns) becomes the map's.

        camera_height: metres above the ground, None if not known. Raises what Mapper raises: TiltError, FrameError,
        EngineError, MapError.
        """
        return self.finish(self.level(frame_bgr, camera, gravity), stamp, camera_height)

    def level(self, frame_bgr: UInt8Array, camera: Camera, gravity: GravityReading) -> Levelled:
        """The first half of `run`; the next frame's may be done while this one's second half is."""
        started = time.perf_counter_ns()
        view = self._mapper.level(frame_bgr, camera, gravity.gravity.turned(camera.rotate))
        return Levelled(view, gravity, time.perf_counter_ns() - started)

    def finish(self, levelled: Levelled, stamp: int, camera_height: float | None = None) -> Stepped:
        """The second half; as many at once as the step was loaded for."""
        started = time.perf_counter_ns()
        semantic_map = self._judged(self._mapper.map_view(levelled.view, stamp, camera_height))
        unpacked = time.perf_counter_ns() - started - self._backend.took
        nanoseconds = (levelled.took, self._backend.took, unpacked)
        times = {stage: each * 1e-6 for stage, each in zip(STAGES, nanoseconds, strict=True)}
        return Stepped(semantic_map, levelled.view, levelled.gravity, camera_height, times)

    def unknown(self, stamp: int) -> SemanticMap:
        """A map that was observed nowhere, to be said once when there are no more images."""
        grid = self.manifest.grid.spec()
        nothing = np.zeros((len(CLASS_NAMES), *grid.shape), np.float32)
        return self._judged(SemanticMap(nothing, np.zeros(grid.shape, np.bool_), stamp, grid, self.manifest.thresholds))

    def costs(self, semantic_map: SemanticMap) -> Int8Array:
        """(rows, columns): 0 free to 100 lethal by the profile; `unknown_value` where nothing is known."""
        return semantic_map.costs(self._profile, self._config.unknown_value)

    def close(self) -> None:
        """Give back memory and device; the step runs no more."""
        self._backend.close()

    def _judged(self, semantic_map: SemanticMap) -> SemanticMap:
        """By the threshold that the configuration sets, if it does."""
        threshold = self._config.threshold
        if threshold < 0:
            return semantic_map
        return replace(semantic_map, thresholds=(threshold,) * len(CLASS_NAMES))


def layers(semantic_map: SemanticMap) -> Int8Array:
    """(6, rows, columns): the probability of each class in percent, -1 where nothing was observed."""
    # What was not observed may hold anything, NaN included.
    percent = np.rint(np.where(semantic_map.observed, semantic_map.probabilities, 0) * 100).astype(np.int8)
    return np.where(semantic_map.observed, percent, np.int8(UNKNOWN))


class _TimedBackend(Backend):
    """Another backend, with a stopwatch: `took` ns for the last run in this thread."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner.manifest, inner.first)
        self.name, self.description = inner.name, inner.description
        self._inner = inner
        self._last = threading.local()

    @property
    def took(self) -> int:
        took: int = self._last.took
        return took

    def prepare(self, height: int) -> None:
        self._inner.prepare(height)

    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        started = time.perf_counter_ns()
        try:
            return self._inner._infer(image, camera)
        finally:
            self._last.took = time.perf_counter_ns() - started

    def _release(self) -> None:
        self._inner.close()
