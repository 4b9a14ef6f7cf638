# SPDX-License-Identifier: Apache-2.0
"""A bag in the viewer: its camera, and its maps if it has any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mia_ros.bag import BagMessage, BagReader
from mia_ros.errors import ReplayError
from offline_tools.viewing.follower import Follower
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.tally import Tally
from offline_tools.viewing.topics import STATIC, ShownTopics, choose_topics


@dataclass(frozen=True)
class BagPlan:
    """image, maps: topics; "" finds them. start, end: seconds from the bag's start."""

    bag: Path
    image: str = ""
    maps: str = ""
    start: float = 0.0
    end: float | None = None


def bag_topics(plan: BagPlan) -> ShownTopics:
    """What of the bag is shown; raises ReplayError where there is neither a camera nor a map."""
    with BagReader(plan.bag, salvage=True) as bag:
        types = {topic.name: topic.type for topic in bag.topics.values()}
    chosen = choose_topics(types, plan.image, plan.maps)
    if not (chosen.image or chosen.semantic_map):
        there = ", ".join(f"{name} ({kind})" for name, kind in types.items()) or "nothing"
        raise ReplayError(f"{plan.bag}: there is neither a camera nor a semantic map in it; there is {there}")
    return chosen


def show_bag(plan: BagPlan, topics: ShownTopics, scene: Scene, tally: Tally) -> None:
    """Message by message; a damaged bag is shown as far as it can be read."""
    follower = Follower(scene, tally)
    with BagReader(plan.bag, salvage=True) as bag:
        start, stop = _stretch(plan, bag)
        if plan.start:
            for found in bag.messages(_lasting(topics), None, start):
                _give(follower, topics, found)
        for found in bag.messages(topics.all(), start, stop):
            _give(follower, topics, found)
        if bag.damage:
            tally.once(f"{bag.damage}; what could be read is shown")
    follower.finish()


def _stretch(plan: BagPlan, bag: BagReader) -> tuple[int, int]:
    start = bag.start + round(plan.start * 1e9)
    stop = bag.end if plan.end is None else min(bag.end, bag.start + round(plan.end * 1e9))
    if not bag.start <= start < stop:
        seconds = (bag.end - bag.start) * 1e-9
        raise ReplayError(f"--start, --end: nothing is left of {plan.bag}, which lasts {seconds:.1f} s")
    return start, stop


def _lasting(topics: ShownTopics) -> list[str]:
    """What describes the robot, and holds from then on."""
    static = [name for name in topics.transforms if name.endswith(STATIC)]
    return [*static, *([topics.camera_info] if topics.camera_info else [])]


def _give(follower: Follower, topics: ShownTopics, found: BagMessage) -> None:
    if found.topic == topics.image:
        follower.image(found.message, found.received)
    elif found.topic == topics.camera_info:
        follower.camera_info(found.message)
    elif found.topic in topics.transforms:
        follower.transforms(found.message, static=found.topic.endswith(STATIC))
    elif found.topic == topics.semantic_map:
        follower.semantic_map(found.message)
    elif found.topic == topics.occupancy:
        follower.occupancy(found.message)
    else:
        follower.diagnostics(found.message)
