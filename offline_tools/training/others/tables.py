# SPDX-License-Identifier: Apache-2.0
"""What the readers of other data sets share: paths that files name, parts that are shares, positions without globe."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray
from mia_ros.camera import Camera
from mia_ros.errors import CameraError
from mia_ros.taxonomy import CLASS_INDEX, CLASS_NAMES
from offline_tools.errors import DatasetError

T = TypeVar("T")

_SHARE = re.compile(r"(?P<part>[A-Za-z]+)_(?P<percent>\d{1,3})")


def inside(root: Path, name: object, where: Path) -> Path:
    """The file that a table names, which must lie below `root`."""
    path = PurePosixPath(str(name))
    if not isinstance(name, str) or path.is_absolute() or ".." in path.parts or not path.parts:
        raise DatasetError(f"data set {where}: names the file {name!r}, which is not below {root}")
    return root / path


def part_and_percent(part: str) -> tuple[str, int]:
    """train_10 -> (train, 10); a part without a share is whole."""
    found = _SHARE.fullmatch(part)
    if found is None:
        return part, 100
    percent = int(found["percent"])
    if not 1 <= percent <= 100:
        raise DatasetError(f"part '{part}': {percent} percent, want 1 to 100")
    return found["part"], percent


def first_percent(items: Sequence[T], percent: int) -> Sequence[T]:
    """The first of them, as the published subsets are; at least one where there are any."""
    return items[: max(1, len(items) * percent // 100)]


def pinhole(matrix: Any, width: Any, height: Any, where: str) -> Camera:
    """The camera of a (3, 3) matrix that counts pixels from the image's corner."""
    try:
        (fx, _, cx), (_, fy, cy), _ = np.asarray(matrix, np.float64).reshape(3, 3).tolist()
        return Camera(width, height, fx, fy, cx - 0.5, cy - 0.5)
    except (CameraError, TypeError, ValueError) as error:
        raise DatasetError(f"{where}: its camera is none: {error}") from error


def rotation_of(quaternion: Any) -> FloatArray:
    """(3, 3) of a quaternion w, x, y, z."""
    w, x, y, z = np.asarray(quaternion, np.float64) / np.linalg.norm(quaternion)
    vector = np.array([x, y, z])
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray((w * w - vector @ vector) * np.eye(3) + 2 * np.outer(vector, vector) + 2 * w * cross)


def six_classes(layers: dict[str, BoolArray]) -> BoolArray:
    """(100, 100, 6) bool from layers (100, 100) by the names of their classes."""
    mask = np.zeros((100, 100, len(CLASS_NAMES)), bool)
    for name, layer in layers.items():
        mask[..., CLASS_INDEX[name]] = layer
    return mask


NOWHERE = math.nan
