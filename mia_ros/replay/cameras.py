# SPDX-License-Identifier: Apache-2.0
"""The camera of a replay: from a file, from camera_info, or a nominal one; and what is odd about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mia_ros import camera_file
from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.errors import MiaError
from mia_ros.nodes.convert import read_camera
from mia_ros.photo import camera_of_hfov
from mia_ros.replay.notes import NoteBook
from mia_ros.replay.plan import NOMINAL_HFOV_DEG, Problem, ReplayPlan

_HOW = "calibrate it with camera_calibration, or name a file as camera_info_url"


class CameraFeed:
    """Feed it camera_info with `take`, ask it for each frame. `source`: bag, file or nominal."""

    def __init__(self, plan: ReplayPlan, notes: NoteBook, *, announced: bool) -> None:
        """`announced`: there is a topic of camera_info."""
        self._plan = plan
        self._notes = notes
        self._said: tuple[Any, ...] | None = None
        self._camera: Camera | None = None
        self._problem: Problem | None = None
        config = plan.config
        path = config.camera_path()
        self.source = "file" if path is not None else "bag" if announced else "nominal"
        if path is not None:
            self._camera = camera_file.read_camera(path, rectified=config.rectified, rotate=config.rotate)
            _note_nominal(notes, self._camera, str(path))

    @property
    def bends(self) -> bool:
        """Whether the camera has a lens that is to be undone."""
        return self._camera is not None and any(self._camera.lens.coefficients)

    def take(self, message: Any) -> None:
        """A camera_info; ignored where a file is used."""
        if self.source == "file":
            return
        numbers = (bytes(_field(message, name)) for name in ("k", "d", "p"))
        said = *numbers, message.width, message.height, message.distortion_model, str(message.roi)
        said = *said, message.binning_x, message.binning_y
        if said != self._said:
            self._said = said
            self._read(message)

    def of(self, frame: UInt8Array) -> Camera | Problem:
        """The camera of a frame, or why there is none that fits it."""
        if self._problem is not None:
            return self._problem
        if self.source == "nominal" and not self._fits(frame):
            self._camera = self._nominal(frame)
        if self._camera is None:
            return Problem("camera", "camera_info: none came before this image; is the topic right?")
        if self._fits(frame):
            return self._camera
        (width, height), origin = self._camera.frame_size, "the file" if self.source == "file" else "camera_info"
        line = f"{origin} is {width} x {height} but images are {frame.shape[1]} x {frame.shape[0]}"
        self._notes.error("camera_info.size", f"{line}; give the camera_info of this resolution")
        return Problem("camera", f"camera: {line}")

    def _fits(self, frame: UInt8Array) -> bool:
        return self._camera is not None and self._camera.frame_size == (frame.shape[1], frame.shape[0])

    def _read(self, message: Any) -> None:
        if not np.any(_field(message, "k")):
            self.source, self._camera, self._problem = "nominal", None, None
            self._notes.warn(
                "camera_info.uncalibrated",
                f"camera_info: K is all zero, so the camera is not calibrated; {self._angle()} is taken for it; {_HOW}",
            )
            return
        self.source = "bag"
        try:
            self._camera, self._problem = self._parsed(message), None
        except MiaError as error:
            self._camera, self._problem = None, Problem("camera", f"camera_info: {error}")
            self._notes.error("camera_info.invalid", f"camera_info: {error}; {_HOW}")
            return
        _note_nominal(self._notes, self._camera, "camera_info")

    def _parsed(self, message: Any) -> Camera:
        return read_camera(message, rectified=self._plan.config.rectified, rotate=self._plan.config.rotate)

    def _nominal(self, frame: UInt8Array) -> Camera:
        if self._said is None:
            self._notes.warn(
                "camera_info.missing", f"camera_info: the bag has none for the images; {self._angle()} is taken; {_HOW}"
            )
        hfov = self._plan.hfov_deg or NOMINAL_HFOV_DEG
        return camera_of_hfov(hfov, frame.shape[1], frame.shape[0], self._plan.config.rotate)

    def _angle(self) -> str:
        given = self._plan.hfov_deg
        hfov = f"the horizontal field of view of {given or NOMINAL_HFOV_DEG:g} deg"
        return hfov if given else f"{hfov}, a guess (--hfov-deg says better),"


def _note_nominal(notes: NoteBook, camera: Camera, origin: str) -> None:
    """What is too round to be measured was not: no distortion, square pixels, the axis in the middle."""
    middles = [((camera.width - k) / 2, (camera.height - k) / 2) for k in (0, 1)]
    centred = any(abs(camera.cx - x) < 1e-6 and abs(camera.cy - y) < 1e-6 for x, y in middles)
    if centred and abs(camera.fx - camera.fy) < 1e-6 * camera.fx and not any(camera.lens.coefficients):
        notes.warn(
            "camera_info.nominal",
            f"{origin}: looks nominal (no distortion, fx = fy, the axis in the middle), as if nobody had calibrated "
            f"this camera; distances in the maps are only as good as it is; {_HOW}",
        )


def _field(message: Any, name: str) -> Any:
    """ROS 2 writes these fields small, ROS 1 large."""
    return getattr(message, name) if hasattr(message, name) else getattr(message, name.upper())
