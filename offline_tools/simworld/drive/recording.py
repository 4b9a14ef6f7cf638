# SPDX-License-Identifier: Apache-2.0
"""A drive as a rosbag2."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mia_ros.arrays import Array, UInt8Array
from mia_ros.bag import BagWriter
from mia_ros.camera import Camera
from mia_ros.semantic_map import SemanticMap
from offline_tools.simworld.drive.drive import Drive
from offline_tools.simworld.drive.messages import drive_messages, drive_topics


def record(
    drive: Drive,
    frames: Iterable[UInt8Array],
    truth: Iterable[SemanticMap | Array] | None,
    out: str | Path,
    camera: Camera,
    *,
    storage: str = "mcap",
    images: str = "jpeg",
    quality: int = 90,
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Write a drive to the rosbag2 folder `out`; it is there when all of it is written.

    frames: one (H, W, 3) uint8 BGR for each image; truth: for each a SemanticMap, or a mask (rows, columns, 6) of the
    network's grid. Both may be generators: one at a time is held. images: jpeg (of `quality`), png or raw. about: what
    else belongs into drive.json, the map and its style for example.
    """
    topics = drive_topics(images, truth is not None)
    manifest = json.dumps(described(drive, camera, about or {}), indent=1) + "\n"
    with BagWriter(out, storage, {"mia_ros": manifest}) as bag:
        for topic in topics.values():
            bag.add_topic(topic.name, topic.type, latched=topic.latched)
        for entry in drive_messages(drive, frames, truth, camera, images=images, quality=quality):
            bag.write(entry.topic, entry.message, entry.stamp)
        bag.write_text("drive.json", manifest)
    return Path(out)


def described(drive: Drive, camera: Camera, about: Mapping[str, Any]) -> dict[str, Any]:
    """What drive.json says: the resolved plan, where the world's origin is, and what is not as it should be."""
    return {
        **about,
        "plan": drive.plan.as_dict(),
        "origin": {"lat": drive.frame.lat0, "lon": drive.frame.lon0},
        "camera": {"mount": dataclasses.asdict(drive.camera), "intrinsics": dataclasses.asdict(camera)},
        "images": len(drive),
        "notes": list(drive.notes),
    }
