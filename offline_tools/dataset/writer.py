# SPDX-License-Identifier: Apache-2.0
"""Writes a data set, each file whole or not at all, so that work that was killed goes on from what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mia_ros.arrays import Array, UInt8Array
from offline_tools.channels import CHANNELS
from offline_tools.dataset.dump import Drive, dump_of
from offline_tools.dataset.files import make_folder, npz_bytes, write_json, write_whole
from offline_tools.dataset.layout import DUMP, IMAGE, KINDS, SEMANTIC_MASK, SPLIT, VISIBILITY_MASK, Kind, checked_name
from offline_tools.errors import DatasetError

JPEG_QUALITY = 95  # as the published images have


class LocationWriter:
    """Writes into ROOT/LOCATION, whose folders it makes; several processes may write to one."""

    def __init__(self, root: str | Path, location: str, compress: bool = True, kinds: Sequence[Kind] = KINDS) -> None:
        self.folder = Path(root) / checked_name(location, "location")
        self._compress = compress
        for kind in kinds:
            make_folder(self.folder / kind.folders[0])

    def semantic_mask(self, id_: str | int, mask: Array) -> None:
        """(rows, columns, 9) of bool, or of 0 and 1."""
        if mask.ndim != 3 or mask.shape[2] != len(CHANNELS) or mask.dtype.kind not in "bu":
            raise DatasetError(f"semantic mask {id_}: {mask.shape} of {mask.dtype}, want (rows, columns, 9) bool")
        write_whole(self._path(SEMANTIC_MASK, id_), npz_bytes(mask.astype(bool, copy=False), self._compress))

    def visibility_mask(self, id_: str | int, mask: UInt8Array) -> None:
        """(rows, columns) uint8: 0 visible, 127 not."""
        if mask.ndim != 2 or mask.dtype != np.uint8:
            raise DatasetError(f"visibility mask {id_}: {mask.shape} of {mask.dtype}, want (rows, columns) uint8")
        write_whole(self._path(VISIBILITY_MASK, id_), npz_bytes(mask, self._compress))

    def image(self, id_: str | int, image: UInt8Array | bytes) -> None:
        """An undistorted image: (H, W, 3) uint8 BGR, or the bytes of a JPEG file."""
        data = image if isinstance(image, bytes) else _jpeg(image, id_)
        write_whole(self._path(IMAGE, id_), data)

    def dump(self, drives: Mapping[str, Drive]) -> None:
        """dump.json: cameras and poses, by sequence."""
        for drive in drives.values():
            for image in drive.images:
                checked_name(image.id, "sample")
        try:
            write_json(self.folder / DUMP, dump_of(drives))
        except ValueError as error:
            if isinstance(error, DatasetError):
                raise
            raise DatasetError(f"data set {self.folder / DUMP}: a pose holds a number that is not finite") from error

    def _path(self, kind: Kind, id_: str | int) -> Path:
        return kind.path(self.folder, checked_name(id_, "sample"))


def write_split(root: str | Path, split: Mapping[str, Mapping[str, Sequence[str | int]]]) -> None:
    """split.json: {part: {location: ids}}. Ids that are whole numbers are written as numbers, like the published."""
    content = {
        part: {checked_name(place, "location"): [_number(id_) for id_ in ids] for place, ids in places.items()}
        for part, places in split.items()
    }
    write_json(make_folder(Path(root)) / SPLIT, content)


def _number(id_: str | int) -> str | int:
    text = checked_name(id_, "sample")
    return int(text) if text.isdecimal() and str(int(text)) == text else text


def _jpeg(image: UInt8Array, id_: str | int) -> bytes:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise DatasetError(f"image {id_}: {image.shape} of {image.dtype}, want (H, W, 3) uint8 BGR")
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()
