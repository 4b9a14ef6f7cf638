# SPDX-License-Identifier: Apache-2.0
"""One sample of a data set: a photo, the map of what it shows, and how it was taken. Files are read when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mia_ros.arrays import Array, BoolArray, UInt8Array
from offline_tools.channels import CHANNELS, TRAINING_CHANNELS
from offline_tools.dataset.dump import View
from offline_tools.dataset.files import read_array
from offline_tools.errors import DatasetError

MAP_SIZE = 224
#: What Mapper learns of a map: 50 m ahead and 25 m to each side; the ego stands at the corner (112, 112).
CROP = (slice(12, 112), slice(62, 162))


@dataclass(frozen=True)
class Sample:
    """A path is None where the data set was opened without need of it, and the file is not there."""

    location: str
    id: str
    image_path: Path | None
    semantic_path: Path | None
    visibility_path: Path | None
    find_view: Callable[[str], View]

    @property
    def view(self) -> View:
        """The camera and the pose, from dump.json."""
        return self.find_view(self.id)

    def semantic_mask(self) -> BoolArray:
        """(224, 224, 9) bool, channels as in CHANNELS."""
        mask, path = self._read(self.semantic_path, "semantic mask")
        if mask.ndim != 3 or mask.shape[2] != len(CHANNELS) or mask.dtype.kind not in "bu":
            wanted = f"(rows, columns, {len(CHANNELS)}) bool"
            raise DatasetError(f"data set {path}: an array {mask.shape} of {mask.dtype}, want {wanted}")
        return mask.astype(bool, copy=False)

    def training_mask(self) -> BoolArray:
        """(100, 100, 6) bool: the classes and the ground that Mapper learns."""
        mask = self._cropped(self.semantic_mask(), self.semantic_path)
        return np.ascontiguousarray(mask[..., list(TRAINING_CHANNELS)])

    def visibility_mask(self) -> UInt8Array:
        """(224, 224) uint8: 0 visible, 127 not."""
        mask, path = self._read(self.visibility_path, "visibility mask")
        if mask.ndim != 2 or mask.dtype != np.uint8:
            raise DatasetError(f"data set {path}: an array {mask.shape} of {mask.dtype}, want (rows, columns) uint8")
        return mask

    def training_visibility(self) -> UInt8Array:
        """(100, 100) uint8: the same for the ground that Mapper learns."""
        return np.ascontiguousarray(self._cropped(self.visibility_mask(), self.visibility_path))

    def _read(self, path: Path | None, what: str) -> tuple[Array, Path]:
        if path is None:
            raise DatasetError(f"sample {self.location}/{self.id}: has no {what}")
        return read_array(path), path

    def _cropped(self, mask: Array, path: Path | None) -> Array:
        if mask.shape[:2] != (MAP_SIZE, MAP_SIZE):
            found = f"{mask.shape[0]} x {mask.shape[1]}"
            raise DatasetError(f"data set {path}: {found} pixels, want {MAP_SIZE} x {MAP_SIZE} for training")
        return mask[CROP]
