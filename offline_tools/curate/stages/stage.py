# SPDX-License-Identifier: Apache-2.0
"""What all stages have in common: when one is finished, when it is done anew, and what it is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from offline_tools.curate.config import Config, LocationConfig
from offline_tools.curate.executor import Executor
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.record import Record, key_of, outputs_of, read_record
from offline_tools.dataset.files import make_folder, remove_parts, write_json
from offline_tools.errors import DatasetError

#: Called with what is done, what there is to do, and what it is.
Report = Callable[[str, int, int, str], None]

_BEGUN = "begun.json"


@dataclass(frozen=True)
class Job:
    """What a run is made with. cluster: whether the executor's workers are on other machines."""

    config: Config
    executor: Executor
    cluster: bool
    report: Report
    say: Callable[[str], None]


@dataclass(frozen=True)
class At:
    """A location of a job. key: of the stage that works there."""

    job: Job
    location: LocationConfig
    key: str = ""

    @property
    def config(self) -> Config:
        return self.job.config

    @property
    def paths(self) -> Paths:
        return Paths(self.config.out, self.location.name)

    def report(self, stage: Stage, done: int, total: int) -> None:
        """How far a stage is here."""
        self.job.report(f"{self.location.name}: {stage.name}", done, total, stage.unit)


@dataclass(frozen=True)
class Outcome:
    """units: pieces of work; rows: of what came out; counts: for people and for the statistics."""

    units: int
    rows: int
    counts: Mapping[str, Any] = field(default_factory=dict)


class Stage(ABC):
    """A step of the way for one location. What is on disk is the only state."""

    name: ClassVar[str]
    unit: ClassVar[str]  # what its progress counts
    after: ClassVar[tuple[str, ...]] = ()  # the stages whose outputs it reads
    has_units: ClassVar[bool] = False  # whether it leaves a table for each unit

    @abstractmethod
    def settings(self, at: At) -> Any:
        """The part of the configuration that decides what comes out."""

    @abstractmethod
    def outputs(self, paths: Paths) -> list[Path]:
        """The files that it writes last."""

    @abstractmethod
    def work(self, at: At) -> Outcome:
        """Do what is not done yet."""

    def key(self, at: At) -> str:
        """Of this location now; refuses where a stage before it is not finished."""
        before = {name: read_record(at.paths.record(name)) for name in self.after}
        found = {name: record for name, record in before.items() if record is not None}
        lacking = [name for name in self.after if name not in found]
        if lacking:
            raise DatasetError(f"{at.location.name}: {self.name} needs the stage {lacking[0]}, which is not finished")
        return key_of(self.name, self.settings(at), found)

    def finished(self, at: At, key: str) -> Record | None:
        """What it said when it was finished, if that still holds."""
        record = read_record(at.paths.record(self.name))
        there = all(path.exists() for path in self.outputs(at.paths))
        return record if record is not None and record.key == key and there else None

    def run(self, at: At, key: str) -> Record:
        """Do what is missing, and say that it is finished."""
        path = at.paths.record(self.name)
        for folder in (at.paths.folder, at.paths.state):
            remove_parts(make_folder(folder))
        path.unlink(missing_ok=True)
        outcome = self.work(replace(at, key=key))
        folders = [at.paths.units(self.name)] if self.has_units else []
        made = outputs_of(self.outputs(at.paths), folders)
        record = Record(key=key, units=outcome.units, rows=outcome.rows, counts=dict(outcome.counts), outputs=made)
        record.write(path)
        return record


def begin_units(folder: Path, key: str, set_aside: Callable[[Path], None]) -> Path:
    """The folder for tables of units, made; `set_aside` is called first where it holds units of another key."""
    remove_parts(make_folder(folder))
    mark = folder / _BEGUN
    begun = mark.read_bytes() if mark.is_file() else b""
    wanted = f'{{"key": "{key}"}}\n'.encode()
    if begun != wanted:
        if begun:
            set_aside(folder)
        write_json(mark, {"key": key})
    return folder


def remove_tables(folder: Path) -> None:
    """Units of another configuration are done anew."""
    for path in [*folder.glob("*.parquet"), *folder.glob("*.jsonl")]:
        path.unlink(missing_ok=True)


def tables_of(folder: Path) -> int:
    """How many units are done."""
    return sum(1 for _ in folder.glob("[!.]*.parquet"))
