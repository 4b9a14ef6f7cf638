# SPDX-License-Identifier: Apache-2.0
"""Recordings of a robot with a camera and an IMU, to be spoilt by tests before they are written."""

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from mia_ros import Camera, ImuSample
from mia_ros.bag import BagMessages, BagWriter, to_cdr
from mia_ros.bag.messages import typestore
from mia_ros.nodes.convert import (
    camera_info_message,
    compressed_image_message,
    image_message,
    imu_message,
    transforms_message,
)
from mia_ros.transform import Transform
from tests.mia_ros.scenes import blocks

SECOND, MS = 10**9, 10**6
START = 1_700_000_000 * SECOND
IMAGE, INFO, IMU, TF = "/camera/image_raw", "/camera/camera_info", "/imu/data", "/tf_static"
COMPRESSED = f"{IMAGE}/compressed"
FRAME, IMU_FRAME, BASE = "camera_optical_frame", "imu_link", "base_link"
WIDTH, HEIGHT = 160, 120
#: Measured, as it seems: nothing about it is round.
CAMERA = Camera(WIDTH, HEIGHT, 101.3, 102.1, 80.7, 58.9)
SCENE = blocks(WIDTH, HEIGHT).astype(np.int16)
#: Axes of the camera optical frame in base_link: x right, y down, z forward.
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
CAMERA_HEIGHT = 1.1
#: The robot nods: its pitch, rad, and how fast, rad/s.
NOD, PACE = 0.08, 2.0
#: How long images and IMU samples take to be received.
IMAGE_DELAY, IMU_DELAY = 20 * MS, 1 * MS
MESSAGES = BagMessages()
KINDS = {
    IMAGE: "sensor_msgs/msg/Image",
    COMPRESSED: "sensor_msgs/msg/CompressedImage",
    INFO: "sensor_msgs/msg/CameraInfo",
    IMU: "sensor_msgs/msg/Imu",
    TF: "tf2_msgs/msg/TFMessage",
}


class Entry(NamedTuple):
    """A message of a recording."""

    received: int
    topic: str
    message: Any
    kind: str


def pitch_at(stamp: int) -> float:
    """Of the robot and its camera, rad; > 0 looks down."""
    return NOD * math.sin(PACE * (stamp - START) / SECOND)


def picture(k: int) -> np.ndarray:
    """Something to see, with the noise of a sensor."""
    noise = np.random.default_rng(k).integers(0, 6, (HEIGHT, WIDTH, 3), np.uint8)
    return np.clip(SCENE + noise, 0, 255).astype(np.uint8)


def robot(seconds: float = 2.0, *, fps: int = 10, compressed: bool = True, orientation: bool = True) -> list[Entry]:
    """A healthy recording: images, camera_info, 100 IMU samples a second from half a second earlier, static tf."""
    entries = [entry(START - SECOND, TF, _mounting())]
    for k in range(-50, round(seconds * 100) + 10):
        stamp = START + k * SECOND // 100
        entries.append(entry(stamp + IMU_DELAY, IMU, imu(stamp, orientation=orientation)))
    for k in range(round(seconds * fps)):
        stamp = START + k * SECOND // fps
        entries.append(entry(stamp + IMAGE_DELAY, INFO, camera_info_message(MESSAGES, CAMERA, stamp, FRAME)))
        entries.append(image_entry(picture(k), stamp, compressed=compressed))
    return entries


def entry(received: int, topic: str, message: Any) -> Entry:
    """A message on one of the topics above."""
    return Entry(received, topic, message, KINDS[topic])


def image_entry(frame: np.ndarray, stamp: int, *, compressed: bool = True) -> Entry:
    """An image as the camera sends it."""
    if compressed:
        return entry(stamp + IMAGE_DELAY, COMPRESSED, compressed_image_message(MESSAGES, frame, stamp, FRAME))
    return entry(stamp + IMAGE_DELAY, IMAGE, image_message(MESSAGES, frame, stamp, FRAME))


def imu(stamp: int, *, orientation: bool = True) -> Any:
    """What a resting IMU of that pitch measures; x forward, y left, z up."""
    pitch, rate = pitch_at(stamp), NOD * PACE * math.cos(PACE * (stamp - START) / SECOND)
    force = 9.81 * np.array([-math.sin(pitch), 0.0, math.cos(pitch)])
    turn = (0.0, math.sin(pitch / 2), 0.0, math.cos(pitch / 2)) if orientation else None
    return imu_message(MESSAGES, ImuSample(stamp, np.array([0.0, rate, 0.0]), force, turn), IMU_FRAME)


def stamped(message: Any, stamp: int) -> Any:
    """The message with another stamp."""
    when = dataclasses.replace(message.header.stamp, sec=stamp // SECOND, nanosec=stamp % SECOND)
    return dataclasses.replace(message, header=dataclasses.replace(message.header, stamp=when))


def changed(entries: Iterable[Entry], topic: str, change: Any) -> list[Entry]:
    """With `change` made to each message of a topic."""
    return [each._replace(message=change(each.message)) if each.topic == topic else each for each in entries]


def without(entries: Iterable[Entry], *topics: str) -> list[Entry]:
    """Without these topics."""
    return [each for each in entries if each.topic not in topics]


def renamed(entries: Iterable[Entry], old: str, new: str) -> list[Entry]:
    """With another name for a topic."""
    return [each._replace(topic=new) if each.topic == old else each for each in entries]


def write(path: Path, entries: Iterable[Entry], storage: str = "mcap") -> Path:
    """A bag of them, in the order of receipt."""
    ordered = sorted(entries, key=lambda each: each.received)
    with BagWriter(path, storage) as bag:
        for topic, kind in {each.topic: each.kind for each in ordered}.items():
            bag.add_topic(topic, kind)
        for each in ordered:
            bag.write(each.topic, each.message, each.received)
    return path


def write_ros1(path: Path, entries: Iterable[Entry]) -> Path:
    """A bag of ROS 1 of them, whose transforms are of the type of its first years."""
    old, transforms = get_typestore(Stores.ROS1_NOETIC), "tf/msg/tfMessage"
    old.register(get_types_from_msg("geometry_msgs/TransformStamped[] transforms", transforms))
    with Ros1Writer(path) as bag:
        topics: dict[str, Any] = {}
        for each in sorted(entries, key=lambda each: each.received):
            kind = transforms if each.topic == TF else each.kind
            if each.topic not in topics:
                topics[each.topic] = bag.add_connection(each.topic, kind, typestore=old)
            raw = typestore().cdr_to_ros1(to_cdr(each.message, each.kind), each.kind)
            bag.write(topics[each.topic], each.received, raw)
    return path


def _mounting() -> Any:
    links = [
        Transform(BASE, FRAME, START, OPTICAL, np.array([0.1, 0.0, CAMERA_HEIGHT])),
        Transform(BASE, IMU_FRAME, START, np.eye(3), np.zeros(3)),
    ]
    return transforms_message(MESSAGES, links)
