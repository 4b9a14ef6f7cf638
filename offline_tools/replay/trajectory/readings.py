# SPDX-License-Identifier: Apache-2.0
"""What a recording says of its own motion: odometry, transforms, satellite fixes, the IMU's orientation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mia_ros.bag import BagMessage, BagReader
from mia_ros.errors import BagError, GravityError, MessageError
from mia_ros.nodes.convert import read_pose, read_transforms
from mia_ros.orientation import given_orientation
from offline_tools.replay.trajectory.frames import FrameLog
from offline_tools.replay.trajectory.thinning import Thinned

if TYPE_CHECKING:
    from mia_ros.replay import ReplayTopics

#: Read beyond both ends of the stretch, s: the path is smoother for it.
_MARGIN = 20.0
#: One standard deviation of a fix that does not say how good it is, m.
UNKNOWN_SIGMA = 3.0
#: NavSatStatus: no fix; NavSatFix: covariance unknown.
_NO_FIX, _UNKNOWN = -1, 0


@dataclass(eq=False)
class Readings:
    """Thinned to some ten a second.

    odometry: rows of rotation (9) and translation (3) of `body`. fixes: latitude, longitude, sigma (m).
    orientations: quaternions x, y, z, w of the IMU in its world.
    """

    frames: FrameLog = field(default_factory=FrameLog)
    odometry: Thinned = field(default_factory=lambda: Thinned(12))
    body: str = ""
    fixes: Thinned = field(default_factory=lambda: Thinned(3))
    antenna: str = ""
    orientations: Thinned = field(default_factory=lambda: Thinned(4))
    imu: str = ""
    refused: int = 0  # messages that hold no numbers, and fixes that are none
    damaged: str = ""
    span: tuple[int, int] | None = None  # ns, the stretch by the stamps of headers


def read_motion(bag: Path, topics: ReplayTopics, start: int, stop: int) -> Readings:
    """All of the stretch start <= received < stop (ns) and a little around it; what is static, from anywhere."""
    found = Readings()
    with BagReader(bag, salvage=True) as reader:
        try:
            for message in _messages(reader, topics, start, stop):
                _take(found, topics, message)
                if start <= message.received < stop and message.topic not in topics.tf:
                    first, last = found.span or (message.stamp, message.stamp)
                    found.span = min(first, message.stamp), max(last, message.stamp)
        except BagError as error:
            # What could be read of a damaged recording is worth having; whoever reads its images says where it ends.
            found.damaged = str(error)
    return found


def _messages(reader: BagReader, topics: ReplayTopics, start: int, stop: int) -> Iterator[BagMessage]:
    there = reader.topics
    fixed = [name for name in topics.tf if name in there and (there[name].latched or name.endswith("tf_static"))]
    # Of the IMU, which is fast, only the yaw is wanted, and that where there is no odometry.
    imu = topics.imu if topics.fix and not topics.odometry else ""
    moving = [name for name in (*topics.tf, topics.odometry, topics.fix, imu) if name in there]
    yield from reader.messages(fixed)
    margin = round(_MARGIN * 1e9)
    yield from reader.messages([name for name in moving if name not in fixed], start - margin, stop + margin)


def _take(found: Readings, topics: ReplayTopics, message: BagMessage) -> None:
    kinds: dict[str, Callable[[Readings, BagMessage], None]] = dict.fromkeys(topics.tf, _take_transforms)
    kinds |= {topics.odometry: _take_odometry, topics.fix: _take_fix, topics.imu: _take_orientation}
    try:
        kinds[message.topic](found, message)
    except (MessageError, GravityError):
        found.refused += 1


def _take_transforms(found: Readings, message: BagMessage) -> None:
    for transform in read_transforms(message.message):
        found.frames.add(transform)


def _take_odometry(found: Readings, message: BagMessage) -> None:
    rotation, place = read_pose(message.message)
    found.body = message.message.child_frame_id.lstrip("/")
    found.odometry.add(message.stamp, [*rotation.ravel().tolist(), *place.tolist()])


def _take_fix(found: Readings, message: BagMessage) -> None:
    fix = message.message
    place = float(fix.latitude), float(fix.longitude)
    # A receiver that has no fix says so, or NaN, or the point off Africa where both are 0.
    if fix.status.status == _NO_FIX or not all(map(math.isfinite, place)) or place == (0.0, 0.0):
        found.refused += 1
        return
    found.antenna = fix.header.frame_id.lstrip("/")
    found.fixes.add(message.stamp, [*place, _sigma(fix)])


def _take_orientation(found: Readings, message: BagMessage) -> None:
    q = message.message.orientation
    given = given_orientation((q.x, q.y, q.z, q.w), message.message.orientation_covariance)
    if given is not None:
        found.imu = message.message.header.frame_id.lstrip("/")
        found.orientations.add(message.stamp, given)


def _sigma(fix: Any) -> float:
    """Of east and north together, metres."""
    if fix.position_covariance_type == _UNKNOWN:
        return UNKNOWN_SIGMA
    variance = float(np.mean([fix.position_covariance[0], fix.position_covariance[4]]))
    return math.sqrt(variance) if math.isfinite(variance) and variance >= 0 else UNKNOWN_SIGMA
