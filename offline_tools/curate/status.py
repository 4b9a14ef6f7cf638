# SPDX-License-Identifier: Apache-2.0
"""How far a data set is: of each location and stage what is done, from what lies on disk alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from offline_tools.curate.config import Config
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages import STAGES, TOGETHER
from offline_tools.curate.stages.record import Record, read_record
from offline_tools.curate.stages.stage import tables_of
from offline_tools.errors import DatasetError

State = Literal["finished", "begun", "waits"]
_UNITS = ("tiles", "metadata", "photos", "undistortion", "maps")


@dataclass(frozen=True)
class StageStatus:
    """One stage of one location, or of all where that is empty. units: tables that are there; rows: of what came out.

    answers: of units that are under way, already in their journals.
    """

    location: str
    stage: str
    state: State
    units: int
    rows: int
    answers: int = 0

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def status(config: Config) -> list[StageStatus]:
    """Of all stages, in their order. What the configuration would have done anew is not looked at."""
    if not config.out.is_dir():
        raise DatasetError(f"{config.out}: nothing is there yet; start with 'mia curate CONFIG'")
    return list(_stages(config))


def lines(found: list[StageStatus]) -> Iterator[str]:
    """For people."""
    width = max(len(one.location) for one in found)
    for one in found:
        yield f"{one.location or 'all':<{max(width, 3)}}  {one.stage:<12}  {_said(one)}".rstrip()


def _stages(config: Config) -> Iterator[StageStatus]:
    for place in config.locations:
        paths = Paths(config.out, place.name)
        for stage in STAGES:
            record = read_record(paths.record(stage.name))
            units = tables_of(paths.units(stage.name)) if stage.name in _UNITS else 0
            answers = _answers(paths.units(stage.name)) if record is None else 0
            yield _one(place.name, stage.name, record, units, answers)
    for step in TOGETHER:
        yield _one("", step.name, read_record(step.record(config)), 0, 0)


def _one(location: str, stage: str, record: Record | None, units: int, answers: int) -> StageStatus:
    if record is not None:
        return StageStatus(location, stage, "finished", record.units, record.rows)
    return StageStatus(location, stage, "begun" if units or answers else "waits", units, 0, answers)


def _answers(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*.jsonl"))


def _said(one: StageStatus) -> str:
    if one.state == "finished":
        return f"finished   {one.rows} rows" if one.rows else "finished"
    if one.state == "begun":
        under_way = f", {one.answers} answers of the next" if one.answers else ""
        return f"begun      {one.units} units{under_way}"
    return "waits"
