# SPDX-License-Identifier: Apache-2.0
"""A drive as messages, with the topics of a real robot and the truth beside them.

Frames (REP 103, REP 105): odom -> base_link as the wheels see it; base_link -> imu_link, gps_link and
camera_optical_frame, fixed; camera_optical_frame -> camera_optical_frame_bev_truth, where the true maps lie. True poses
are in `map`: x east, y north, z up, metres from the origin that drive.json names.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mia_ros.arrays import Array, UInt8Array
from mia_ros.bag import BagMessages, Topic
from mia_ros.camera import Camera
from mia_ros.nodes import convert
from mia_ros.semantic_map import SemanticMap
from mia_ros.transform import Transform
from offline_tools.errors import SimulationError
from offline_tools.simworld.drive.drive import Drive
from offline_tools.simworld.drive.imu import GRADES
from offline_tools.simworld.drive.mounting import Mount

CAMERA, IMU, GPS, BASE, ODOM, MAP = "camera_optical_frame", "imu_link", "gps_link", "base_link", "odom", "map"
TRUTH_FRAME = f"{CAMERA}_bev_truth"
TOPICS = {
    "/camera/camera_info": "sensor_msgs/msg/CameraInfo",
    "/imu/data": "sensor_msgs/msg/Imu",
    "/odom": "nav_msgs/msg/Odometry",
    "/gps/fix": "sensor_msgs/msg/NavSatFix",
    "/tf": "tf2_msgs/msg/TFMessage",
    "/tf_static": "tf2_msgs/msg/TFMessage",
    "/truth/pose": "geometry_msgs/msg/PoseStamped",
    "/truth/semantic_map": "mia_ros/msg/BevSemanticMap",
    "/truth/occupancy": "nav_msgs/msg/OccupancyGrid",
}
IMAGE_TOPICS = {
    "jpeg": ("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage"),
    "png": ("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage"),
    "raw": ("/camera/image_raw", "sensor_msgs/msg/Image"),
}
#: Whose costs the true occupancy shows.
_PROFILES = {"wheelchair": "wheelchair", "sidewalk_robot": "sidewalk_robot", "pedestrian": "wheelchair", "car": "car"}


class Entry(NamedTuple):
    """A message and where it belongs; entries of one stamp keep the order of their sources."""

    stamp: int
    source: int
    topic: str
    message: Any


def drive_topics(images: str, truth: bool) -> dict[str, Topic]:
    """All topics by name; their numbers of messages are not known before. images: jpeg, png or raw."""
    if images not in IMAGE_TOPICS:
        raise SimulationError(f"images '{images}': choose {', '.join(IMAGE_TOPICS)}")
    found = {}
    for name, kind in (*TOPICS.items(), IMAGE_TOPICS[images]):
        if truth or not name.startswith("/truth/") or name == "/truth/pose":
            found[name] = Topic(name, kind, 0, latched=name == "/tf_static")
    return found


def drive_messages(
    drive: Drive,
    frames: Iterable[UInt8Array],
    truth: Iterable[SemanticMap | Array] | None,
    camera: Camera,
    *,
    images: str = "jpeg",
    quality: int = 90,
) -> Iterator[Entry]:
    """All messages in the order of time; frames and truth as for `record`, taken one by one."""
    scribe = _Scribe(drive, camera, images, quality)
    return heapq.merge(*scribe.sources(frames, truth), key=lambda entry: entry[:2])


class _Scribe:
    """Makes the messages, each source in the order of time."""

    def __init__(self, drive: Drive, camera: Camera, images: str, quality: int) -> None:
        self._messages = BagMessages()
        self._drive = drive
        self._camera = camera
        self._images = images
        self._quality = quality

    def sources(
        self, frames: Iterable[UInt8Array], truth: Iterable[SemanticMap | Array] | None
    ) -> list[Iterator[Entry]]:
        """What to merge. What others build on comes first: tf before the sensors, camera_info before its image."""
        found = [self._fixed(0), self._wheels(1), self._imu(2), self._fixes(3), self._poses(4), self._frames(5, frames)]
        return [*found, self._truth(6, truth)] if truth is not None else found

    def _fixed(self, source: int) -> Iterator[Entry]:
        stamp = self._drive.epoch
        mounts = (
            (CAMERA, self._drive.camera.optical, self._drive.camera),
            (IMU, self._drive.plan.imu.rotation, self._drive.plan.imu),
            (GPS, np.eye(3), Mount()),
        )
        transforms = [Transform(BASE, child, stamp, turn, mount.position) for child, turn, mount in mounts]
        yield Entry(stamp, source, "/tf_static", convert.transforms_message(self._messages, transforms))

    def _wheels(self, source: int) -> Iterator[Entry]:
        wheels = self._drive.odometry
        for k, stamp in enumerate(wheels.stamps.tolist()):
            place, yaw = np.array([*wheels.position[k], 0.0]), float(wheels.yaw[k])
            speed, rate = float(wheels.speed[k]), float(wheels.yaw_rate[k])
            turn = Mount(yaw=yaw).rotation
            moved = convert.transforms_message(self._messages, [Transform(ODOM, BASE, stamp, turn, place)])
            yield Entry(stamp, source, "/tf", moved)
            message = convert.odometry_message(self._messages, stamp, (ODOM, BASE), place, yaw, speed, rate)
            yield Entry(stamp, source, "/odom", message)

    def _imu(self, source: int) -> Iterator[Entry]:
        plan = self._drive.plan
        grade, bandwidth = GRADES[plan.imu_grade], plan.imu_hz**0.5
        for sample in self._drive.imu.samples():
            message = convert.imu_message(
                self._messages,
                sample,
                IMU,
                rate_sigma=grade.gyro_noise * bandwidth,
                force_sigma=grade.accel_noise * bandwidth,
            )
            yield Entry(sample.stamp, source, "/imu/data", message)

    def _fixes(self, source: int) -> Iterator[Entry]:
        fixes = self._drive.fixes
        for k, stamp in enumerate(fixes.stamps.tolist()):
            place = float(fixes.lat[k]), float(fixes.lon[k]), float(fixes.height[k])
            yield Entry(stamp, source, "/gps/fix", convert.fix_message(self._messages, stamp, GPS, place, fixes.sigma))

    def _poses(self, source: int) -> Iterator[Entry]:
        drive = self._drive
        for k, stamp in enumerate(drive.stamps.tolist()):
            turn, place = drive.body_rotations[k], drive.body_positions[k]
            yield Entry(stamp, source, "/truth/pose", convert.pose_message(self._messages, stamp, MAP, turn, place))

    def _frames(self, source: int, frames: Iterable[UInt8Array]) -> Iterator[Entry]:
        topic, _ = IMAGE_TOPICS[self._images]
        for stamp, frame in _paired(self._drive, frames, "frames"):
            self._camera.check_frame(frame)
            info = convert.camera_info_message(self._messages, self._camera, stamp, CAMERA)
            yield Entry(stamp, source, "/camera/camera_info", info)
            yield Entry(stamp, source, topic, self._picture(frame, stamp))

    def _picture(self, frame: UInt8Array, stamp: int) -> Any:
        if self._images == "raw":
            return convert.image_message(self._messages, frame, stamp, CAMERA)
        return convert.compressed_image_message(
            self._messages, frame, stamp, CAMERA, form=self._images, quality=self._quality
        )

    def _truth(self, source: int, truth: Iterable[SemanticMap | Array]) -> Iterator[Entry]:
        drive, profile = self._drive, _PROFILES[self._drive.plan.kind]
        for k, (stamp, given) in enumerate(_paired(drive, truth, "truth")):
            semantic_map = _as_map(given, stamp)
            gravity = drive.gravity(k)
            turn, place = convert.bev_pose(gravity, float(drive.camera_positions[k, 2]))
            tied = convert.transforms_message(self._messages, [Transform(CAMERA, TRUTH_FRAME, stamp, turn, place)])
            yield Entry(stamp, source, "/tf", tied)
            origin = convert.MapOrigin(gravity, gravity_sigma=0.0, engine_name="truth")
            message = convert.semantic_map_message(self._messages, semantic_map, TRUTH_FRAME, origin)
            yield Entry(stamp, source, "/truth/semantic_map", message)
            costs = semantic_map.costs(profile)
            grid = convert.occupancy_message(self._messages, costs, semantic_map.grid, stamp, TRUTH_FRAME)
            yield Entry(stamp, source, "/truth/occupancy", grid)


def _paired(drive: Drive, given: Iterable[Any], what: str) -> Iterator[tuple[int, Any]]:
    """Each image's stamp with what was given for it; refuses too few."""
    items = iter(given)
    for k, stamp in enumerate(drive.stamps.tolist()):
        try:
            item = next(items)
        except StopIteration:
            raise SimulationError(f"{what}: ended after {k}, but the drive has {len(drive)} images") from None
        yield stamp, item


def _as_map(given: SemanticMap | Array, stamp: int) -> SemanticMap:
    if isinstance(given, SemanticMap):
        return dataclasses.replace(given, stamp=stamp)
    layers = np.moveaxis(np.asarray(given) != 0, -1, 0)
    return SemanticMap(layers.astype(np.float32), np.ones(layers.shape[1:], np.bool_), stamp)
