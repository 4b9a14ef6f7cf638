# SPDX-License-Identifier: Apache-2.0
"""Mapper: one frame and gravity in, one bird's-eye semantic map out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import Float32Array, UInt8Array
from mia_ros.camera import Camera
from mia_ros.engine.choice import BackendChoice, load_backend
from mia_ros.errors import FrameError
from mia_ros.gravity import Gravity
from mia_ros.observation import check_height, seen_cells
from mia_ros.rectify import MIN_VALID, Rectifier, View, picture_rows
from mia_ros.semantic_map import SemanticMap

#: Cameras whose set-up is kept; a robot that has more of them sets up anew now and then.
_CAMERAS = 8


class Mapper:
    """Level the frame with gravity, run the network, unpack what it says.

    `camera_height` (metres above the ground, None: not known) bounds the observed cells, see observation.seen_cells.
    A levelled frame of which less than `min_valid` is picture raises TiltError. `choice` says which backend runs.
    """

    def __init__(self, choice: BackendChoice, camera_height: float | None = None, min_valid: float = MIN_VALID) -> None:
        check_height(camera_height)
        self.choice = choice
        self.manifest = choice.backend.manifest
        self.camera_height = camera_height
        self._grid = self.manifest.grid.spec()
        size = self.manifest.input.size
        self._rectifier = lru_cache(_CAMERAS)(lambda camera: Rectifier(camera, size, min_valid=min_valid))

    @classmethod
    def load(
        cls,
        path: str | Path,
        backend: str = "auto",
        threads: int | None = None,
        camera_height: float | None = None,
        min_valid: float = MIN_VALID,
        callers: int = 1,
        rows: int | None = None,
    ) -> Mapper:
        """From an engine's folder or manifest.json; backend, threads, callers, rows as for engine.load_backend."""
        return cls(load_backend(path, backend, threads, callers, rows), camera_height, min_valid)

    def __call__(self, frame_bgr: UInt8Array, camera: Camera, gravity: Gravity, stamp: int = 0) -> SemanticMap:
        """Frame (H, W, 3) uint8 BGR as it arrives, gravity in the axes of the (turned) image, stamp in nanoseconds."""
        return self.map_view(self.level(frame_bgr, camera, gravity), stamp, self.camera_height)

    def prepare(self, camera: Camera) -> None:
        """Load what this camera's frames need, if it is not there yet, before the first of them."""
        size = self.manifest.input
        self.choice.backend.prepare(size.least_height(picture_rows(camera.width, camera.height, size.size)))

    def level(self, frame_bgr: UInt8Array, camera: Camera, gravity: Gravity) -> View:
        """What the network sees of the frame, still BGR."""
        return self._rectifier(camera)(frame_bgr, gravity)

    def map_view(self, view: View, stamp: int, camera_height: float | None) -> SemanticMap:
        """The map of a levelled view; the height, in place of the mapper's own, is that of this frame."""
        probabilities, frustum = self.choice.backend.run(self._picture(view), _intrinsics(view.camera))
        observed = seen_cells(frustum, view, camera_height, self._grid)
        return SemanticMap(probabilities, observed, stamp, self._grid, self.manifest.thresholds)

    def _picture(self, view: View) -> UInt8Array:
        """The part of the square view that the network takes, (height, width, 3) uint8 RGB."""
        size = self.manifest.input
        # By the camera, not by how far it is tilted just now: all its frames go to the same graph.
        height = size.least_height(view.picture_height)
        if view.valid[height:].any() or view.valid[:, size.width :].any():
            raise FrameError(
                f"frame: engine {self.manifest.name} takes {size.width} x {size.height} pixels, but the levelled frame "
                f"has picture beyond them; use an engine for the shape of this camera's frames"
            )
        picture = cv2.cvtColor(view.image[:height, : size.width], cv2.COLOR_BGR2RGB)
        return picture.astype(np.uint8, copy=False)


def _intrinsics(camera: Camera) -> Float32Array:
    return np.array([camera.fx, camera.fy, camera.cx, camera.cy], np.float32)
