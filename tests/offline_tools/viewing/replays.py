# SPDX-License-Identifier: Apache-2.0
"""A small replay's folder, and the bag that was replayed: three images, of which the middle one gave no map."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import polars as pl

from mia_ros import Camera, Gravity, SemanticMap
from mia_ros.bag import BagWriter
from mia_ros.nodes.convert import (
    MapOrigin,
    camera_info_message,
    compressed_image_message,
    image_message,
    occupancy_message,
    semantic_map_message,
    transforms_message,
)
from mia_ros.transform import Transform

START, PERIOD = 1_700_000_000_000_000_000, 100_000_000
STAMPS = [START + k * PERIOD for k in range(3)]
DELAY = 7_000_000  # ns from stamp to receipt
CAMERA = Camera(64, 48, 50.0, 50.0, 31.5, 23.5)
ROLL, PITCH = 0.1, 0.05
#: x forward, y left, z up, as columns in the camera's axes, for a level camera.
OPTICAL_IN_BASE = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def photo(k: int) -> np.ndarray:
    """(48, 64, 3) BGR: one colour."""
    return np.full((48, 64, 3), (10 * k, 200, 40), np.uint8)


def map_of(stamp: int) -> SemanticMap:
    """Road (0.8) in the 40 rows that are near, sidewalk (0.6) left in them; the left 10 columns not observed."""
    layers = np.zeros((6, 100, 100), np.float32)
    layers[0, 60:, 50:], layers[2, 60:, :50] = 0.8, 0.6
    observed = np.ones((100, 100), bool)
    observed[:, :10] = False
    return SemanticMap(layers, observed, stamp)


def semantic_map_at(messages, stamp):
    origin = MapOrigin(Gravity.from_roll_pitch(ROLL, PITCH), 0.01, "an_engine")
    return semantic_map_message(messages, map_of(stamp), "camera_bev", origin)


def occupancy_at(messages, stamp):
    found = map_of(stamp)
    return occupancy_message(messages, found.costs("wheelchair"), found.grid, stamp, "camera_bev")


def write_robot_bag(path: Path, *, form: str = "png") -> Path:
    """What the robot recorded; form: png, jpeg or raw."""
    kind = "sensor_msgs/msg/Image" if form == "raw" else "sensor_msgs/msg/CompressedImage"
    topic = image_topic(form)
    with BagWriter(path) as bag:
        bag.add_topic(topic, kind)
        bag.add_topic("/camera/camera_info", "sensor_msgs/msg/CameraInfo")
        for k, stamp in enumerate(STAMPS):
            info = camera_info_message(bag.messages, CAMERA, stamp, "camera")
            bag.write("/camera/camera_info", info, stamp + DELAY - 1)
            bag.write(topic, _image(bag.messages, k, stamp, form), stamp + DELAY)
    return path


def image_topic(form: str) -> str:
    return "/camera/image_raw" + ("" if form == "raw" else "/compressed")


def write_maps(path: Path, stamps=(STAMPS[0], STAMPS[2])) -> Path:
    """What `mia replay` writes to OUT/maps."""
    with BagWriter(path) as bag:
        bag.add_topic("/semantic_map", "mia_ros/msg/BevSemanticMap")
        bag.add_topic("/occupancy", "nav_msgs/msg/OccupancyGrid")
        bag.add_topic("/layers/road", "nav_msgs/msg/OccupancyGrid")
        bag.add_topic("/bev_image", "sensor_msgs/msg/Image")
        bag.add_topic("/tf", "tf2_msgs/msg/TFMessage")
        bag.add_topic("/tf_static", "tf2_msgs/msg/TFMessage", latched=True)
        for stamp in stamps:
            picture = image_message(bag.messages, map_of(stamp).image(), stamp, "camera_bev")
            for topic, message in (
                ("/tf", transforms_message(bag.messages, [_bev_link(stamp)])),
                ("/semantic_map", semantic_map_at(bag.messages, stamp)),
                ("/occupancy", occupancy_at(bag.messages, stamp)),
                ("/layers/road", occupancy_at(bag.messages, stamp)),
                ("/bev_image", picture),
            ):
                bag.write(topic, message, stamp + DELAY)
    return path


def write_replay(folder: Path, *, form: str = "png") -> Path:
    """OUT of `mia replay`, finished, and its bag beside it."""
    out = folder / "out"
    out.mkdir()
    bag = write_robot_bag(folder / "drive", form=form)
    write_maps(out / "maps")
    table().write_parquet(out / "frames.parquet")
    (out / "metrics.json").write_text(json.dumps(metrics(bag, image_topic(form))))
    return out


def table() -> pl.DataFrame:
    down = Gravity.from_roll_pitch(ROLL, PITCH)
    mapped = [True, False, True]

    def where_mapped(value):
        return [value if has_map else None for has_map in mapped]

    return pl.DataFrame(
        {
            "index": [0, 1, 2],
            "stamp": STAMPS,
            "received": [stamp + DELAY for stamp in STAMPS],
            "problem": ["", "image", ""],
            "problem_line": ["", "the image is black", ""],
            "roll": where_mapped(ROLL),
            "pitch": where_mapped(PITCH),
            "gravity_x": where_mapped(down.x),
            "gravity_y": where_mapped(down.y),
            "gravity_z": where_mapped(down.z),
            "gravity_sigma": where_mapped(math.radians(2)),
            "coverage": where_mapped(0.9),
            "agreement": [0.5, None, None],
            "ms_decode": [1.0, 2.0, 3.0],
            "ms_network": where_mapped(20.0),
            "check_brightness": [100.0, 0.0, 100.0],
            "pose_x": [10.0, 13.0, 16.0],
            "pose_y": [5.0, 5.0, 5.0],
            "pose_yaw": [0.0, 0.0, math.pi / 2],
        },
        schema_overrides={"stamp": pl.Int64, "received": pl.Int64},
    )


def metrics(bag: Path, image: str) -> dict:
    return {
        "version": 1,
        "bag": {"path": str(bag), "seconds": 0.2, "images": 3, "damaged": ""},
        "topics": {"image": image, "camera_info": "/camera/camera_info"},
        "engine": {"name": "an_engine", "precision": "int8", "backend": "onnx-cpu"},
        "camera": {"width": 64, "height": 48, "fx": 50.0, "fy": 50.0, "cx": 31.5, "cy": 23.5, "source": "bag"},
        "images": {"seen": 3, "mapped": 2, "problems": {"image": 1}},
        "trajectory": {"source": "odometry", "metres": 6.0, "frames": 3},
        "truth": None,
        "verdict": [{"key": "level", "level": "good", "title": "The camera is level", "line": "0.2 deg.", "fix": ""}],
        "configuration": {"bag": str(bag)},
    }


def write_mapped_bag(path: Path, camera: Camera = CAMERA) -> Path:
    """A robot's camera, maps and tf in one bag; it drives 3 m along x from (10, 5) per image, and looks along y."""
    with BagWriter(path) as bag:
        for topic, kind in (
            ("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage"),
            ("/camera/camera_info", "sensor_msgs/msg/CameraInfo"),
            ("/semantic_map", "mia_ros/msg/BevSemanticMap"),
            ("/occupancy", "nav_msgs/msg/OccupancyGrid"),
            ("/bev_image", "sensor_msgs/msg/Image"),
            ("/tf", "tf2_msgs/msg/TFMessage"),
        ):
            bag.add_topic(topic, kind)
        bag.add_topic("/tf_static", "tf2_msgs/msg/TFMessage", latched=True)
        mount = Transform("base_link", "camera", START, OPTICAL_IN_BASE, np.array([0.0, 0.0, 1.2]))
        bag.write("/tf_static", transforms_message(bag.messages, [mount]), START)
        for k, stamp in enumerate(STAMPS):
            info = camera_info_message(bag.messages, camera, stamp, "camera")
            bag.write("/camera/camera_info", info, stamp + DELAY - 1)
            bag.write("/camera/image_raw/compressed", _image(bag.messages, k, stamp, "png"), stamp + DELAY)
            bag.write("/semantic_map", semantic_map_at(bag.messages, stamp), stamp + DELAY + 1)
            bag.write("/occupancy", occupancy_at(bag.messages, stamp), stamp + DELAY + 2)
            bag.write("/tf", transforms_message(bag.messages, [_bev_link(stamp)]), stamp + DELAY + 3)
            # The odometry is late, as odometry is.
            bag.write("/tf", transforms_message(bag.messages, [_odometry(k, stamp)]), stamp + DELAY + 20_000_000)
    return path


def _bev_link(stamp: int) -> Transform:
    return Transform("camera", "camera_bev", stamp, OPTICAL_IN_BASE.T, np.array([0.0, 1.2, 0.0]))


def _odometry(k: int, stamp: int) -> Transform:
    along_y = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return Transform("odom", "base_link", stamp, along_y, np.array([10.0 + 3 * k, 5.0, 0.0]))


def _image(messages, k, stamp, form):
    if form == "raw":
        return image_message(messages, photo(k), stamp, "camera")
    return compressed_image_message(messages, photo(k), stamp, "camera", form=form)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
