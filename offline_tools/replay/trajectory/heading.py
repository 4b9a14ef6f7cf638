# SPDX-License-Identifier: Apache-2.0
"""Where the camera looks, from the IMU's orientation or from where it goes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.gravity import rotation_from_quaternion
from offline_tools.replay.trajectory.gps_track import SmoothTrack
from offline_tools.replay.trajectory.path import angles_between, mean_angle
from offline_tools.replay.trajectory.readings import Readings

#: Slower, m/s, the course says nothing.
MOVES = 0.5
#: An orientation whose yaw strays more than this from the course, rad rms, is not believed.
_STRAYS = math.radians(40)
#: Neighbours of an orientation, s, between which it is interpolated.
_GAP = 0.5
#: A direction is horizontal enough if so much of it is.
_HORIZONTAL = 0.2


class Heading(NamedTuple):
    """yaw (N,) of the camera, without jumps, NaN where nothing says it; offset: rad, added to the IMU's; rms: rad, of
    the course about it."""

    yaw: FloatArray
    offset: float
    rms: float


def course(track: SmoothTrack) -> FloatArray:
    """(N,) where it goes, radians, without jumps; NaN where it hardly goes."""
    yaw = np.arctan2(track.velocity[:, 1], track.velocity[:, 0])
    moving = np.hypot(*track.velocity.T) > MOVES
    found = np.full(len(yaw), np.nan)
    found[moving] = np.unwrap(yaw[moving])
    return found


def imu_heading(
    readings: Readings, image_frame: str, track: SmoothTrack, imu_to_camera: FloatArray | None
) -> Heading | None:
    """The IMU's yaw, turned by the angle that lays it best on the course; None: it has none, or it does not fit."""
    stamps, yaw = _imu_yaw(readings, image_frame, imu_to_camera)
    if len(stamps) < 2:
        return None
    seen = _interpolated(track.stamps, stamps, yaw)
    going = course(track)
    both = np.isfinite(seen) & np.isfinite(going)
    if not both.any():
        return Heading(seen, 0.0, math.nan)
    away, speed = angles_between(going[both], seen[both]), np.hypot(*track.velocity[both].T)
    offset = mean_angle(away, speed)
    rms = math.sqrt(float(np.average(angles_between(away, offset) ** 2, weights=speed)))
    return None if rms > _STRAYS else Heading(seen + offset, offset, rms)


def _imu_yaw(readings: Readings, image_frame: str, imu_to_camera: FloatArray | None) -> tuple[IntArray, FloatArray]:
    """Stamps and yaw of the camera in the IMU's world; of an axis of the IMU where the camera's is not known."""
    stamps, quaternions = readings.orientations.stamps, readings.orientations.rows
    turns = np.array([rotation_from_quaternion(*q) for q in quaternions.tolist()]).reshape(-1, 3, 3)
    if readings.frames.connected(readings.imu, image_frame):
        looks = _looks_by_tf(readings, image_frame, stamps)
    elif imu_to_camera is not None:
        looks = np.tile(np.asarray(imu_to_camera)[2], (len(stamps), 1))
    else:
        looks = np.tile(_level_axis(turns), (len(stamps), 1))
    directions = np.einsum("nij,nj->ni", turns, looks)
    level = np.hypot(directions[:, 0], directions[:, 1]) > _HORIZONTAL
    return stamps[level], np.unwrap(np.arctan2(directions[level, 1], directions[level, 0]))


def _looks_by_tf(readings: Readings, image_frame: str, stamps: IntArray) -> FloatArray:
    """(N, 3) the optical axis in the IMU's axes."""
    fixed = readings.frames.fixed(readings.imu, image_frame)
    asked = stamps[:1] if fixed else stamps
    found = [readings.frames.where(readings.imu, image_frame, int(stamp)) for stamp in asked]
    looks = np.array([each.rotation[:, 2] for each in found if each is not None]).reshape(-1, 3)
    return np.asarray(np.broadcast_to(looks, (len(stamps), 3)))


def _level_axis(turns: FloatArray) -> FloatArray:
    """The IMU's axis that is most level: only its changes count, for the angle to the course is fitted."""
    tilt = np.abs(turns[:, 2]).mean(0) if len(turns) else np.zeros(3)
    return np.eye(3)[int(tilt.argmin())]


def _interpolated(wanted: IntArray, stamps: IntArray, yaw: FloatArray) -> FloatArray:
    found = np.interp(wanted, stamps, yaw)
    index = np.searchsorted(stamps, wanted).clip(1, len(stamps) - 1)
    near = np.minimum(np.abs(stamps[index] - wanted), np.abs(stamps[index - 1] - wanted)) < _GAP * 1e9
    return np.where(near, found, np.nan)
