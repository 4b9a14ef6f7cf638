# SPDX-License-Identifier: Apache-2.0
"""The ray of each pixel: the camera's projection, inverted."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, FloatArray
from mia_ros.camera import Camera
from mia_ros.lens import Lens, growth_limit

_FARTHEST = math.tan(math.radians(89.0))  # off the axis: the lens models end before 90 degrees
_STEPS = 12
_WITHIN = 2e-3  # pixels


@lru_cache(maxsize=8)
def rays_of(camera: Camera) -> tuple[Float32Array, BoolArray]:
    """(H, W, 3) rays of length 1 in the camera's optical frame, of the frame as it arrives, and which pixels see.

    Pixels that the lens does not reach are False.
    """
    sensor = camera.as_it_arrives()
    width, height = camera.frame_size
    v, u = np.mgrid[0:height, 0:width].astype(np.float64)
    bent = np.column_stack([(u.ravel() - sensor.cx) / sensor.fx, (v.ravel() - sensor.cy) / sensor.fy])
    plane, imaged = _straight(sensor.lens, bent, min(sensor.fx, sensor.fy))
    x, y = plane[:, 0], plane[:, 1]
    for _ in range(-camera.rotate % 360 // 90):
        x, y = y, -x
    rays = np.stack([x, y, np.ones_like(x)], -1)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return rays.reshape(height, width, 3).astype(np.float32), imaged.reshape(height, width)


def _straight(lens: Lens, bent: FloatArray, focal: float) -> tuple[FloatArray, BoolArray]:
    """Where points on the plane z = 1 lie before the lens: Newton's method from the radial part's inverse."""
    if lens.model == "none":
        return bent, np.ones(len(bent), np.bool_)
    limit = growth_limit(lens)
    plane, reached = _radial_guess(lens, bent, limit)
    farthest = _FARTHEST if lens.model == "equidistant" else min(limit, _FARTHEST)
    if lens.model == "equidistant":
        farthest = min(math.tan(min(limit, math.radians(89.0))), _FARTHEST)
    unsolved = np.flatnonzero(reached)
    for _ in range(_STEPS):
        error = _bend(lens, plane[unsolved]) - bent[unsolved]
        wrong = np.abs(error).max(axis=1) * focal > _WITHIN
        unsolved = unsolved[wrong]
        if len(unsolved) == 0:
            break
        plane[unsolved] = _inside(plane[unsolved] - _newton_step(lens, plane[unsolved], error[wrong]), farthest)
    back, seen = lens.project(np.column_stack([plane, np.ones(len(plane))]))
    return plane, reached & seen & (np.abs(back - bent).max(axis=1) * focal < 0.05)


def _radial_guess(lens: Lens, bent: FloatArray, limit: float) -> tuple[FloatArray, BoolArray]:
    """By a table of the distortion along one direction; and which points can be reached at all."""
    angle = np.linspace(0, math.radians(89.0), 4001)
    radius = np.tan(angle)
    radius = radius[(angle if lens.model == "equidistant" else radius) < limit]
    along = _bend(lens, np.column_stack([radius, np.zeros_like(radius)]))[:, 0]
    grown = np.maximum.accumulate(along)
    size = np.hypot(bent[:, 0], bent[:, 1])
    straight = np.interp(size, grown, radius)
    # The parts of a lens model that are not radial reach a little farther.
    return bent * (straight / np.maximum(size, 1e-12))[:, None], size < 1.05 * grown[-1]


def _newton_step(lens: Lens, plane: FloatArray, error: FloatArray) -> FloatArray:
    step = 1e-6 * (1 + np.abs(plane).max(axis=1, keepdims=True))
    by_x = (_bend(lens, plane + step * (1, 0)) - _bend(lens, plane - step * (1, 0))) / (2 * step)
    by_y = (_bend(lens, plane + step * (0, 1)) - _bend(lens, plane - step * (0, 1))) / (2 * step)
    determinant = by_x[:, 0] * by_y[:, 1] - by_x[:, 1] * by_y[:, 0]
    determinant = np.where(np.abs(determinant) < 1e-9, 1e-9, determinant)
    dx = (error[:, 0] * by_y[:, 1] - error[:, 1] * by_y[:, 0]) / determinant
    dy = (by_x[:, 0] * error[:, 1] - by_x[:, 1] * error[:, 0]) / determinant
    return np.column_stack([dx, dy])


def _inside(plane: FloatArray, farthest: float) -> FloatArray:
    """No farther from the axis than where the lens model ends."""
    size = np.hypot(plane[:, 0], plane[:, 1])
    return plane * np.minimum(1.0, farthest * 0.999 / np.maximum(size, 1e-12))[:, None]


def _bend(lens: Lens, plane: FloatArray) -> FloatArray:
    points = np.column_stack([plane, np.ones(len(plane))])
    return lens.project(points)[0]
