# SPDX-License-Identifier: Apache-2.0
"""What is replayed and how, and what comes of each image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import ReplayError
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.step import Stepped
from mia_ros.tilt_filter import ImuSample

#: Of a camera of which nothing is known, degrees: between phones and the usual robot's cameras.
NOMINAL_HFOV_DEG = 70.0


@dataclass(frozen=True)
class TopicWishes:
    """Topics by name; an empty one is to be found."""

    image: str = ""
    camera_info: str = ""
    imu: str = ""


@dataclass(frozen=True)
class ReplayPlan:
    """config: the node's parameters, its engine among them. start, end: seconds from the bag's start.

    every: each n-th image is taken. hfov_deg: of the frames as they arrive, where no camera_info is to be had; None: a
    nominal one. imu_offset: seconds, added to the IMU's stamps. gravity_topic: BevSemanticMap topic of the bag, whose
    maps lend their gravity to the images of the same stamps.
    """

    bag: Path
    config: MapperConfig
    wishes: TopicWishes = TopicWishes()
    start: float = 0.0
    end: float | None = None
    every: int = 1
    hfov_deg: float | None = None
    imu_offset: float = 0.0
    gravity_topic: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start >= 0):
            raise ReplayError(f"start: {self.start:g}, must be 0 or more seconds from the bag's start")
        if self.end is not None and not (math.isfinite(self.end) and self.end > self.start):
            raise ReplayError(f"end: {self.end:g}, must be after the start at {self.start:g} s")
        if self.every < 1:
            raise ReplayError(f"every: {self.every}, must be 1 (all images) or more")
        if self.hfov_deg is not None and not 1 <= self.hfov_deg <= 170:
            raise ReplayError(f"hfov-deg: {self.hfov_deg:g}, want 1 to 170 degrees")
        if not math.isfinite(self.imu_offset):
            raise ReplayError(f"imu-offset: {self.imu_offset:g}, want seconds")


class Problem(NamedTuple):
    """Why an image has no map. key: image, camera, gravity, tilt or engine; line: in words."""

    key: str
    line: str


@dataclass(frozen=True, eq=False)
class Replayed:
    """One image of a bag, and what became of it.

    index: 0, 1, ... over the images that are taken. stamp: ns, of the header (of receipt where there is none).
    frame: (H, W, 3) uint8 BGR as it arrived; None where it could not be decoded. problem: why there is no map; None
    where there is one. times: ms of decode, level, network, unpack, as far as it came. imu: received since the
    previous image, in the IMU's axes, stamps corrected by imu_offset. imu_to_camera: (3, 3), takes vectors of the
    IMU's axes to the image's optical frame; None where that is not known.
    """

    index: int
    stamp: int
    received: int
    frame_id: str
    frame: UInt8Array | None
    camera: Camera | None
    stepped: Stepped | None
    problem: Problem | None
    times: dict[str, float]
    imu: tuple[ImuSample, ...]
    imu_to_camera: FloatArray | None
