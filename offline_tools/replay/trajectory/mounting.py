# SPDX-License-Identifier: Apache-2.0
"""From the body's way to the camera's: what transforms say of where things sit on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from offline_tools.replay.trajectory.frames import FrameLog
from offline_tools.replay.trajectory.path import turned

#: A camera that looks down or up so steeply has no horizontal direction: less than this of its axis is level.
_LEVEL = 0.1


class Gravities(NamedTuple):
    """What levelled the camera's images: stamps (N,) ns, rising; down (N, 3) in the camera's optical frame."""

    stamps: IntArray
    down: FloatArray


def planar(rotations: FloatArray, places: FloatArray) -> FloatArray:
    """(N, 3) x, y, yaw of bodies (N, 3, 3), (N, 3): yaw of their x axis, or of y where x stands upright."""
    axis = 0 if np.abs(rotations[:, 2, 0]).mean() < 0.7 else 1
    ahead = rotations[:, :2, axis]
    return np.column_stack([places[:, :2], np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0]))])


def carried(
    rotations: FloatArray, places: FloatArray, frames: FrameLog, body: str, image_frame: str, stamps: IntArray
) -> FloatArray | None:
    """(N, 3) x, y, yaw of the camera on a body, in the body's own plane; None where nothing ties them.

    The body's tilt counts, as far as its rotations know of it.
    """
    if not frames.connected(body, image_frame):
        return None
    turns, arms = _mounts(frames, body, image_frame, stamps)
    looks = np.einsum("nij,nj->ni", rotations, turns[:, :, 2])
    if np.hypot(looks[:, 0], looks[:, 1]).min() < _LEVEL:
        return None
    at = places + np.einsum("nij,nj->ni", rotations, arms)
    pose = planar(rotations, places)
    yaw = np.arctan2(looks[:, 1], looks[:, 0]) - pose[:, 2]
    return np.column_stack([turned(at[:, :2] - pose[:, :2], -pose[:, 2]), np.unwrap(yaw)])


def levelled(
    gravities: Gravities, frames: FrameLog, body: str, image_frame: str, stamps: IntArray
) -> FloatArray | None:
    """(N, 3) the same on a body that leans as the camera's gravity says: wheels know nothing of slopes and bumps."""
    known = np.isfinite(gravities.down).all(1)
    if not frames.connected(body, image_frame) or not known.any():
        return None
    turns, _ = _mounts(frames, body, image_frame, stamps)
    down = np.stack([np.interp(stamps, gravities.stamps[known], column) for column in gravities.down[known].T], 1)
    rotations = _upright(np.einsum("nij,nj->ni", turns, down))
    return carried(rotations, np.zeros((len(stamps), 3)), frames, body, image_frame, stamps)


def compose(bodies: FloatArray, carried_by: FloatArray) -> FloatArray:
    """(N, 3) poses in the world of what is carried at (N, 3) poses on bodies at (N, 3)."""
    place = bodies[:, :2] + turned(carried_by[:, :2], bodies[:, 2])
    return np.column_stack([place, bodies[:, 2] + carried_by[:, 2]])


def lever(frames: FrameLog, body: str, antenna: str, stamp: int) -> FloatArray | None:
    """(2,) the antenna's place on the body, metres ahead and to the left; None where nothing says it."""
    found = frames.where(body, antenna, stamp)
    return None if found is None else found.translation[:2]


def _mounts(frames: FrameLog, body: str, image_frame: str, stamps: IntArray) -> tuple[FloatArray, FloatArray]:
    """Rotations (N, 3, 3) and places (N, 3) of the camera on the body."""
    asked = stamps[:1] if frames.fixed(body, image_frame) else stamps
    found = [each for stamp in asked if (each := frames.where(body, image_frame, int(stamp))) is not None]
    turns, arms = np.array([each.rotation for each in found]), np.array([each.translation for each in found])
    return np.broadcast_to(turns, (len(stamps), 3, 3)), np.broadcast_to(arms, (len(stamps), 3))


def _upright(down: FloatArray) -> FloatArray:
    """(N, 3, 3): takes vectors of bodies that feel `down` (N, 3) to the level axes that their x axis points along."""
    up = -down / np.linalg.norm(down, axis=1, keepdims=True)
    ahead = np.array([1.0, 0.0, 0.0]) - up[:, :1] * up
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    return np.stack([ahead, np.cross(up, ahead), up], 1)
