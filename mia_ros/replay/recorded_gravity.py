# SPDX-License-Identifier: Apache-2.0
"""RecordedGravity: what levelled the images on the day, from the maps that were recorded then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mia_ros.bag import BagReader
from mia_ros.bag.messages import SEMANTIC_MAP
from mia_ros.errors import GravityUnavailable, MiaError, ReplayError
from mia_ros.gravity import Gravity
from mia_ros.nodes.convert import read_stamp
from mia_ros.runtime.levelling import GravityReading

#: Of the newest stamps, so many are remembered; images are asked for in about their order.
_MOST = 2_000


class RecordedGravity:
    """Gravity by the image's stamp, from a BevSemanticMap topic, which is read as far as it is needed. Close it."""

    def __init__(self, bag: Path, topic: str, start: int) -> None:
        self._topic = topic
        self._bag = BagReader(bag, salvage=True)
        self._bag.__enter__()
        self._known: dict[int, GravityReading] = {}
        self._newest: int | None = None
        try:
            self._maps = self._opened(start)
        except BaseException:
            self.close()
            raise

    def at(self, stamp: int, image_frame: str) -> GravityReading:  # noqa: ARG002 - it is in the image's frame already
        """Of the map of that very stamp; GravityUnavailable where there was none."""
        while stamp not in self._known and (self._newest is None or self._newest < stamp):
            message = next(self._maps, None)
            if message is None:
                break
            self._take(message)
        if stamp not in self._known:
            raise GravityUnavailable(f"gravity: {self._topic} has no map of this image's stamp; it was not mapped then")
        return self._known[stamp]

    def reset(self) -> None:
        """What was recorded stays."""
        self._newest = None

    def close(self) -> None:
        """Let the bag go."""
        self._bag.__exit__(None, None, None)

    def _opened(self, start: int) -> Iterator[Any]:
        topic = self._bag.topics.get(self._topic)
        if topic is None or topic.type != SEMANTIC_MAP:
            found = ", ".join(self._bag.topics_of(SEMANTIC_MAP)) or "none"
            what = "is not there" if topic is None else f"is of type {topic.type}"
            raise ReplayError(f"gravity-topic: {self._topic} {what}; want {SEMANTIC_MAP}, of which there is {found}")
        return (each.message for each in self._bag.messages([self._topic], start))

    def _take(self, message: Any) -> None:
        stamp = read_stamp(message)
        # The map that takes the others back was made of no image: it says nothing of any cell, and its stamp is used.
        if stamp in self._known or not any(message.observed):
            return
        down = message.gravity
        try:
            gravity = Gravity(float(down.x), float(down.y), float(down.z))
        except MiaError:
            return
        self._newest = stamp
        self._known[stamp] = GravityReading(gravity, float(message.gravity_sigma), "recorded", stamp)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
