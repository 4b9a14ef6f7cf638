# SPDX-License-Identifier: Apache-2.0
"""A nuScenes of a few key frames, whose camera stands at 100 m east, 201.5 m north and looks north."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

NORTH = [math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]  # the vehicle's x axis, which is its nose, points north
OPTICAL = [0.5, -0.5, 0.5, -0.5]  # x right, y down, z ahead, in the vehicle's axes x ahead, y left, z up
MATRIX = [[60.0, 0.0, 40.5], [0.0, 60.0, 30.5], [0.0, 0.0, 1.0]]


def square(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north)]


def expansion(layers: dict[str, Sequence[Sequence[list[tuple[float, float]]]]]) -> dict[str, object]:
    """Map expansion of layers of polygons, each an outline and its holes."""
    content: dict[str, list[dict[str, object]]] = {"node": [], "polygon": []}
    for layer in ("drivable_area", "ped_crossing", "walkway", "carpark_area"):
        tokens = []
        for rings in layers.get(layer, ()):
            named = []
            for ring in rings:
                first = len(content["node"])
                content["node"] += [{"token": f"n{first + i}", "x": x, "y": y} for i, (x, y) in enumerate(ring)]
                named.append([f"n{first + i}" for i in range(len(ring))])
            token = f"p{len(content['polygon'])}"
            holes = [{"node_tokens": ring} for ring in named[1:]]
            content["polygon"].append({"token": token, "exterior_node_tokens": named[0], "holes": holes})
            tokens.append(token)
        whole = layer == "drivable_area"
        content[layer] = [{"polygon_tokens": tokens}] if whole else [{"polygon_token": token} for token in tokens]
    return content


def write(
    root: Path,
    scenes: dict[str, int],
    layers: dict[str, Sequence[Sequence[list[tuple[float, float]]]]],
    points: np.ndarray | None = None,
    pitch: float = 0.0,
) -> Path:
    """Scenes with so many key frames each; `points` (n, 3) of the lidar in the vehicle's axes from its middle."""
    half = pitch / 2  # nose down about the vehicle's y axis
    ego = _times(NORTH, [math.cos(half), 0.0, math.sin(half), 0.0])
    tables: dict[str, list[dict[str, object]]] = {
        "log": [{"token": "log", "location": "town"}],
        "calibrated_sensor": [
            {"token": "cam", "translation": [1.5, 0, 1.6], "rotation": OPTICAL, "camera_intrinsic": MATRIX},
            {"token": "lidar", "translation": [0, 0, 0], "rotation": [1, 0, 0, 0], "camera_intrinsic": []},
        ],
        "ego_pose": [{"token": "ego", "translation": [100, 200, 0], "rotation": ego}],
        "scene": [], "sample": [], "sample_data": [],
    }  # fmt: skip
    for scene, count in scenes.items():
        tables["scene"].append({"token": f"t-{scene}", "name": scene, "log_token": "log"})
        for index in range(count):
            frame = f"{scene}-{index}"
            tables["sample"].append({"token": frame, "scene_token": f"t-{scene}"})
            for sensor, name in (("cam", f"CAM_FRONT/{frame}.jpg"), ("lidar", f"LIDAR_TOP/{frame}.pcd.bin")):
                size = {"width": 80, "height": 60} if sensor == "cam" else {"width": 0, "height": 0}
                common = {"sample_token": frame, "ego_pose_token": "ego", "calibrated_sensor_token": sensor, **size}
                for key, folder in ((True, "samples"), (False, "sweeps")):
                    row = {"token": f"{folder}{sensor}{frame}", "filename": f"{folder}/{name}", "is_key_frame": key}
                    tables["sample_data"].append({**common, **row})
            _write_files(root / "samples", frame, points)
    (root / "v1.0-mini").mkdir(parents=True)
    for name, rows in tables.items():
        (root / f"v1.0-mini/{name}.json").write_text(json.dumps(rows))
    (root / "maps/expansion").mkdir(parents=True)
    (root / "maps/expansion/town.json").write_text(json.dumps(expansion(layers)))
    return root


def _write_files(folder: Path, frame: str, points: np.ndarray | None) -> None:
    for name in ("CAM_FRONT", "LIDAR_TOP"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"CAM_FRONT/{frame}.jpg"), np.full((60, 80, 3), 90, np.uint8))
    if points is not None:
        rows = np.zeros((len(points), 5), np.float32)
        rows[:, :3] = points
        (folder / f"LIDAR_TOP/{frame}.pcd.bin").write_bytes(rows.tobytes())


def _times(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """The product of two quaternions w, x, y, z."""
    (aw, ax, ay, az), (bw, bx, by, bz) = a, b
    return [
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    ]
