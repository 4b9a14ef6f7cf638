# SPDX-License-Identifier: Apache-2.0
"""How the camera turned between two pictures, as the picture shows it and as the gyroscope says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from mia_ros.arrays import Array, Float32Array, FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.tilt_filter import ImuSample

#: Width of the small pictures that are compared, pixels.
_SMALL = 320
#: Points that are followed, the fewest that say something, and how far apart they are, pixels.
_POINTS, _FEWEST, _APART = 120, 16, 10
#: Pictures farther apart (s) show too little of the same.
_LONGEST = 1.0
#: A point that errs more than this (focal lengths) does not belong to the turning; about one pixel of 320.
_ERROR = 0.004
_ROUNDS = 4
#: Adds to the normal equations next to nothing.
_HOLD = 1e-9 * np.eye(5)
#: Longest time between two readings of a gyroscope that may be bridged, ns.
_GAP = 300_000_000


class Small(NamedTuple):
    """A small grey picture without its lens, in the axes of the frame as it arrives.

    camera: its pinhole, None where the frame's camera is not known.
    """

    grey: UInt8Array
    camera: Camera | None
    stamp: int


def small_picture(frame: UInt8Array, camera: Camera | None, stamp: int) -> Small:
    """Of a frame (H, W, 3) uint8 as it arrives."""
    size = _small_size(*frame.shape[1::-1])
    grey = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(np.asarray(grey, np.uint8), cv2.COLOR_BGR2GRAY), np.uint8)
    if camera is None:
        return Small(grey, None, stamp)
    pinhole, maps = _shrinking(camera.as_it_arrives())
    if maps is not None:
        grey = np.asarray(cv2.remap(grey, maps[0], maps[1], cv2.INTER_LINEAR), np.uint8)
    return Small(grey, pinhole, stamp)


def turn_between(before: Small, after: Small, down: FloatArray | None = None) -> FloatArray | None:
    """Rotation vector (3,) of the camera in its own axes, radians; None where the pictures do not tell.

    down: gravity's direction in the same axes; with it, what lies above the horizon is preferred, because what is near
    moves by the drive as well.
    """
    if before.camera is None or before.camera != after.camera or not 0 < after.stamp - before.stamp <= _LONGEST * 1e9:
        return None
    mask = None if down is None else _above(before.camera, down)
    points = cv2.goodFeaturesToTrack(before.grey, _POINTS, 0.01, _APART, mask=mask)
    if points is None or len(points) < _FEWEST:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before.grey, after.grey, points, None, winSize=(15, 15), maxLevel=3)
    kept = found.reshape(-1) == 1
    if np.count_nonzero(kept) < _FEWEST:
        return None
    return _rotation(_rays(before.camera, points[kept]), _rays(before.camera, moved[kept]))


class GyroAngle:
    """Adds up a gyroscope's readings, in the camera's axes."""

    def __init__(self) -> None:
        self._last: ImuSample | None = None
        self._mounting: FloatArray | None = None

    def add(self, samples: Sequence[ImuSample], imu_to_camera: FloatArray | None) -> FloatArray | None:
        """Rotation vector (3,) of the camera since the last reading before these; None without gyroscope, or a gap.

        Where the mounting moves, as a gimbal or a picture that is levelled in the camera, it is what both turn by.
        """
        before, self._mounting = self._mounting, imu_to_camera
        angle = self._add(samples)
        if imu_to_camera is None or angle is None:
            return None
        if before is None or before is imu_to_camera:
            return np.asarray(imu_to_camera @ angle)
        return np.asarray(before @ angle + cv2.Rodrigues(before @ imu_to_camera.T)[0].reshape(3))

    def ahead_of(self, stamp: int) -> float | None:
        """Seconds by which the last reading's stamp is past an image's."""
        return None if self._last is None else (self._last.stamp - stamp) * 1e-9

    def _add(self, samples: Sequence[ImuSample]) -> FloatArray | None:
        """In the IMU's axes; small angles, so that their order does not matter."""
        angle, whole = np.zeros(3), True
        for sample in samples:
            before, self._last = self._last, sample
            if sample.angular_velocity is None:
                whole = False
                continue
            if before is None:
                continue
            step = sample.stamp - before.stamp
            if before.angular_velocity is None or not 0 <= step <= _GAP:
                whole = False
            else:
                angle += (before.angular_velocity + sample.angular_velocity) / 2 * step * 1e-9
        return angle if whole and self._last is not None else None


def _rotation(before: FloatArray, after: FloatArray) -> FloatArray | None:
    """Of the flow of rays (N, 2) on the plane z = 1, which turning and driving ahead made; robust."""
    x, y = before.T
    zero = np.zeros_like(x)
    across = np.stack([x * y, -(1 + x * x), y, x, zero], 1)
    downwards = np.stack([1 + y * y, -x * y, -x, zero, y], 1)
    # The last two: the picture grows about its middle, across and downwards, as it does on a way ahead.
    terms, flow = np.concatenate([across, downwards]), (after - before).T.reshape(-1)
    weights = np.ones(len(x))
    solved = np.zeros(terms.shape[1])
    for _ in range(_ROUNDS):
        weighted = (terms * np.tile(weights, 2)[:, None]).T
        # Held where the points leave something open, as they do when all lie at one place.
        solved = np.linalg.solve(weighted @ terms + _HOLD, weighted @ flow)
        residual = np.hypot(*(flow - terms @ solved).reshape(2, -1))
        scale = max(_ERROR, 1.5 * float(np.median(residual)))
        weights = 1 / (1 + (residual / scale) ** 2) ** 2
    good = np.count_nonzero(residual < 2 * _ERROR)
    return solved[:3] if good >= max(_FEWEST, 0.4 * len(x)) else None


def _rays(camera: Camera, pixels: Array) -> FloatArray:
    """Pixels (N, 1, 2) -> (N, 2) on the plane z = 1."""
    return np.asarray((pixels.reshape(-1, 2) - (camera.cx, camera.cy)) / (camera.fx, camera.fy), np.float64)


def _above(camera: Camera, down: FloatArray) -> UInt8Array | None:
    """Mask of what lies above the horizon or little below; None where that is too little of the picture."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    mask = (down[0] * x + (down[1] * y + down[2])[:, None] < 0.03).astype(np.uint8)
    return mask if mask.mean() > 0.2 else None


def _small_size(width: int, height: int) -> tuple[int, int]:
    small = min(_SMALL, width)
    return small, max(1, round(height * small / width))


@lru_cache(8)
def _shrinking(camera: Camera) -> tuple[Camera, tuple[Float32Array, Float32Array] | None]:
    """The small pinhole of a camera that is not turned, and where its pixels lie in the small frame if a lens bends."""
    width, height = _small_size(camera.width, camera.height)
    sx, sy = width / camera.width, height / camera.height
    pinhole = camera.pinhole().scaled(sx, sy, width, height)
    if camera.lens.model == "none":
        return pinhole, None
    x, y = np.meshgrid((np.arange(width) - pinhole.cx) / pinhole.fx, (np.arange(height) - pinhole.cy) / pinhole.fy)
    pixels, seen = camera.project(np.stack([x, y, np.ones_like(x)], -1))
    u, v = (pixels[..., 0] + 0.5) * sx - 0.5, (pixels[..., 1] + 0.5) * sy - 0.5
    maps = (np.where(seen, part, -1e3).astype(np.float32) for part in (u, v))
    first, second = maps
    return pinhole, (first, second)
