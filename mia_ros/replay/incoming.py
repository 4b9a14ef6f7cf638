# SPDX-License-Identifier: Apache-2.0
"""What comes out of a bag for a replay: its images decoded, all other messages as they are, in the order of receipt."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2

from mia_ros.arrays import UInt8Array
from mia_ros.bag import BagMessage, BagReader
from mia_ros.errors import MiaError
from mia_ros.nodes.convert import read_image, read_stamp
from mia_ros.replay.topics import ReplayTopics, is_static

SECOND = 10**9
#: Of the bag before the stretch: the IMU's samples in it let gravity settle.
WARM_UP = 10 * SECOND
#: And after it: what the last images still wait for.
LOOK_AHEAD = 1 * SECOND


@dataclass(frozen=True, eq=False)
class Shot:
    """An image. index: over those that are taken. stamp: of its header, 0 where there is none; ns.

    frame: None where it was not decoded; flaw: why not. skipped: it is not to be mapped. likeness: equal for equal
    bytes, of skipped ones alone.
    """

    index: int
    stamp: int
    received: int
    frame_id: str
    frame: UInt8Array | None
    flaw: str = ""
    decode_ms: float = 0.0
    skipped: bool = False
    likeness: int = 0


class Other(NamedTuple):
    """A message that is no image."""

    topic: str
    type: str
    received: int
    message: Any


@dataclass(frozen=True)
class Stretch:
    """Which images: start <= received < stop (ns), each `every`-th of them, without the first `skip`."""

    start: int
    stop: int
    every: int = 1
    skip: int = 0


def foreknown(bag: BagReader, topics: ReplayTopics, stretch: Stretch) -> Iterator[Other]:
    """What holds from the start, though it may have been received later: static transforms, the first camera_info."""
    children: set[str] = set()
    for each in bag.messages([name for name in topics.tf if is_static(name)]):
        new = {link.child_frame_id for link in each.message.transforms} - children
        if new:
            children |= new
            yield Other(*each)
    if topics.camera_info:
        near = bag.messages([topics.camera_info], max(0, stretch.start - WARM_UP))
        first = next(near, None) or next(bag.messages([topics.camera_info]), None)
        if first is not None:
            yield Other(*first)


def incoming(bag: BagReader, topics: ReplayTopics, stretch: Stretch) -> Iterator[Shot | Other]:
    """All that a replay needs, from some time before the stretch until some time after."""
    wanted = [topics.image, *(each for each in (topics.camera_info, topics.imu) if each), *topics.tf]
    images = 0
    for each in bag.messages(wanted, max(0, stretch.start - WARM_UP), stretch.stop + LOOK_AHEAD):
        if each.topic != topics.image:
            yield Other(*each)
        elif stretch.start <= each.received < stretch.stop:
            if images % stretch.every == 0:
                yield _shot(each, images // stretch.every, stretch.skip, topics.image_type)
            images += 1


def weight(item: Shot | Other) -> float:
    """Bytes, about."""
    return 1000.0 if not isinstance(item, Shot) or item.frame is None else float(item.frame.nbytes)


def _shot(each: BagMessage, index: int, skip: int, kind: str) -> Shot:
    if each.type != kind:
        flaw = f"image: {each.topic} holds {kind}, but this message is of type {each.type}"
        return Shot(index, 0, each.received, "", None, flaw, skipped=index < skip)
    stamp, frame_id = read_stamp(each.message), str(each.message.header.frame_id)
    likeness = zlib.crc32(each.message.data) if index < skip else 0
    if index < skip - 1:
        return Shot(index, stamp, each.received, frame_id, None, skipped=True, likeness=likeness)
    started = time.perf_counter_ns()
    frame, flaw = _decoded(each.message)
    took = (time.perf_counter_ns() - started) * 1e-6
    return Shot(index, stamp, each.received, frame_id, frame, flaw, took, index < skip, likeness)


def _decoded(message: Any) -> tuple[UInt8Array | None, str]:
    """The frame, or why there is none."""
    try:
        return read_image(message), ""
    except MiaError as error:
        return None, f"image: {error}"
    except (cv2.error, MemoryError) as error:  # what a damaged picture makes of a decoder
        return None, f"image: cannot be decoded: {' '.join(str(error).split())}"
