# SPDX-License-Identifier: Apache-2.0
"""The robot's way to the levelled, reduced picture, in uint8.

A frame that is reduced a lot is low-passed as it arrives, with the triangle filter that the exact way applies after
levelling, and then warped once, straight to the picture: a rotation by gravity hardly changes a filter that small.
A frame that is reduced little is warped at its own size and resized then: at such scales it matters where exactly the
filter's few taps fall, and the frame is small.
No result depends on the frame before: nothing is cached but constants of the camera.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, FloatArray, IntArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.resample import TriangleResize, nearest
from mia_ros.warp_exact import source_pixels

#: From this reduction on, filter first and warp once. Below, errors at sharp edges would reach 0.02 and more.
_FILTER_FIRST = 2.2
#: What block averaging leaves to the triangle filter, at least: so much that the blocks do not show.
_AFTER_BLOCKS = 3.0
#: A frame's edge that leans less than this is taken as level: over a row it comes to less than 1e-8 pixels.
_LEVEL_SLOPE = 1e-12
#: Through a lens, the map is computed at every _STEP-th pixel and interpolated linearly between.
_STEP = 4
#: Times the pixels of what the warp makes, from which on a frame is large.
_LARGE = 10


class FastWarp:
    """Levels frames of one camera into a picture of `width` x `height` pixels."""

    def __init__(self, camera: Camera, width: int, height: int) -> None:
        self._camera = camera
        self._picture_size = width, height
        ratio = camera.width / width, camera.height / height
        filter_first = min(ratio) >= _FILTER_FIRST
        self._low_pass = LowPass(camera.frame_size, ratio if camera.rotate in (0, 180) else ratio[::-1], filter_first)
        self._warp_size = self._picture_size if filter_first else (camera.width, camera.height)
        self._shrink = None if filter_first else TriangleResize(camera.width, camera.height, width, height)
        self._lattice = nearest(camera.width, width), nearest(camera.height, height)

    def __call__(self, frame: UInt8Array, gravity: Gravity) -> tuple[UInt8Array, BoolArray]:
        """Frame (H, W, 3) as it arrives -> picture (height, width, 3) uint8 and the pixels that the frame covers."""
        smooth = self._low_pass(frame)
        if self._camera.lens.model == "none":
            warped, valid = self._warp_plane(smooth, gravity)
        else:
            warped, valid = self._warp_lens(smooth, gravity)
        return self._shrunk(warped), valid

    def _shrunk(self, warped: UInt8Array) -> UInt8Array:
        width, height = self._picture_size
        if self._shrink is None or warped.shape[:2] == (height, width):
            return warped
        if warped.shape[0] <= height and warped.shape[1] <= width:
            return _uint8(cv2.resize(warped, (width, height), interpolation=cv2.INTER_LINEAR))
        return self._shrink.rounded(warped)

    def _warp_plane(self, smooth: UInt8Array, gravity: Gravity) -> tuple[UInt8Array, BoolArray]:
        """Without a lens, levelling is a homography."""
        camera = self._camera
        level_to_turned = camera.matrix @ gravity.rotation() @ np.linalg.inv(camera.matrix)
        to_frame = self._low_pass.matrix @ _turned_to_frame(camera) @ level_to_turned @ self._warp_to_level()
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = _in_fours(
            smooth, self._warp_size, lambda four: cv2.warpPerspective(four, to_frame, self._warp_size, flags=flags)
        )
        self._blacken_behind(warped, level_to_turned)
        return warped, self._covered_by_plane(level_to_turned)

    def _blacken_behind(self, warped: UInt8Array, level_to_turned: FloatArray) -> None:
        """A homography also maps rays from behind the camera into the frame; if one corner is, some pixels are."""
        plane = level_to_turned[2] @ self._warp_to_level() - (0, 0, 1e-9)
        width, height = self._warp_size
        if not _inside_all([plane], np.array([0, width]), np.array([0, height])).all():
            warped[~_inside_all([plane], np.arange(width), np.arange(height))] = 0

    def _warp_to_level(self) -> FloatArray:
        """Pixels of what the warp makes -> pixels of the levelled view at the camera's own size."""
        sx, sy = self._camera.width / self._warp_size[0], self._camera.height / self._warp_size[1]
        return resize_matrix(sx, sy)

    def _covered_by_plane(self, level_to_turned: FloatArray) -> BoolArray:
        """Pixels of the picture that the frame covers, by the frame's edges, which a homography keeps straight.

        Rows and columns are those that the nearest resize of the exact way's mask takes.
        """
        u, v, w = level_to_turned
        width, height = self._camera.width, self._camera.height
        ahead = w - (0, 0, 1e-9)
        return _inside_all(
            (ahead, u + 0.5 * w, (width - 0.5) * w - u, v + 0.5 * w, (height - 0.5) * w - v), *self._lattice
        )

    def _warp_lens(self, smooth: UInt8Array, gravity: Gravity) -> tuple[UInt8Array, BoolArray]:
        """Through a lens, a map computed at every few pixels and interpolated."""
        lens_map = self._lens_map(gravity)
        height, width = smooth.shape[:2]
        covered = cv2.inRange(lens_map, (-0.5, -0.5, 0, 0), (width - 0.5, height - 0.5, 0, 0))
        if self._shrink is not None:
            columns, rows = self._lattice
            covered = covered[rows][:, columns]
        warped = _in_fours(smooth, self._warp_size, lambda four: cv2.remap(four, lens_map, None, cv2.INTER_LINEAR))
        return warped, covered.astype(np.bool_)

    def _lens_map(self, gravity: Gravity) -> Float32Array:
        """Where every pixel that the warp makes lies in what the low-pass makes of the frame: (height, width, 2)."""
        width, height = self._warp_size
        to_level, to_smooth = self._warp_to_level(), self._low_pass.matrix
        x, y = ((np.arange(-1, size // _STEP + 2) + 0.5) * _STEP - 0.5 for size in (width, height))
        source, seen = source_pixels(
            self._camera, gravity, x * to_level[0, 0] + to_level[0, 2], y * to_level[1, 1] + to_level[1, 2]
        )
        # Not imaged: so far outside that no interpolation with a neighbour lands on the frame.
        source[~seen] = -1e6
        # Here and not at every pixel, and an axis at a time: NumPy is slow where the last axis has two numbers.
        coarse = np.empty(source.shape, np.float32)
        for axis in (0, 1):
            coarse[..., axis] = source[..., axis] * to_smooth[axis, axis] + to_smooth[axis, 2]
        full = cv2.resize(coarse, None, fx=_STEP, fy=_STEP, interpolation=cv2.INTER_LINEAR)
        return np.asarray(full[_STEP : _STEP + height, _STEP : _STEP + width], np.float32)


class LowPass:
    """Averages whole blocks of a large frame, then applies a triangle filter; `matrix` takes pixels before to after."""

    def __init__(self, size: tuple[int, int], ratio: tuple[float, ...], active: bool) -> None:
        block = max(1, int(min(ratio) / _AFTER_BLOCKS)) if active else 1
        self._size = size
        self._reduced = size[0] // block, size[1] // block
        sx, sy = self._reduced[0] / size[0], self._reduced[1] / size[1]
        self.matrix = resize_matrix(sx, sy)
        self._kernels = (_triangle(ratio[0] * sx), _triangle(ratio[1] * sy)) if active else None

    def __call__(self, frame: UInt8Array) -> UInt8Array:
        """(H, W, 3) -> the same picture without what the reduction would alias."""
        if self._kernels is None:
            return frame
        if self._reduced != self._size:
            frame = _uint8(cv2.resize(frame, self._reduced, interpolation=cv2.INTER_AREA))
        # Not black around the frame: that would darken the border of a view that is level already.
        return _uint8(cv2.sepFilter2D(frame, -1, *self._kernels, borderType=cv2.BORDER_REPLICATE))


def resize_matrix(sx: float, sy: float) -> FloatArray:
    """(3, 3): where pixel centres go when an image is resized by the factors."""
    return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])


def _triangle(reach: float) -> Float32Array:
    """The triangle filter of half-width `reach` >= 1 pixels, sampled at whole pixels."""
    taps = np.arange(-int(np.ceil(reach)) + 1, int(np.ceil(reach)))
    weight = 1 - np.abs(taps) / reach
    return (weight / weight.sum()).astype(np.float32)


def _turned_to_frame(camera: Camera) -> FloatArray:
    """Pixels of the turned image -> pixels of the frame as it arrives."""
    width, height = camera.frame_size
    turns = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        90: [[0, 1, 0], [-1, 0, height - 1], [0, 0, 1]],
        180: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
        270: [[0, -1, width - 1], [1, 0, 0], [0, 0, 1]],
    }
    return np.array(turns[camera.rotate], np.float64)


def _inside_all(lines: Sequence[FloatArray], x: IntArray, y: IntArray) -> BoolArray:
    """Which points of the lattice lie on the positive side of all lines a x + b y + c = 0: (len(y), len(x)).

    In every row that is one interval, so only the intervals' ends are computed.
    """
    first, last = np.full(len(y), -np.inf), np.full(len(y), np.inf)
    for a, b, c in lines:
        rest = b * y + c
        if abs(a) < _LEVEL_SLOPE:
            last = np.where(rest >= 0, last, -np.inf)
        elif a > 0:
            first = np.maximum(first, -rest / a)
        else:
            last = np.minimum(last, -rest / a)
    start = np.searchsorted(x, first, "left").astype(np.int16)[:, None]
    stop = np.searchsorted(x, last, "right").astype(np.int16)[:, None]
    column = np.arange(len(x), dtype=np.int16)
    return np.asarray((column >= start) & (column < stop))


def _in_fours(frame: UInt8Array, size: tuple[int, int], warp: Callable[[Array], Array]) -> UInt8Array:
    """OpenCV warps pixels of four bytes twice as fast as those of three, to the same values.

    A frame much larger than what it is warped to stays as it is: to turn it into fours takes longer than that saves.
    """
    if frame.shape[0] * frame.shape[1] > _LARGE * size[0] * size[1]:
        return _uint8(warp(frame))
    return _uint8(cv2.cvtColor(warp(cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA)), cv2.COLOR_BGRA2BGR))


def _uint8(image: Array) -> UInt8Array:
    """OpenCV keeps the type of what it is given, but its annotations do not say so."""
    return image.astype(np.uint8, copy=False)
