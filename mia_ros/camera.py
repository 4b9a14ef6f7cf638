# SPDX-License-Identifier: Apache-2.0
"""Camera: what a pixel of a frame sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import Array, BoolArray, FloatArray
from mia_ros.errors import CameraError, FrameError
from mia_ros.lens import Lens


class Roi(NamedTuple):
    """Region of interest of a camera_info: offset and size in pixels of the full sensor; size 0 means all of it."""

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Camera:
    """Size in pixels, pinhole intrinsics in pixels, lens. Pixel (0, 0) is the centre of the first pixel.

    Axes of the camera optical frame: x right, y down, z forward. With `rotate` the frames arrive turned: they are
    turned clockwise by that many degrees first, and everything else here (size, intrinsics, axes) describes the
    turned image, while `lens` stays in the axes of the frame as it arrives.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    lens: Lens = field(default=Lens())
    rotate: int = 0

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            size = getattr(self, name)
            if not (math.isfinite(size) and int(size) == size and size >= 1):
                raise CameraError(f"{name}: {size} is not a positive whole number of pixels")
            object.__setattr__(self, name, int(size))
        for name in ("fx", "fy", "cx", "cy"):
            value = float(getattr(self, name))
            if not math.isfinite(value):
                raise CameraError(f"{name}: {value} is not finite; is the camera calibrated?")
            if name in ("fx", "fy") and value <= 0:
                raise CameraError(f"{name}: a focal length of {value} px is impossible; is the camera calibrated?")
            object.__setattr__(self, name, value)
        if self.rotate not in (0, 90, 180, 270):
            raise CameraError(f"rotate: {self.rotate} is none of 0, 90, 180, 270 degrees")

    @classmethod
    def from_camera_info(
        cls,
        width: int,
        height: int,
        K: Sequence[float] | Array,  # noqa: N803 (camera_info's own names)
        D: Sequence[float] | Array | None = (),  # noqa: N803
        model: str = "none",
        *,
        P: Sequence[float] | Array | None = None,  # noqa: N803
        binning_x: int = 0,
        binning_y: int = 0,
        roi: Roi | Sequence[int] = Roi(),  # noqa: B008 (immutable)
        rectified: bool = False,
        rotate: int = 0,
    ) -> Camera:
        """From the fields of a sensor_msgs/CameraInfo; K and P row-major, `width` and `height` of the full sensor.

        `rectified`: the frames are rectified already (image_rect), so P holds and there is no lens. The result has
        the size of the frames that arrive: the ROI, divided by the binning, and turned by `rotate`.
        """
        if rectified:
            fx, fy, cx, cy = _intrinsics(P if P is not None else (), "P", 4)
            camera = cls(width, height, fx, fy, cx, cy)
        else:
            fx, fy, cx, cy = _intrinsics(K, "K", 3)
            camera = cls(width, height, fx, fy, cx, cy, Lens.from_ros(model, np.ravel(() if D is None else D).tolist()))
        return camera._seen_through(Roi(*roi))._binned(binning_x, binning_y).turned(rotate)

    @property
    def matrix(self) -> FloatArray:
        """The pinhole's (3, 3) matrix K."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]])

    @property
    def frame_size(self) -> tuple[int, int]:
        """(width, height) of the frames as they arrive, before they are turned by `rotate`."""
        return (self.height, self.width) if self.rotate in (90, 270) else (self.width, self.height)

    def pinhole(self) -> Camera:
        """The same camera after undistortion: upright frames, no lens, its own intrinsics."""
        return replace(self, lens=Lens(), rotate=0)

    def scaled(self, sx: float, sy: float, width: int, height: int) -> Camera:
        """After the image is resized by the factors `sx`, `sy` to `width` x `height` pixels."""
        cx, cy = (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5
        return replace(self, width=width, height=height, fx=self.fx * sx, fy=self.fy * sy, cx=cx, cy=cy)

    def cropped(self, x: int, y: int, width: int, height: int) -> Camera:
        """Only the pixels from column `x`, row `y` on; also larger than the image, as padding makes it."""
        return replace(self, width=width, height=height, cx=self.cx - x, cy=self.cy - y)

    def turned(self, degrees: int) -> Camera:
        """For frames that keep arriving as they do, but are turned clockwise by `degrees` before they are used."""
        if degrees not in (0, 90, 180, 270):
            raise CameraError(f"rotate: {degrees} is none of 0, 90, 180, 270 degrees")
        camera = self
        for _ in range(degrees // 90):
            camera = replace(
                camera,
                width=camera.height,
                height=camera.width,
                fx=camera.fy,
                fy=camera.fx,
                cx=camera.height - 1 - camera.cy,
                cy=camera.cx,
                rotate=(camera.rotate + 90) % 360,
            )
        return camera

    def as_it_arrives(self) -> Camera:
        """The camera of the frame before it is turned."""
        return replace(self.turned(-self.rotate % 360), rotate=0)

    def project(self, points: Array) -> tuple[FloatArray, BoolArray]:
        """Points (..., 3) in this camera's optical frame -> pixels (..., 2) of its (turned) image, and which are seen.

        `seen` means that the lens images the point; the pixel may still lie outside the image.
        """
        points = np.asarray(points, np.float64)
        pixels, seen = self.project_to_frame(points.reshape(-1, 3))
        u, v = pixels[:, 0], pixels[:, 1]
        width, height = self.frame_size
        for _ in range(self.rotate // 90):
            u, v = height - 1 - v, u
            width, height = height, width
        return np.stack([u, v], -1).reshape(*points.shape[:-1], 2), seen.reshape(points.shape[:-1])

    def project_to_frame(self, points: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Like `project` for (N, 3) points, but to pixels (N, 2) of the frame as it arrives."""
        sensor = self.as_it_arrives()
        x, y = points[:, 0], points[:, 1]
        for _ in range(-self.rotate % 360 // 90):
            x, y = -y, x
        plane, seen = self.lens.project(np.stack([x, y, points[:, 2]], -1))
        return np.stack([plane[:, 0] * sensor.fx + sensor.cx, plane[:, 1] * sensor.fy + sensor.cy], -1), seen

    def check_frame(self, frame: Array) -> None:
        """Refuse a frame that is not (H, W, 3) uint8 of this camera's size."""
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
            raise FrameError(f"frame: dtype {getattr(frame, 'dtype', type(frame).__name__)}, want uint8")
        if frame.ndim != 3 or frame.shape[2] != 3:
            raise FrameError(f"frame: shape {frame.shape}, want (height, width, 3): three channels, RGB or BGR")
        width, height = self.frame_size
        if frame.shape[:2] != (height, width):
            raise FrameError(
                f"frame: {frame.shape[1]} x {frame.shape[0]} pixels, but the camera has {width} x {height}; "
                f"is its camera_info for another resolution?"
            )

    def _seen_through(self, roi: Roi) -> Camera:
        width, height = roi.width or self.width - roi.x_offset, roi.height or self.height - roi.y_offset
        fits = 0 <= roi.x_offset <= self.width - width and 0 <= roi.y_offset <= self.height - height
        if not (fits and width > 0 and height > 0):
            raise CameraError(f"roi: {tuple(roi)} does not lie in the sensor of {self.width} x {self.height}")
        return self.cropped(roi.x_offset, roi.y_offset, width, height)

    def _binned(self, binning_x: int, binning_y: int) -> Camera:
        """Binning averages blocks of pixels, so centres move by half a pixel like in any resize."""
        if binning_x < 0 or binning_y < 0:
            raise CameraError(f"binning: {binning_x} x {binning_y} is negative")
        nx, ny = binning_x or 1, binning_y or 1
        return self.scaled(1 / nx, 1 / ny, self.width // nx, self.height // ny)


def _intrinsics(matrix: Sequence[float] | Array, name: str, columns: int) -> tuple[float, float, float, float]:
    values = np.asarray(matrix, np.float64).ravel()
    if values.size != 3 * columns:
        raise CameraError(f"{name}: {values.size} numbers, want {3 * columns} (3 x {columns}, row-major)")
    if not np.isfinite(values).all():
        raise CameraError(f"{name}: {values.tolist()} holds a value that is not finite")
    rows = values.reshape(3, columns)
    if rows[0, 0] <= 0 or rows[1, 1] <= 0:
        raise CameraError(f"{name}: focal lengths {rows[0, 0]}, {rows[1, 1]} px; the camera is not calibrated")
    wanted = np.array([[rows[0, 0], 0, rows[0, 2]], [0, rows[1, 1], rows[1, 2]], [0, 0, 1]])
    if np.abs(rows[:, :3] - wanted).max() > 1e-6:
        raise CameraError(f"{name}: {values.tolist()} is no pinhole; want fx 0 cx, 0 fy cy, 0 0 1")
    return float(rows[0, 0]), float(rows[1, 1]), float(rows[0, 2]), float(rows[1, 2])
