# SPDX-License-Identifier: Apache-2.0
"""WorldCamera: pictures of a world, from any pose, through any lens."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, FloatArray, UInt8Array
from mia_ros.camera import Camera
from offline_tools.errors import SimulationError
from offline_tools.simworld.camera.columns import make_columns
from offline_tools.simworld.camera.picture import take
from offline_tools.simworld.camera.rays import rays_of
from offline_tools.simworld.camera.scene import scene_of
from offline_tools.simworld.camera.sensor import Sensor
from offline_tools.simworld.world.world import World

_APART = 0.6  # metres that things which stand about keep from the camera: nothing hides all of a picture
_LOWEST = 0.05  # metres above the ground


class Pose(NamedTuple):
    """Where a camera is: in the world's frame, metres; `rotation` takes vectors of its optical frame to the world."""

    position: FloatArray  # (3,)
    rotation: FloatArray  # (3, 3)


def look_at(heading: float, pitch: float = 0.0, roll: float = 0.0) -> FloatArray:
    """(3, 3) optical frame to world: `heading` anticlockwise from east, `pitch` > 0 looks down, `roll` > 0 lifts the
    right side; radians."""
    ch, sh, cp, sp, cr, sr = (f(a) for a in (heading, pitch, roll) for f in (math.cos, math.sin))
    forward = np.array([ch * cp, sh * cp, -sp])
    right, down = np.array([sh, -ch, 0.0]), np.array([-ch * sp, -sh * sp, -cp])
    return np.column_stack([right * cr - down * sr, right * sr + down * cr, forward])


class WorldCamera:
    """A camera in a world. Not for two threads at once: each wants its own."""

    def __init__(self, world: World, camera: Camera, sensor: Sensor | None = None) -> None:
        self.world = world
        self.camera = camera
        self._scene = scene_of(world)
        self._rays, self._imaged = rays_of(camera)
        self._sensor = sensor
        self._spread = _spread(self._rays)
        self._columns = make_columns(_bins(self._spread))
        self._seen = np.empty(self._imaged.shape, np.int32)

    def __call__(self, pose: Pose | tuple[Array, Array]) -> UInt8Array:
        """(H, W, 3) uint8 BGR, as the frame arrives (before Camera.rotate). `pose`: a Pose, or its two parts."""
        position, rotation = np.asarray(pose[0], np.float64), np.asarray(pose[1], np.float64)
        self._check(position, rotation)
        place = position - self.world.origin
        out = np.empty((*self._imaged.shape, 3), np.uint8)
        take(
            self._scene,
            self._columns,
            self._hidden(place),
            self._rays,
            self._imaged,
            self._spread,
            place,
            np.ascontiguousarray(rotation),
            self._seen,
            out,
        )
        return out if self._sensor is None else self._sensor.expose(out)

    def _check(self, position: FloatArray, rotation: FloatArray) -> None:
        if position.shape != (3,) or not np.isfinite(position).all():
            raise SimulationError(f"camera position {position.tolist()}: want x, y, z in metres")
        if rotation.shape != (3, 3) or not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4):
            raise SimulationError(
                f"camera rotation {rotation.tolist()}: want a (3, 3) rotation, optical frame to world"
            )
        x, y, z = position.tolist()
        world = self.world
        if not world.holds(x, y):
            raise SimulationError(
                f"camera at x {x:.1f}, y {y:.1f} m is outside the world, which reaches {world.size:g} m east and "
                f"north from x {world.corner[0]:.1f}, y {world.corner[1]:.1f}; build a world around it"
            )
        if z < _LOWEST:
            raise SimulationError(f"camera at z {z:.2f} m: want at least {_LOWEST:g} m above the ground, which is at 0")
        if world.in_building(x, y):
            raise SimulationError(f"camera at x {x:.1f}, y {y:.1f} m is inside a building; choose another place")

    def _hidden(self, place: FloatArray) -> BoolArray:
        """Which solids are left out: those that stand where the camera is."""
        hidden = np.zeros(max(len(self.world.solids.look), 1), np.bool_)
        table = self.world.occluders
        away = np.hypot(table[:, 0] - place[0], table[:, 1] - place[1])
        for first, last in table[away < table[:, 2] + _APART, 3:].astype(np.int64).tolist():
            hidden[first:last] = True
        return hidden


def _spread(rays: Float32Array) -> Float32Array:
    """(H, W) radians from each pixel to its neighbour in the row."""
    steps = np.linalg.norm(np.diff(rays, axis=1), axis=2) if rays.shape[1] > 1 else np.full(rays.shape[:2], 0.01)
    return np.ascontiguousarray(np.column_stack([steps, steps[:, -1:]])[:, : rays.shape[1]], np.float32)


def _bins(spread: Float32Array) -> int:
    """About two for each pixel, of a quarter of the horizon."""
    return int(np.clip(round(4 / max(float(np.quantile(spread, 0.2)), 1e-4)), 256, 6000))
