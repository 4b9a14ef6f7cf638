# SPDX-License-Identifier: Apache-2.0
"""The truth that `--truth` asks for: whether there can be one is known before the first map."""

from __future__ import annotations

from pathlib import Path

from mia_ros.errors import ReplayError
from mia_ros.replay import ReplayTopics
from offline_tools.osm import MapStore
from offline_tools.replay.plan import TruthPlan
from offline_tools.replay.trajectory import Trajectory
from offline_tools.replay.truth import TruthSource, bag_truth, dataset_truth, osm_truth


def check_truth(wanted: TruthPlan, bag: Path, topics: ReplayTopics) -> None:
    """Refuse what cannot be there, or cannot be read; a street map is made ready on the way."""
    if wanted.kind == "osm":
        if not topics.fix:
            raise _nowhere(bag, "no GPS")
        _store(wanted)
    else:
        truth_of(wanted, bag, topics, None)


def truth_of(wanted: TruthPlan, bag: Path, topics: ReplayTopics, trajectory: Trajectory | None) -> TruthSource | None:
    """None where none is asked for."""
    if wanted.kind == "bag":
        if not topics.truth:
            raise ReplayError(f"--truth bag: {bag} has no true maps; give osm:FILE or dataset:FOLDER")
        return bag_truth(bag, topics.truth)
    if wanted.kind == "dataset":
        assert wanted.path is not None
        return dataset_truth(wanted.path)
    if wanted.kind == "osm":
        if trajectory is None or trajectory.origin is None:
            raise _nowhere(bag, "no GPS, no odometry" if trajectory is None else f"only {trajectory.source}")
        return osm_truth(_store(wanted), trajectory)
    return None


def _store(wanted: TruthPlan) -> MapStore:
    assert wanted.path is not None
    return MapStore.open(wanted.path, driving_side=wanted.driving_side)


def _nowhere(bag: Path, has: str) -> ReplayError:
    return ReplayError(f"--truth osm: {bag} has {has}, so nothing says where on the map it drove")
