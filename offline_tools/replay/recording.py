# SPDX-License-Identifier: Apache-2.0
"""The maps of a replay as a bag, on the topics of the node."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path

from mia_ros.bag import BagReader, BagWriter, RawMessage
from mia_ros.nodes.outputs import TF, TOPICS, MapMessages
from mia_ros.replay import Replayed
from mia_ros.replay.topics import is_static
from mia_ros.runtime.step import MapperStep

TF_STATIC, _TRANSFORMS = "/tf_static", "tf2_msgs/msg/TFMessage"
SEMANTIC_MAP = "/semantic_map"


class MapRecorder:
    """Writes all that the node would publish of each map, when its image was received."""

    def __init__(self, bag: BagWriter, step: MapperStep) -> None:
        self._bag = bag
        self._messages = MapMessages(bag.messages, step)
        for topic, kind in _topics().items():
            bag.add_topic(topic, kind, latched=topic in ("/occupancy", TF_STATIC))

    def add(self, replayed: Replayed) -> None:
        """An image's map; nothing where there is none."""
        stepped = replayed.stepped
        if stepped is None:
            return
        self._bag.write(TF, self._messages.transform(stepped, replayed.frame_id), replayed.received)
        age = replayed.received - replayed.stamp
        for topic, message in self._messages.of(stepped, replayed.frame_id, age, TOPICS):
            self._bag.write(f"/{topic}", message, replayed.received)


def join(parts: Iterable[Path], source: Path, transforms: Iterable[str], span: tuple[int, int], out: Path) -> None:
    """One bag `out` of all parts, with the transforms of the recording itself, so that the maps hang on the robot.

    span: ns, the stretch of the recording that was replayed.
    """
    with BagReader(source, salvage=True) as recorded, BagWriter(out, compress=True) as bag:
        for topic, kind in _topics().items():
            bag.add_topic(topic, kind, latched=topic in ("/occupancy", TF_STATIC))
        names = list(transforms)
        moving = [name for name in names if not is_static(name)]
        fixed = [name for name in names if is_static(name)]
        for message in recorded.raw(fixed) if fixed else ():
            # Whoever plays a stretch of the recording needs them from its beginning.
            bag.write_cdr(TF_STATIC, message.cdr, max(message.received, span[0]))
        streams: list[Iterator[RawMessage]] = [_all(parts)]
        if moving:
            streams.append(each._replace(topic=TF) for each in recorded.raw(moving, *span))
        for message in heapq.merge(*streams, key=lambda each: each.received):
            bag.write_cdr(message.topic, message.cdr, message.received)


def _all(parts: Iterable[Path]) -> Iterator[RawMessage]:
    for part in parts:
        with BagReader(part) as bag:
            yield from bag.raw()


def _topics() -> dict[str, str]:
    """Absolute, as a node without a namespace has them."""
    return {TF: _TRANSFORMS, TF_STATIC: _TRANSFORMS, **{f"/{name}": kind for name, kind in TOPICS.items()}}
