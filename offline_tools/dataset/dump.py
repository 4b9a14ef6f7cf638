# SPDX-License-Identifier: Apache-2.0
"""dump.json of a location: cameras and poses of its images, by sequence.

It counts pixels from the image's corner and angles in degrees; here (0, 0) is the centre of the first pixel, and
angles are radians, but for headings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mia_ros.arrays import Array, FloatArray
from mia_ros.camera import Camera
from mia_ros.errors import CameraError
from offline_tools.dataset.files import read_json
from offline_tools.dataset.layout import SIMULATION, is_safe
from offline_tools.errors import DatasetError

_VIEW_SUFFIX = "_undistorted"


@dataclass(frozen=True)
class View:
    """How an image was taken. Numbers that the file does not give are NaN."""

    camera: Camera
    lat: float  # degrees
    lon: float
    heading_deg: float  # clockwise from north, as the map is turned
    roll: float  # radians, signs as in Gravity
    pitch: float
    sequence: str = ""  # the drive that the image is of
    height: float = math.nan  # metres above level ground, where the ground is known to be level


@dataclass(frozen=True)
class PosedImage:
    """An image of a drive. `position` and `rotation` take the camera's optical frame to the world, east-north-up."""

    id: str
    camera: str
    lat: float
    lon: float
    altitude: float
    roll: float
    pitch: float
    yaw: float  # radians clockwise from north
    position: FloatArray  # (3,) metres
    rotation: FloatArray  # (3, 3)
    capture_time: int  # milliseconds since 1970
    chunk: int = 0


@dataclass(frozen=True)
class Drive:
    """The images of one sequence, in their order, and the cameras that they name."""

    cameras: Mapping[str, Camera]
    images: Sequence[PosedImage]


class Views:
    """The views of a location as columns: a million of them take some 100 MB, and processes can share them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cameras: list[Camera] = []
        self._sequences: list[str] = []
        found = sorted(self._entries(read_json(path)))
        ids = [entry[0] for entry in found]
        self._ids = np.array([id_.encode() for id_ in ids]) if ids else np.zeros(0, "S1")
        self._camera_of = np.array([entry[1] for entry in found], np.int32)
        self._sequence_of = np.array([entry[2] for entry in found], np.int32)
        self._numbers = np.array([entry[3] for entry in found], np.float64).reshape(-1, 6)
        self._level = (path.parent.parent / SIMULATION).is_file()

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, id_: str) -> View:
        """The view of a sample."""
        row = int(np.searchsorted(self._ids, id_.encode())) if len(self) else 0
        if row == len(self) or self._ids[row] != id_.encode():
            raise DatasetError(f"data set {self._path}: sample {id_} has no view there with a PINHOLE camera")
        lat, lon, heading, roll, pitch, height = self._numbers[row].tolist()
        camera, sequence = self._cameras[self._camera_of[row]], self._sequences[self._sequence_of[row]]
        height = height if self._level else math.nan
        return View(camera, lat, lon, heading, math.radians(roll), math.radians(pitch), sequence, height)

    def _entries(self, dump: Any) -> Iterator[tuple[str, int, int, tuple[float, ...]]]:
        for name, sequence in _mapping(dump).items():
            if not isinstance(sequence, dict):
                continue
            self._sequences.append(name)
            cameras = self._read_cameras(_mapping(sequence.get("cameras")))
            for key, view in _mapping(sequence.get("views")).items():
                id_ = key.removesuffix(_VIEW_SUFFIX)
                camera = cameras.get(str(view.get("camera_id"))) if isinstance(view, dict) else None
                if camera is not None and is_safe(id_):
                    yield id_, camera, len(self._sequences) - 1, _numbers(view)

    def _read_cameras(self, given: Mapping[str, Any]) -> dict[str, int]:
        found = {}
        for key, camera in given.items():
            read = _camera(camera)
            if read is not None:
                found[key] = len(self._cameras)
                self._cameras.append(read)
        return found


def dump_of(drives: Mapping[str, Drive]) -> dict[str, Any]:
    """The content of dump.json for drives by the names of their sequences."""
    return {name: _sequence(name, drive) for name, drive in drives.items()}


def _sequence(name: str, drive: Drive) -> dict[str, Any]:
    absent = {image.camera for image in drive.images} - drive.cameras.keys()
    if absent:
        raise DatasetError(f"sequence {name}: its images name cameras that it does not have: {sorted(absent)}")
    views = {f"{image.id}{_VIEW_SUFFIX}": _view(image, index) for index, image in enumerate(drive.images)}
    return {"views": views, "cameras": {key: _params(key, camera) for key, camera in drive.cameras.items()}}


def _view(image: PosedImage, index: int) -> dict[str, Any]:
    return {
        "camera_id": image.camera,
        "latlong": [image.lat, image.lon],
        "t_c2w": np.asarray(image.position, np.float64).tolist(),
        "R_c2w": np.asarray(image.rotation, np.float64).tolist(),
        "roll_pitch_yaw": [math.degrees(angle) for angle in (image.roll, image.pitch, image.yaw)],
        "capture_time": image.capture_time,
        "gps_position": [image.lat, image.lon, image.altitude],
        "compass_angle": math.degrees(image.yaw) % 360,
        "chunk_id": image.chunk,
        "index": index,
    }


def _params(key: str, camera: Camera) -> dict[str, Any]:
    if camera != camera.pinhole():
        raise DatasetError(f"camera {key}: has a lens or is turned; the data set holds undistorted, upright images")
    params = [camera.fx, camera.fy, camera.cx + 0.5, camera.cy + 0.5]
    return {"id": key, "model": "PINHOLE", "width": camera.width, "height": camera.height, "params": params}


def _camera(given: Any) -> Camera | None:
    """A camera from its corner-counted parameters; None where it is none, or no pinhole."""
    try:
        if given["model"] != "PINHOLE":
            return None
        fx, fy, cx, cy = (float(value) for value in given["params"])
        return Camera(given["width"], given["height"], fx, fy, cx - 0.5, cy - 0.5)
    except (CameraError, KeyError, TypeError, ValueError):
        return None


def _numbers(view: Mapping[str, Any]) -> tuple[float, ...]:
    lat, lon = _floats(view.get("latlong"), 2)
    roll, pitch, yaw = _floats(view.get("roll_pitch_yaw"), 3)
    (compass,) = _floats([view.get("compass_angle")], 1)
    *_, height = _floats(view.get("t_c2w"), 3)
    return lat, lon, yaw if math.isnan(compass) else compass, roll, pitch, height


def _floats(given: Any, count: int) -> Sequence[float]:
    try:
        values: Array = np.array(given, np.float64)
    except (TypeError, ValueError):
        return [math.nan] * count
    return values.tolist() if values.shape == (count,) else [math.nan] * count


def _mapping(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
