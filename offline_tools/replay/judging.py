# SPDX-License-Identifier: Apache-2.0
"""The second stage of a replay: where it drove, what was true there, and how good and how steady the maps are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mia_ros.bag import BagReader
from mia_ros.errors import ReplayError
from mia_ros.nodes.convert import read_semantic_map
from mia_ros.replay import Note, ReplayTopics
from mia_ros.replay.ahead import Ahead
from mia_ros.semantic_map import SemanticMap
from offline_tools.osm import visibility
from offline_tools.replay import table
from offline_tools.replay.checks import Moved, flicker, moved
from offline_tools.replay.chosen_truth import truth_of
from offline_tools.replay.parts import MAPS, TABLE
from offline_tools.replay.plan import JobPlan, TruthPlan
from offline_tools.replay.recording import SEMANTIC_MAP
from offline_tools.replay.scoring import Scoring, align
from offline_tools.replay.trajectory import Gravities, Trajectory, read_trajectory
from offline_tools.replay.trajectory.banded import solve_chain
from offline_tools.replay.truth import OsmTruth, TruthSource, osm_truth

#: Called with maps that have been looked at, and all of them.
Report = Callable[[int, int], None]
#: Maps that are farther apart in time, s, say nothing about flicker.
_STEADY = 1.0
#: Maps that are read ahead.
_AHEAD = 8.0


@dataclass(frozen=True, eq=False)
class Judged:
    """What the maps are worth. truth: of metrics.json; None where none was asked for."""

    frames: pl.DataFrame
    trajectory: Trajectory | None
    notes: tuple[Note, ...]
    truth: dict[str, Any] | None


def get_ready() -> None:
    """Load what is compiled: that takes a fourth of a second, and eight seconds where it is to be compiled yet."""
    solve_chain(np.ones((2, 1, 1)), np.zeros((1, 1, 1)), np.ones((2, 1, 1)))
    visibility(np.zeros((4, 4), np.bool_))


def judge(plan: JobPlan, facts: dict[str, Any], report: Report) -> Judged:
    """Adds its columns to OUT/frames.parquet; may be done again, and with another truth."""
    frames = table.read_table(plan.out / TABLE).select(*table.MAPPED)
    topics = topics_of(facts)
    trajectory = _trajectory(plan, topics, facts, frames)
    columns = _Columns(frames)
    if trajectory is not None:
        columns.place(trajectory)
    maps = Maps(plan.out / MAPS)
    truth = truth_of(plan.truth, plan.replay.bag, topics, trajectory)
    scoring = columns.look(maps, trajectory, truth, report)
    record = None if truth is None else _record(plan.truth, truth, scoring)
    if record is not None and isinstance(truth, OsmTruth):
        record["aligned"] = _aligned(plan.truth, truth, maps, columns)
    judged = columns.added()
    table.save(judged, plan.out / TABLE)
    return Judged(judged, trajectory, () if trajectory is None else tuple(trajectory.notes), record)


class _Columns:
    """The columns of table.JUDGED, as they are found."""

    def __init__(self, frames: pl.DataFrame) -> None:
        self._frames = frames
        self._values: dict[str, list[float | None]] = {name: [None] * len(frames) for name in table.JUDGED}
        self._mapped = [k for k, key in enumerate(frames["problem"]) if not key]

    def place(self, trajectory: Trajectory) -> None:
        """Where each image was taken."""
        values = self._values
        for k, stamp in enumerate(self._frames["stamp"]):
            pose = trajectory.at(stamp)
            if pose is None:
                continue
            values["pose_x"][k], values["pose_y"][k], values["pose_yaw"][k] = pose
            if trajectory.origin is not None:
                values["lat"][k], values["lon"][k], values["heading_deg"][k] = trajectory.globe(pose)

    def look(self, maps: Maps, trajectory: Trajectory | None, truth: TruthSource | None, report: Report) -> Scoring:
        """How steady the maps are, and how good."""
        scoring = Scoring()
        previous: SemanticMap | None = None
        for done, (k, found) in enumerate(zip(self._mapped, maps(), strict=False), 1):
            self._values["flicker"][k] = _flicker(previous, found, trajectory)
            self._values["agreement"][k] = _agreement(scoring, truth, found)
            previous = found
            report(done, len(self._mapped))
        return scoring

    def score_aligned(self, maps: Maps, truth: TruthSource) -> Scoring:
        """How good they are by another truth."""
        scoring = Scoring()
        for k, found in zip(self._mapped, maps(), strict=False):
            self._values["agreement_aligned"][k] = _agreement(scoring, truth, found)
        return scoring

    def added(self) -> pl.DataFrame:
        """The table with them."""
        kinds = table.JUDGED
        return self._frames.with_columns(
            pl.Series(name, values, dtype=kinds[name]) for name, values in self._values.items()
        )


class Maps:
    """The maps of a replay, in the order of the images; each call reads them anew."""

    def __init__(self, bag: Path) -> None:
        self._bag = bag

    def __call__(self) -> Iterator[SemanticMap]:
        with Ahead(self._read(), lambda _: 1.0, _AHEAD) as ahead:
            yield from ahead

    def _read(self) -> Iterator[SemanticMap]:
        with BagReader(self._bag) as bag:
            for message in bag.messages([SEMANTIC_MAP]):
                yield read_semantic_map(message.message)


def topics_of(facts: dict[str, Any]) -> ReplayTopics:
    """What the maps' stage chose."""
    kept = facts["topics"]
    return ReplayTopics(**{**kept, "tf": tuple(kept["tf"]), "notes": tuple(kept["notes"])})


def _trajectory(plan: JobPlan, topics: ReplayTopics, facts: dict[str, Any], frames: pl.DataFrame) -> Trajectory | None:
    frame = next((name for name in frames["frame_id"] if name), "")
    level = frames.filter(pl.col("gravity_x").is_not_null()).sort("stamp").unique("stamp", maintain_order=True)
    gravities = None
    if len(level):
        down = level.select("gravity_x", "gravity_y", "gravity_z").to_numpy()
        gravities = Gravities(level["stamp"].to_numpy(), down)
    start, stop = facts["span"]
    return read_trajectory(plan.replay.bag, topics, frame, start, stop, gravities=gravities)


def _flicker(previous: SemanticMap | None, found: SemanticMap, trajectory: Trajectory | None) -> float | None:
    if previous is None or trajectory is None or not 0 < found.stamp - previous.stamp <= _STEADY * 1e9:
        return None
    before, after = trajectory.at(previous.stamp), trajectory.at(found.stamp)
    relative: Moved | None = None if before is None or after is None else moved(before, after)
    if relative is None:
        return None
    share = flicker(previous, found, relative)
    return share if np.isfinite(share) else None


def _agreement(scoring: Scoring, truth: TruthSource | None, found: SemanticMap) -> float | None:
    true = None if truth is None else truth.of(found.stamp)
    return None if true is None else scoring.add(found.stamp, found, true)


def _record(wanted: TruthPlan, truth: TruthSource, scoring: Scoring) -> dict[str, Any]:
    found = truth.record()
    if not scoring.frames:
        raise ReplayError(f"--truth {wanted.kind}: no map could be compared with it")
    return {**found, "score": scoring.record(), "aligned": None}


def _aligned(wanted: TruthPlan, truth: OsmTruth, maps: Maps, columns: _Columns) -> dict[str, Any] | None:
    """The score after the small move that fits best; it never replaces the other."""
    alignment = align(maps, truth.trajectory, truth.store, wanted.window)
    if not alignment.segments:
        return None
    scoring = columns.score_aligned(maps, osm_truth(truth.store, truth.trajectory.moved(alignment.correction)))
    if not scoring.frames:
        return None
    return {"score": scoring.record(), "alignment": alignment.record()}
