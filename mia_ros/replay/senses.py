# SPDX-License-Identifier: Apache-2.0
"""Senses: all that a recording tells besides its images, as far as it has been read."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.errors import GravityUnavailable, MiaError
from mia_ros.nodes.convert import read_imu, read_transforms
from mia_ros.replay.cameras import CameraFeed
from mia_ros.replay.incoming import Other
from mia_ros.replay.notes import NoteBook
from mia_ros.replay.plan import ReplayPlan
from mia_ros.replay.timing import Timing
from mia_ros.replay.topics import IMU, INFO, TRANSFORMS, ReplayTopics, is_static
from mia_ros.runtime.levelling import GravitySource
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.tilt_filter import ImuSample

#: IMU samples that are kept for the next image.
_MOST_SAMPLES = 20_000


class Senses:
    """Give it messages with `take`.

    What was found on the way: mounted, whether it was ever known how the IMU is mounted, and why not (mounting_line);
    oriented, whether a sample of the IMU had an orientation; imu_line, why a sample was of no use.
    """

    def __init__(self, plan: ReplayPlan, topics: ReplayTopics, notes: NoteBook) -> None:
        config = plan.config
        self.transforms = TransformBuffer(max_extrapolation=config.max_extrapolation)
        self.gravity = GravitySource(config, self.transforms)
        self.cameras = CameraFeed(plan, notes, announced=bool(topics.camera_info))
        self.timing = Timing(config)
        self.mounted = self.oriented = False
        self.mounting_line = self.imu_line = ""
        self._imu_topic = topics.imu
        self._gravity_source = config.gravity_source
        self._offset = round(plan.imu_offset * 1e9)
        self._samples: deque[ImuSample] = deque(maxlen=_MOST_SAMPLES)

    @property
    def tells_gravity(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self._imu_topic) or self._gravity_source != "imu"

    def take(self, item: Other) -> None:
        """One message; of another type than its topic should have, it is left out."""
        if item.topic == self._imu_topic and item.type == IMU:
            self._add_imu(item)
        elif item.type == INFO:
            self.cameras.take(item.message)
        elif item.type in TRANSFORMS:
            self._add_transforms(item.message, is_static(item.topic))

    def samples(self) -> tuple[ImuSample, ...]:
        """Of the IMU, since this was asked last."""
        found = tuple(self._samples)
        self._samples.clear()
        return found

    def mounting(self, stamp: int, image_frame: str) -> FloatArray | None:
        """(3, 3): takes vectors of the IMU's axes to the image's; None where that is not known."""
        if not self._imu_topic:
            return None
        try:
            found = np.asarray(self.gravity.mounting(stamp, image_frame), np.float64)
        except GravityUnavailable as error:
            self.mounting_line = str(error)
            return None
        self.mounted = True
        return found

    def _add_imu(self, item: Other) -> None:
        try:
            sample = read_imu(item.message)
        except MiaError as error:
            self.imu_line = self.imu_line or f"imu: {error}"
            return
        stamp = sample.stamp + self._offset if sample.stamp else 0
        sample = sample._replace(stamp=self.timing.imu(stamp, item.received))
        self.oriented = self.oriented or sample.orientation is not None
        self._samples.append(sample)
        self.gravity.add_imu(sample, item.message.header.frame_id)

    def _add_transforms(self, message: Any, static: bool) -> None:
        try:
            for each in read_transforms(message):
                self.transforms.add(each, static)
        except MiaError as error:
            self.mounting_line = f"tf: {error}"
