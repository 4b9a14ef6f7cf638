# SPDX-License-Identifier: Apache-2.0
"""KITTI-360-BEV (PanopticBEV's maps for KITTI-360's photos).

ROOT/metadata_ortho.bin, metadata_front.bin   MessagePack: categories; of each image its segments and its camera
ROOT/bev_msk/bev_ortho/ID.png                 the number of the segment of each pixel of the ground
ROOT/split/PART.txt, split/percentages/PART_10.txt
ROOT/img/front.json                           [{ID.png: the photo below the root of KITTI-360}]

KITTI-360 itself is expected in the same folder, in its sister KITTI-360, or where a link of this name points.
Cameras are taken as level, as published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset.dump import View
from offline_tools.dataset.files import read_array, read_json
from offline_tools.errors import DatasetError
from offline_tools.training.others.messagepack import unpack
from offline_tools.training.others.tables import NOWHERE, inside, part_and_percent, pinhole, six_classes

#: Of its categories those that are classes of ours.
CLASSES = tuple(name for name in CLASS_NAMES if name in ("road", "sidewalk", "building", "terrain"))

_MAPS, _PHOTOS = "metadata_ortho.bin", "metadata_front.bin"
#: Pixels of 25 m / 336, of which the published loader takes this many each way as 50 m.
_CUT = 672
_PHOTO_ROOTS = (".", "KITTI-360", "../KITTI-360")


def is_here(root: Path) -> bool:
    """Whether a folder holds KITTI-360-BEV."""
    return (root / _MAPS).is_file()


def samples_of(root: Path, part: str) -> tuple[Sequence[Kitti360Sample], int]:
    """train or val; train_1, train_10 and so on are those of split/percentages. And how many are listed in vain."""
    maps, photos, paths = _metadata(root / _MAPS), _metadata(root / _PHOTOS), _photo_paths(root)
    names = [str(name) for name in maps.categories]
    absent = [name for name in CLASSES if name not in names]
    if absent:
        raise DatasetError(f"data set {root / _MAPS}: has no category {absent[0]}, only {', '.join(names)}")

    def sample(id_: str) -> Kitti360Sample:
        camera = _camera(root, photos.images[id_])
        return Kitti360Sample(root, id_, _path(root, paths, id_), camera, _classes(maps, id_, names))

    listed = _listed(root, part)
    known = [id_ for id_ in listed if id_ in maps.images and id_ in photos.images and f"{id_}.png" in paths]
    return [sample(id_) for id_ in known], len(listed) - len(known)


@dataclass(frozen=True)
class Kitti360Sample:
    """id: "drive;frame". segment_classes: for each segment's number, the index in CLASSES, or -1."""

    root: Path
    id: str
    image_path: Path
    camera: Camera
    segment_classes: tuple[int, ...] = field(repr=False)

    @property
    def location(self) -> str:
        """The drive."""
        return self.id.partition(";")[0]

    @property
    def view(self) -> View:
        """Level, and without a place on the globe."""
        return View(self.camera, NOWHERE, NOWHERE, math.nan, 0.0, 0.0, self.location)

    def training_mask(self) -> BoolArray:
        """(100, 100, 6) bool; only CLASSES are known."""
        return six_classes(self._layers())

    def training_visibility(self) -> UInt8Array:
        """(100, 100) uint8: 127 where the ground has none of the classes, as published."""
        return np.where(np.any(list(self._layers().values()), axis=0), 0, 127).astype(np.uint8)

    def _layers(self) -> dict[str, BoolArray]:
        path = self.root / "bev_msk" / "bev_ortho" / f"{self.id}.png"
        segments = _turned(read_array(path), path)
        known = np.array(self.segment_classes, np.int64)
        if segments.max() >= len(known):
            raise DatasetError(f"data set {path}: segment {segments.max()}, but {_MAPS} knows {len(known)} of it")
        classes = known[segments]
        return {name: _reduced(classes == index) for index, name in enumerate(CLASSES)}


@dataclass(frozen=True)
class _Metadata:
    categories: Sequence[Any]
    images: Mapping[str, Mapping[str, Any]]


def _metadata(path: Path) -> _Metadata:
    try:
        content = unpack(path.read_bytes())
        images = {image["id"]: image for image in content["images"]}
        return _Metadata(content["meta"]["categories"], images)
    except OSError as error:
        raise DatasetError(f"data set {path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"data set {path}: no metadata of KITTI-360-BEV: {type(error).__name__} {error}") from error


def _listed(root: Path, part: str) -> list[str]:
    _, percent = part_and_percent(part)
    folder = root / "split" if percent == 100 else root / "split" / "percentages"
    path = inside(folder, f"{part.removesuffix('_100')}.txt", root)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"data set {path}: the part '{part}' cannot be read: {error}") from error
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _photo_paths(root: Path) -> dict[str, str]:
    path = root / "img" / "front.json"
    try:
        return {key: value for entry in read_json(path) for key, value in entry.items()}
    except (AttributeError, TypeError) as error:
        raise DatasetError(f"data set {path}: want a list of {{ID.png: photo}}") from error


def _path(root: Path, paths: Mapping[str, str], id_: str) -> Path:
    where = root / "img" / "front.json"
    name = f"{id_}.png"
    inside(root, name, where)
    candidates = [inside(root / folder, paths[name], where) for folder in _PHOTO_ROOTS]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _camera(root: Path, image: Mapping[str, Any]) -> Camera:
    where = f"data set {root / _PHOTOS}: {image['id']}"
    try:
        height, width = image["size"]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{where}: no size of rows and columns") from error
    return pinhole(image.get("cam_intrinsic"), width, height, where)


def _classes(maps: _Metadata, id_: str, names: Sequence[str]) -> tuple[int, ...]:
    """The class of each segment by its category; 255 is none."""
    try:
        numbers = [int(category) for category in maps.images[id_]["cat"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"data set {_MAPS}: {id_}: no categories of its segments") from error
    found = [names[number] if 0 <= number < len(names) else "" for number in numbers]
    return tuple(CLASSES.index(name) if name in CLASSES else -1 for name in found)


def _turned(segments: Array, path: Path) -> Array:
    """(672, 672): in the file, ahead is to the right and left is at the top; the farthest rows, about the middle."""
    if segments.ndim != 2 or segments.shape[0] < _CUT or segments.shape[1] < _CUT or segments.dtype.kind not in "iu":
        raise DatasetError(f"data set {path}: {segments.shape} of {segments.dtype}, want 768 x 704 numbers of segments")
    upright = np.rot90(segments)
    aside = (upright.shape[1] - _CUT) // 2
    return upright[:_CUT, aside : aside + _CUT]


def _reduced(layer: BoolArray) -> BoolArray:
    """(100, 100): where at least half of a cell is."""
    share = cv2.resize(layer.astype(np.float32), (100, 100), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= 0.5)
