# SPDX-License-Identifier: Apache-2.0
"""Without ROS: the drive is recorded to a bag, and mapped from there by the same core that the node runs."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from mia_ros.bag import BagReader
from mia_ros.demonstration.plan import DemoPlan, Say, chosen_engine, made_town, mia
from mia_ros.demonstration.telling import Album, Moment, write
from mia_ros.errors import DemoError
from mia_ros.nodes.convert import read_semantic_map
from mia_ros.replay import Replay, Replayed, ReplayPlan
from mia_ros.runtime.config import MapperConfig
from mia_ros.semantic_map import SemanticMap


def run_recorded(plan: DemoPlan, say: Say) -> dict[str, Any]:
    """Record, map, and write OUT/recorded.png and OUT/recorded.json; gives what the latter holds."""
    engine, manifest = chosen_engine(plan, say)
    town = made_town(plan, say)
    bag = plan.out / "drive"
    shutil.rmtree(bag, ignore_errors=True)  # of an earlier demonstration
    say("the wheelchair drives and is recorded; the first time, what it sees is compiled before")
    options = ("--seconds", str(plan.seconds), "--seed", str(plan.seed), "--weather", "overcast")
    driven = subprocess.run(mia("simulate", "drive", "--map", str(town), *options, "--out", str(bag)), check=False)
    if driven.returncode:
        raise DemoError("the drive could not be recorded; the line above says why")
    config = MapperConfig.from_mapping({"engine": str(engine), "base_frame": "base_link"})
    album = Album(round(plan.seconds * 10))
    with Replay(ReplayPlan(bag, config)) as replay, BagReader(bag) as reader:
        truths = (read_semantic_map(each.message) for each in reader.messages([replay.topics.truth]))
        _fill(album, replay.frames(), truths, say)
    if not album.moments:
        raise DemoError("no map could be made of the drive")
    told = album.told(manifest)
    write(plan, "recorded", album, told)
    return told


def _fill(album: Album, frames: Iterator[Replayed], truths: Iterator[SemanticMap], say: Say) -> None:
    """Each map beside the true map of its image; the simulation tells one for every image, in their order."""
    said = time.monotonic()
    for replayed in frames:
        truth = next(each for each in truths if each.stamp == replayed.stamp)
        if replayed.stepped is None or replayed.frame is None:
            continue  # the filter has not settled yet, or too little picture is left: the node makes no map either
        album.ages.append(1e-3 * sum(replayed.times.values()))
        album.add(Moment(replayed.frame, replayed.stepped.semantic_map, truth))
        if time.monotonic() - said >= 1.0:
            said = time.monotonic()
            say(f"{album.agreement.maps:4d} maps, {album.line()}")
