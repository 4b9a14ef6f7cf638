# SPDX-License-Identifier: Apache-2.0
"""Checks: a few numbers of each frame, cheap enough to take on the way, from which a verdict is made in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from offline_tools.replay.checks.turning import GyroAngle, Small, small_picture, turn_between
from offline_tools.replay.checks.verticals import lean_of

if TYPE_CHECKING:
    from mia_ros.replay import Replayed

#: All that `Checks.look` gives. roll_error, pitch_error: of gravity against the picture's verticals, rad. lines: that
#: agreed. turn_*: of the picture since the frame before, rad, camera axes. gyro_*: angles of the readings that came
#: since then; gyro_time: by how much the last of them is past the image, s. same: 1 where no pixel changed.
COLUMNS = (
    "check_roll_error",
    "check_pitch_error",
    "check_lines",
    "check_turn_x",
    "check_turn_y",
    "check_turn_z",
    "check_gyro_x",
    "check_gyro_y",
    "check_gyro_z",
    "check_gyro_time",
    "check_brightness",
    "check_sharpness",
    "check_same",
)
#: Of so many images all are looked at; after them two neighbours of each _APART: what shows neither in ten seconds nor
#: in an eighth of all the rest does not show, and looking takes as long as levelling.
_ALL, _APART = 100, 8
#: Lines are looked for in each n-th image, then in each n-th of those: they change slowly, and cost more than the rest.
_LINES_EVERY, _THEN_EVERY = 4, 12


class Checks:
    """Looks at the frames of a recording one after the other; remembers one frame and one reading of the IMU."""

    def __init__(self) -> None:
        self._gyro = GyroAngle()
        self._before: Small | None = None

    def look(self, replayed: Replayed) -> dict[str, float | None]:
        """COLUMNS of one frame; None where it does not say."""
        found: dict[str, float | None] = dict.fromkeys(COLUMNS)
        angle = self._gyro.add(replayed.imu, replayed.imu_to_camera)
        if angle is not None:
            found["check_gyro_time"] = self._gyro.ahead_of(replayed.stamp)
            found.update(_axes("check_gyro", angle))
        every = _LINES_EVERY if replayed.index < _ALL else _THEN_EVERY
        if replayed.stepped is not None and replayed.index % every == 0:
            lean = lean_of(replayed.stepped.view)
            found.update(check_roll_error=lean.roll, check_pitch_error=lean.pitch, check_lines=float(lean.lines))
        found.update(self._of_picture(replayed))
        return found

    def _of_picture(self, replayed: Replayed) -> dict[str, float | None]:
        looked_at = replayed.index < _ALL or replayed.index % _APART < 2
        before, self._before = self._before, _small(replayed) if looked_at else None
        small = self._before
        if small is None:
            return {}
        found: dict[str, float | None] = dict(_quality(small.grey))
        if before is not None and before.grey.shape == small.grey.shape:
            found["check_same"] = float(np.array_equal(before.grey, small.grey))
            down = None if replayed.stepped is None else replayed.stepped.gravity.gravity.vector
            turn = turn_between(before, small, down)
            if turn is not None:
                found.update(_axes("check_turn", turn))
        return found


def _small(replayed: Replayed) -> Small | None:
    """The frame, small; with its camera if it is that camera's: the replay itself says what is wrong with one."""
    if replayed.frame is None:
        return None
    camera = replayed.camera
    fits = camera is not None and camera.frame_size == replayed.frame.shape[1::-1]
    return small_picture(replayed.frame, camera if fits else None, replayed.stamp)


def _quality(grey: UInt8Array) -> dict[str, float]:
    """Mean grey value, and how much of the contrast lies in the finest details."""
    mean, contrast = cv2.meanStdDev(grey)
    _, finest = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    sharpness = float(finest[0, 0]) / max(float(contrast[0, 0]), 1.0)
    return {"check_brightness": float(mean[0, 0]), "check_sharpness": sharpness}


def _axes(name: str, vector: FloatArray) -> dict[str, float]:
    return {f"{name}_{axis}": float(value) for axis, value in zip("xyz", vector, strict=True)}
