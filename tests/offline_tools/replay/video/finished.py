# SPDX-License-Identifier: Apache-2.0
"""A replay's folder, made of a simulated drive: its true maps stand for those of an engine."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from mia_ros.bag import BagReader, BagWriter
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import read_pose, read_semantic_map
from mia_ros.replay import ReplayTopics
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES

IMAGE, INFO, IMU = "/camera/image_raw/compressed", "/camera/camera_info", "/imu/data"
TOPICS = ReplayTopics(
    image=IMAGE,
    image_type="sensor_msgs/msg/CompressedImage",
    camera_info=INFO,
    imu=IMU,
    tf=("/tf", "/tf_static"),
    odometry="/odom",
    fix="/gps/fix",
    truth="/truth/semantic_map",
    images=0,
    notes=(),
)


class Pose(NamedTuple):
    x: float
    y: float
    yaw: float


class Poses:
    """A trajectory of poses by stamp."""

    def __init__(self, poses: dict[int, Pose]) -> None:
        self._poses = poses

    def at(self, stamp: int) -> Pose | None:
        return self._poses.get(stamp)


def true_poses(bag: Path) -> Poses:
    """Of base_link, by the stamps of the images."""
    with BagReader(bag) as reader:
        return Poses({each.stamp: _pose(each.message) for each in reader.messages(["/truth/pose"])})


def finish(bag: Path, folder: Path, *, without: tuple[int, ...] = ()) -> Path:
    """Write frames.parquet and maps/ of a drive; the images in `without` have a problem, and no map."""
    folder.mkdir(parents=True, exist_ok=True)
    with BagReader(bag) as reader:
        images = [(each.received, each.stamp) for each in reader.messages([IMAGE])]
        maps = [each.message for each in reader.messages(["/truth/semantic_map"])]
    with BagWriter(folder / "maps", "mcap", {}) as writer:
        writer.add_topic("/mia/semantic_map", "mia_ros/msg/BevSemanticMap")
        for k, (received, _) in enumerate(images):
            if k not in without:
                writer.write("/mia/semantic_map", maps[k], received)
    rows = [_row(k, *images[k], maps[k], k in without) for k in range(len(images))]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "frames.parquet")
    return folder


def _row(index: int, received: int, stamp: int, message: object, problem: bool) -> dict:
    found: SemanticMap = read_semantic_map(message)
    gravity = Gravity.from_vector([message.gravity.x, message.gravity.y, message.gravity.z])
    present = found.present()
    wave = math.sin(index / 9)
    return {
        "index": index,
        "stamp": stamp,
        "received": received,
        "frame_id": "camera_optical_frame",
        "problem": "gravity" if problem else "",
        "problem_line": "gravity: no IMU sample yet; is the topic imu right?" if problem else "",
        "width": 640,
        "height": 480,
        "roll": gravity.roll,
        "pitch": gravity.pitch,
        **dict(zip(("gravity_x", "gravity_y", "gravity_z"), gravity.vector.tolist(), strict=True)),
        "gravity_sigma": 0.01,
        "gravity_source": "accelerometer",
        "coverage": float(found.observed.mean()),
        "confidence": float(found.confidence()[found.observed].mean()),
        **{
            f"share_{name}": float(layer[found.observed].mean())
            for name, layer in zip(CLASS_NAMES, present, strict=True)
        },
        "ms_decode": 2.5 + 0.3 * wave,
        "ms_level": 1.8,
        "ms_network": 12 + 2 * wave,
        "ms_unpack": 0.9,
        "flicker": 0.08 + 0.05 * wave,
        "agreement": 0.6 + 0.2 * wave,
    }


def _pose(message: object) -> Pose:
    rotation, place = read_pose(message)
    ahead = np.asarray(rotation)[:, 0]
    return Pose(float(place[0]), float(place[1]), math.atan2(ahead[1], ahead[0]))
