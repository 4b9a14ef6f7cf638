# SPDX-License-Identifier: Apache-2.0
"""Cameras from files: what camera_calibration writes, and what `ros2 topic echo` prints of a camera_info."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mia_ros.camera import Camera, Roi
from mia_ros.errors import CameraError

#: Field of camera_info: its names in a calibration file, in `ros2 topic echo`, in ROS 1.
_NAMES = {
    "width": ("image_width", "width"),
    "height": ("image_height", "height"),
    "K": ("camera_matrix", "k", "K"),
    "D": ("distortion_coefficients", "d", "D"),
    "P": ("projection_matrix", "p", "P"),
    "model": ("distortion_model",),
}


def read_camera(path: str | Path, *, rectified: bool = False, rotate: int = 0) -> Camera:
    """The camera of a camera_info YAML file; arguments as for Camera.from_camera_info."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CameraError(f"camera {path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise CameraError(f"camera {path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, Mapping):
        raise CameraError(f"camera {path}: not a camera_info; want image_width, image_height, camera_matrix ...")
    try:
        return _from_fields(content, rectified, rotate)
    except CameraError as error:
        raise CameraError(f"camera {path}: {error}") from error


def _from_fields(content: Mapping[str, Any], rectified: bool, rotate: int) -> Camera:
    return Camera.from_camera_info(
        _number(content, "width"),
        _number(content, "height"),
        _numbers(content, "K"),
        _numbers(content, "D", []),
        str(content.get("distortion_model", "")),
        P=_numbers(content, "P", []) or None,
        binning_x=int(content.get("binning_x", 0)),
        binning_y=int(content.get("binning_y", 0)),
        roi=_roi(content.get("roi") or {}),
        rectified=rectified,
        rotate=rotate,
    )


def _field(content: Mapping[str, Any], field: str) -> Any:
    for name in _NAMES[field]:
        if name in content:
            return content[name]
    return None


def _number(content: Mapping[str, Any], field: str) -> int:
    value = _field(content, field)
    if not isinstance(value, int):
        raise CameraError(f"{_NAMES[field][0]}: {value!r}, want a whole number of pixels")
    return value


def _numbers(content: Mapping[str, Any], field: str, default: list[float] | None = None) -> list[float]:
    value = _field(content, field)
    if isinstance(value, Mapping):
        value = value.get("data")
    if value is None and default is not None:
        return default
    if not isinstance(value, list) or not all(isinstance(entry, (int, float)) for entry in value):
        raise CameraError(f"{_NAMES[field][0]}: {value!r}, want a list of numbers")
    return [float(entry) for entry in value]


def _roi(fields: Mapping[str, Any]) -> Roi:
    return Roi(*(int(fields.get(name, 0)) for name in Roi._fields))
