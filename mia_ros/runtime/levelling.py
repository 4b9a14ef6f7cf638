# SPDX-License-Identifier: Apache-2.0
"""Gravity at an image's stamp, from whatever the robot is set up to have it from."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from threading import RLock

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.errors import GravityUnavailable, TransformUnavailable
from mia_ros.gravity import Gravity, rotation_from_quaternion
from mia_ros.gravity_filter import GravityFilter
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.transforms import TransformBuffer
from mia_ros.tilt_filter import ImuSample

#: Standard deviation taken for an attitude from tf, radians.
TF_SIGMA = math.radians(1)
#: Time for which a change of the IMU's frame is told, ns.
_RECENT = 10 * 10**9
_DOWN = np.array([0.0, 0.0, -1.0])
_NO_SAMPLE = "gravity: no IMU sample yet; is the topic imu right? Or choose another gravity_source"


@dataclass(frozen=True)
class GravityReading:
    """Gravity in the optical frame of the image as it arrives, before it is turned by `rotate`.

    sigma: one standard deviation of its direction in radians, NaN for a fixed one. source: orientation or accelerometer
    (of an IMU), tf, fixed, recorded. stamp: of the image, ns.
    """

    gravity: Gravity
    sigma: float
    source: str
    stamp: int


class GravitySource:
    """Feed it IMU samples with `add_imu`, ask it with `at`; from any thread.

    `newest_reading` is what it found last, also where that was too uncertain to be used. `counts`: of the IMU's
    samples, as GravityFilter counts them, and frame_changes.
    """

    def __init__(self, config: MapperConfig, transforms: TransformBuffer) -> None:
        self.newest_reading: GravityReading | None = None
        self._config = config
        self._transforms = transforms
        self._mounting = rotation_from_quaternion(*config.imu_to_camera) if config.imu_to_camera else None
        self._lock = RLock()
        self._imu_frame: str | None = None
        self._frame_change: tuple[str, str, int] | None = None
        self._last_has_orientation = False
        self._past: Counter[str] = Counter()
        self._filter = self._new_filter()

    @property
    def counts(self) -> Counter[str]:
        """What became of the samples."""
        with self._lock:
            return self._past + self._filter.counts

    def add_imu(self, sample: ImuSample, frame_id: str) -> None:
        """Take one sample in, in the axes of the frame `frame_id`; never raises for what a sensor may send."""
        with self._lock:
            if self._imu_frame not in (None, frame_id):
                self._note_frame_change(str(self._imu_frame), frame_id, sample.stamp)
            self._imu_frame = frame_id
            self._last_has_orientation = sample.orientation is not None
            self._filter.add(sample)

    def ready(self, stamp: int, image_frame: str | None = None) -> bool:
        """Whether waiting would make the answer for an image of this stamp no better.

        With `image_frame`, also whether the transforms that it needs are there past the stamp.
        """
        source = self._config.gravity_source
        if source == "fixed":
            return True
        if source == "tf":
            return image_frame is None or self._transforms.reaches(image_frame, self._config.gravity_frame, stamp)
        with self._lock:
            newest, imu_frame = self._filter.newest, self._imu_frame
        if newest is None or newest < stamp or imu_frame is None:
            return False
        mounted = self._mounting is not None or image_frame is None
        return mounted or self._transforms.reaches(str(image_frame), imu_frame, stamp)

    def at(self, stamp: int, image_frame: str) -> GravityReading:
        """Gravity for an image of this stamp (ns) and frame.

        Raises GravityUnavailable, in one line that says what to do, where it is not known well enough.
        """
        reading = self._read(stamp, image_frame)
        self.newest_reading = reading
        limit = self._config.max_gravity_sigma
        # NaN is more than the limit too, except for a fixed gravity, whose NaN says "not known".
        if reading.source != "fixed" and not reading.sigma <= limit:
            raise GravityUnavailable(
                f"gravity: uncertain by {math.degrees(reading.sigma):.1f} deg (one sigma, from {reading.source}), more "
                f"than max_gravity_sigma of {math.degrees(limit):.1f} deg; wait until the IMU has settled"
            )
        return reading

    def mounting(self, stamp: int, image_frame: str) -> FloatArray:
        """(3, 3): takes vectors of the IMU's axes to the image's; GravityUnavailable where that is not known."""
        with self._lock:
            if self._mounting is not None:
                return self._mounting
            if self._imu_frame is None:
                raise GravityUnavailable(_NO_SAMPLE)
            return self._rotation(image_frame, self._imu_frame, stamp)

    def problem(self) -> str | None:
        """What is wrong with the source, though it may give answers: one line for diagnostics."""
        with self._lock:
            newest = self._filter.newest
            if self._frame_change is not None and newest is not None:
                old, new, stamp = self._frame_change
                if abs(newest - stamp) < _RECENT:
                    return f"imu: frame_id changed from '{old}' to '{new}'; do two IMUs publish on one topic?"
            if line := self._filter.problem():
                return line
            reading = self.newest_reading
            if reading is not None and reading.source == "accelerometer" and self._last_has_orientation:
                return (
                    "imu: its orientation contradicts its own accelerometer and gyroscope, or is not settled yet, and "
                    "is not used; accelerometer and gyroscope are"
                )
        return None

    def reset(self) -> None:
        """Start anew, as when time jumps back."""
        with self._lock:
            self._past = self._past + self._filter.counts + Counter(restarts=1)
            self._filter = self._new_filter()
            self.newest_reading = None

    def _new_filter(self) -> GravityFilter:
        return GravityFilter(max_extrapolation=self._config.max_extrapolation)

    def _note_frame_change(self, old: str, new: str, stamp: int) -> None:
        """Samples in other axes do not mix."""
        self._past["frame_changes"] += 1
        self._frame_change = old, new, stamp
        self.reset()

    def _read(self, stamp: int, image_frame: str) -> GravityReading:
        if self._config.gravity_source == "fixed":
            # The parameters speak of the upright picture.
            upright = Gravity.from_roll_pitch(self._config.fixed_roll, self._config.fixed_pitch)
            return GravityReading(upright.turned(-self._config.rotate), math.nan, "fixed", stamp)
        if self._config.gravity_source == "tf":
            rotation = self._rotation(image_frame, self._config.gravity_frame, stamp)
            return GravityReading(Gravity.from_vector(rotation @ _DOWN), TF_SIGMA, "tf", stamp)
        with self._lock:
            if self._imu_frame is None or self._filter.newest is None:
                raise GravityUnavailable(_NO_SAMPLE)
            found = self._filter.at(stamp, self.mounting(stamp, image_frame))
        return GravityReading(found.gravity, found.sigma, found.source, stamp)

    def _rotation(self, image_frame: str, frame: str, stamp: int) -> FloatArray:
        """Takes vectors of a frame to the image's."""
        for name, topic in ((image_frame, "image"), (frame, "imu")):
            if not name:
                raise GravityUnavailable(
                    f"gravity: header.frame_id of {topic} is empty, so tf cannot say how it is mounted"
                )
        try:
            return self._transforms.lookup(image_frame, frame, stamp).rotation
        except TransformUnavailable as error:
            instead = "gravity_source" if self._config.gravity_source == "tf" else "imu_to_camera"
            raise GravityUnavailable(f"gravity: {error}; or set {instead}") from error
