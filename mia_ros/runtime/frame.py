# SPDX-License-Identifier: Apache-2.0
"""FrameMapper: what becomes of one decoded frame. The live node and replay both go this way, and so agree."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.runtime.height import HeightSource
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.step import Levelled, MapperStep, Stepped
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.runtime.watch import FrameWatch, Verdict


class GravityOfImages(Protocol):
    """Where gravity is from: the robot's sensors, or a recording of what was found on the day."""

    def at(self, stamp: int, image_frame: str) -> GravityReading:
        """Gravity for an image of this stamp (ns) and frame, or GravityUnavailable."""

    def reset(self) -> None:
        """Start anew, as when time jumps back."""


class Attitude(NamedTuple):
    """How the camera was held at an image's stamp; its height in metres, None where it is not known."""

    gravity: GravityReading
    height: float | None


class FrameMapper:
    """Asked in this order, frame by frame: `judge` what the frame is good for, its `attitude`, and `map` it."""

    def __init__(self, step: MapperStep, transforms: TransformBuffer, gravity: GravityOfImages) -> None:
        self.watch = FrameWatch(step.config)
        self.height = HeightSource(step.config, transforms)
        self._step = step
        self._transforms = transforms
        self._gravity = gravity

    def judge(self, frame: UInt8Array, camera: Camera, stamp: int, now: int) -> Verdict:
        """Whether it may become a map; a FrameError where it is not of this camera."""
        camera.check_frame(frame)
        return self.watch.check(frame, stamp, now)

    def start_anew(self) -> None:
        """Time jumped back: gravity and transforms that are remembered are of another time."""
        self._gravity.reset()
        self._transforms.clear()

    def attitude(self, stamp: int, frame_id: str) -> Attitude:
        """Gravity and height for an image, or GravityUnavailable."""
        return Attitude(self._gravity.at(stamp, frame_id), self.height.at(stamp, frame_id))

    def map(self, frame: UInt8Array, camera: Camera, stamp: int, attitude: Attitude) -> Stepped:
        """The map of a frame; raises what MapperStep.run raises."""
        return self.finish(self.level(frame, camera, attitude), stamp, attitude)

    def level(self, frame: UInt8Array, camera: Camera, attitude: Attitude) -> Levelled:
        """The first half of `map`, which needs nothing of other frames."""
        return self._step.level(frame, camera, attitude.gravity)

    def finish(self, levelled: Levelled, stamp: int, attitude: Attitude) -> Stepped:
        """The second half; as many at once as the step was loaded for."""
        return self._step.finish(levelled, stamp, attitude.height)
