# SPDX-License-Identifier: Apache-2.0
"""nuScenes: key frames of the front camera, and the ground from its map expansion.

ROOT/v1.0-trainval/*.json     tables; v1.0-mini where that is not there
ROOT/samples/CAM_FRONT/...    photos
ROOT/samples/LIDAR_TOP/...    points, from which follows what is hidden; without them nothing counts as hidden
ROOT/maps/expansion/*.json    layers of the ground
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray, UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset.dump import View
from offline_tools.dataset.files import read_json
from offline_tools.errors import DatasetError
from offline_tools.training.others.ground import LAYERS, ground_map, hidden_from
from offline_tools.training.others.roddick import part_of
from offline_tools.training.others.tables import (
    NOWHERE,
    first_percent,
    inside,
    part_and_percent,
    pinhole,
    rotation_of,
    six_classes,
)

CLASSES = tuple(name for name in CLASS_NAMES if name in LAYERS)

_VERSIONS = ("v1.0-trainval", "v1.0-mini")
_CAMERA, _LIDAR = "samples/CAM_FRONT/", "samples/LIDAR_TOP/"


def is_here(root: Path) -> bool:
    """Whether a folder holds nuScenes."""
    return any((root / version / "scene.json").is_file() for version in _VERSIONS)


def samples_of(root: Path, part: str) -> tuple[Sequence[NuScenesSample], int]:
    """train or val of Roddick's split; train_1 and train_10 are the first 1 and 10 percent of the key frames.

    And how many are listed in vain, which is none.
    """
    name, percent = part_and_percent(part)
    if name not in ("train", "val"):
        raise DatasetError(f"data set {root}: part '{part}', want train, val, train_1 or train_10")
    version = next(version for version in _VERSIONS if (root / version / "scene.json").is_file())
    return first_percent(list(_Tables(root, root / version).samples(name)), percent), 0


@dataclass(frozen=True)
class NuScenesSample:
    """A key frame. rotation, position: the camera's optical frame in the map, x east, y north, z up, metres.

    lidar: the points' file and where its sensor stood, if there is one.
    """

    root: Path
    location: str
    id: str
    sequence: str
    image_path: Path
    camera: Camera
    rotation: FloatArray
    position: FloatArray
    lidar: tuple[Path, FloatArray, FloatArray] | None

    @property
    def view(self) -> View:
        """Without a place on the globe: the map is a plane of its own."""
        gravity = Gravity.from_vector(-self.rotation[2])
        east, north = self.rotation[0, 2], self.rotation[1, 2]
        heading = float(np.degrees(np.arctan2(east, north)) % 360)
        return View(self.camera, NOWHERE, NOWHERE, heading, gravity.roll, gravity.pitch, self.sequence)

    def training_mask(self) -> BoolArray:
        """(100, 100, 6) bool; only CLASSES are known."""
        ground = ground_map(self.root / "maps" / "expansion" / f"{self.location}.json")
        return six_classes(ground.layers(self.position[:2], self.rotation[:2, 2]))

    def training_visibility(self) -> UInt8Array:
        """(100, 100) uint8: 0 visible, 127 farther than the lidar's points in this direction."""
        if self.lidar is None or not self.lidar[0].is_file():
            return np.zeros((100, 100), np.uint8)
        path, rotation, position = self.lidar
        points = _points(path) @ rotation.T + position
        forward = self.rotation[:2, 2] / np.linalg.norm(self.rotation[:2, 2])
        away = points[:, :2] - self.position[:2]
        right = away @ np.array([forward[1], -forward[0]])
        return np.where(hidden_from(right, away @ forward), 127, 0).astype(np.uint8)


class _Tables:
    """The tables of a version, as far as they are needed."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self._folder = root, folder

    def samples(self, part: str) -> Iterator[NuScenesSample]:
        """In the order of the key frames."""
        scenes = {row["token"]: row for row in self._rows("scene", "token", "name", "log_token")}
        logs = {row["token"]: str(row["location"]) for row in self._rows("log", "token", "location")}
        wanted = {token: row for token, row in scenes.items() if part_of(str(row["name"])) == part}
        frames = {
            row["token"]: wanted[row["scene_token"]]
            for row in self._rows("sample", "token", "scene_token")
            if row["scene_token"] in wanted
        }
        photos, points = self._key_frames(frames)
        sensors = {row["token"]: row for row in self._rows("calibrated_sensor", "token", "translation", "rotation")}
        used = {row["ego_pose_token"] for row in (*photos.values(), *points.values())}
        poses = {
            row["token"]: row
            for row in self._rows("ego_pose", "token", "translation", "rotation")
            if row["token"] in used
        }
        for frame, scene in frames.items():
            if frame in photos:
                yield self._sample(photos[frame], points.get(frame), scene, logs, _Poses(self._folder, sensors, poses))

    def _key_frames(self, frames: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """sample_data of the front camera and of the lidar, by sample."""
        photos: dict[str, Any] = {}
        points: dict[str, Any] = {}
        needed = ("token", "sample_token", "filename", "is_key_frame", "ego_pose_token", "calibrated_sensor_token")
        for row in self._rows("sample_data", *needed):
            if row["is_key_frame"] and row["sample_token"] in frames:
                name = str(row["filename"])
                if name.startswith(_CAMERA):
                    photos[row["sample_token"]] = row
                elif name.startswith(_LIDAR):
                    points[row["sample_token"]] = row
        return photos, points

    def _sample(self, photo: Any, points: Any, scene: Any, logs: Mapping[str, str], poses: _Poses) -> NuScenesSample:
        location = logs.get(scene["log_token"], "")
        rotation, position = poses.of(photo)
        lidar = None
        if points is not None:
            lidar = (inside(self._root, points["filename"], self._folder), *poses.of(points))
        where = f"data set {self._folder}: sample {photo['sample_token']}"
        matrix = poses.sensor(photo).get("camera_intrinsic")
        camera = pinhole(matrix, photo.get("width"), photo.get("height"), where)
        return NuScenesSample(
            root=self._root,
            location=inside(self._root, location, self._folder).name,
            id=str(photo["sample_token"]),
            sequence=str(scene["name"]),
            image_path=inside(self._root, photo["filename"], self._folder),
            camera=camera,
            rotation=rotation,
            position=position,
            lidar=lidar,
        )

    def _rows(self, table: str, *needed: str) -> Iterator[dict[str, Any]]:
        path = self._folder / f"{table}.json"
        rows = read_json(path)
        if not isinstance(rows, list):
            raise DatasetError(f"data set {path}: want a list of rows")
        for number, row in enumerate(rows):
            absent = [key for key in needed if not isinstance(row, dict) or key not in row]
            if absent:
                raise DatasetError(f"data set {path}: row {number} has no {absent[0]}")
            yield row


@dataclass(frozen=True)
class _Poses:
    """Where sensors stood in the map."""

    folder: Path
    sensors: Mapping[str, Any]
    egos: Mapping[str, Any]

    def sensor(self, row: Any) -> dict[str, Any]:
        """calibrated_sensor of a row of sample_data."""
        found: dict[str, Any] = self._found(self.sensors, row, "calibrated_sensor")
        return found

    def of(self, row: Any) -> tuple[FloatArray, FloatArray]:
        """(3, 3) rotation and (3,) position of its sensor's frame in the map."""
        sensor, ego = self.sensor(row), self._found(self.egos, row, "ego_pose")
        try:
            turn = rotation_of(ego["rotation"])
            moved = turn @ np.array(sensor["translation"], np.float64) + np.array(ego["translation"], np.float64)
            return turn @ rotation_of(sensor["rotation"]), moved
        except (TypeError, ValueError) as error:
            raise DatasetError(f"data set {self.folder}: a pose of {row['filename']} is none: {error}") from error

    def _found(self, rows: Mapping[str, Any], row: Any, table: str) -> Any:
        token = row[f"{table}_token"]
        if token not in rows:
            raise DatasetError(f"data set {self.folder}: {table}.json has no {token}, which {row['filename']} names")
        return rows[token]


def _points(path: Path) -> FloatArray:
    """(n, 3) of a file of float32 x, y, z, intensity, ring."""
    try:
        values = np.frombuffer(path.read_bytes(), np.float32)
        return values.reshape(-1, 5)[:, :3].astype(np.float64)
    except (OSError, ValueError) as error:
        raise DatasetError(f"data set {path}: no points of five numbers each: {error}") from error
