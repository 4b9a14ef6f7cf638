# SPDX-License-Identifier: Apache-2.0
"""`curate`: all stages of all locations, each of which is done once. What is on disk is the only state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from offline_tools.curate.config import Config
from offline_tools.curate.executor import open_executor
from offline_tools.curate.paths import STATE, Paths
from offline_tools.curate.stages import NAMES, STAGES, TOGETHER, At, Job, Report, Stage
from offline_tools.curate.stages.record import Record, read_record
from offline_tools.dataset.files import make_folder, write_whole
from offline_tools.dataset.location import is_location
from offline_tools.errors import DatasetError
from offline_tools.osm.sources.locking import locked

CONFIGURATION = "curate.yaml"


@dataclass(frozen=True)
class RunPlan:
    """only: one stage of those in NAMES, all where it is empty. cluster: a Dask scheduler's address."""

    config: Config
    only: str = ""
    workers: int | None = None
    cluster: str = ""


@dataclass
class Done:
    """done, there_already: stages, as LOCATION/STAGE. counts: what each says of itself."""

    done: list[str] = field(default_factory=list)
    there_already: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    def note(self, name: str, record: Record, is_new: bool) -> None:
        """A stage is finished."""
        (self.done if is_new else self.there_already).append(name)
        self.counts[name] = {**record.counts, "rows": record.rows}

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def curate(plan: RunPlan, report: Report = lambda *_: None, say: Callable[[str], None] = lambda _: None) -> Done:
    """Make the data set of a configuration, or go on with it. A second job in the same folder is refused."""
    _check(plan)
    config, done = plan.config, Done()
    _refuse_others_work(config)
    with _alone(config.out):
        write_whole(config.out / CONFIGURATION, config.dump().encode())
        workers = plan.workers if plan.workers is not None else config.workers
        with open_executor(workers, plan.cluster, config.out.absolute()) as executor:
            job = Job(config, executor, bool(plan.cluster), report, say)
            for place in config.locations:
                for stage in STAGES:
                    if plan.only in ("", stage.name):
                        _at(At(job, place), stage, done)
        for step in TOGETHER:
            if plan.only in ("", step.name):
                key = step.key(config)
                there = step.finished(config, key)
                done.note(step.name, there or step.run(config, key), there is None)
                if there is None:
                    report(step.name, 1, 1, "data sets")
    return done


def _at(at: At, stage: Stage, done: Done) -> None:
    key = stage.key(at)
    there = stage.finished(at, key)
    if there is None and read_record(at.paths.record(stage.name)) is not None:
        at.job.say(
            f"{at.location.name}: {stage.name} is done anew, as its configuration, or what it works on, has changed; "
            "what is still valid is used again"
        )
    done.note(f"{at.location.name}/{stage.name}", there or stage.run(at, key), there is None)


def _check(plan: RunPlan) -> None:
    if plan.only and plan.only not in NAMES:
        close = get_close_matches(plan.only, NAMES, 1)
        meant = f"did you mean {close[0]}? There are" if close else "there are"
        raise DatasetError(f"stage '{plan.only}': no such stage; {meant} {', '.join(NAMES)}")


def _refuse_others_work(config: Config) -> None:
    """Samples that no run of ours has made would be taken for leftovers, and removed."""
    for place in config.locations:
        paths = Paths(config.out, place.name)
        if is_location(paths.folder) and not paths.state.is_dir():
            raise DatasetError(
                f"{paths.folder}: holds samples that 'mia curate' did not make, or whose state is lost "
                f"({paths.state}); give another name or another folder"
            )


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    state = make_folder(out / STATE)
    lock = state / "lock"
    try:
        lock.touch()
    except OSError as error:
        raise DatasetError(f"data set {out}: cannot be written: {error.strerror}") from error
    with locked(lock, lambda: _refuse(out)):
        yield


def _refuse(out: Path) -> None:
    raise DatasetError(f"{out}: another job curates into it now; wait until it is done, or stop it")
