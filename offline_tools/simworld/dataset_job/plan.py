# SPDX-License-Identifier: Apache-2.0
"""DatasetPlan: what is wanted of a data set; how its pictures are dealt out over maps and worlds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from offline_tools.dataset.layout import checked_name
from offline_tools.errors import SimulationError

#: Pictures of one world; the next one looks different. Building a world takes as long as a few dozen pictures.
PER_WORLD = 50
#: Ids are whole numbers, as the published ones: those of a location follow on from this many times its number.
IDS_PER_LOCATION = 10_000_000
LARGEST = 5_000_000


@dataclass(frozen=True)
class DatasetPlan:
    """`n` pictures of some maps, into OUT. driving_side: right or left, "": as the map's own file says, else right.

    split: also split.json: of each location every tenth world for validation, and the last of several maps for the
    test.
    """

    maps: tuple[Path, ...]
    out: Path
    n: int
    seed: int = 0
    style: str = "mia"
    infer_sidewalks: bool = True
    driving_side: str = ""
    split: bool = False
    workers: int = 2

    def __post_init__(self) -> None:
        if not self.maps:
            raise SimulationError("simulate dataset: no map; name one with --map")
        if not len(self.maps) <= self.n <= LARGEST:
            raise SimulationError(f"n {self.n}: want at least one picture of each map, and {LARGEST} at most")
        if self.seed < 0:
            raise SimulationError(f"seed {self.seed}: want 0 or more")
        if self.workers < 1:
            raise SimulationError(f"workers {self.workers}: want 1 or more")
        twice = [name for name, count in Counter(self.locations).items() if count > 1]
        if twice:
            raise SimulationError(f"maps: two of them are called {twice[0]}; a location has the name of its map's file")

    @property
    def locations(self) -> tuple[str, ...]:
        """Names of the locations, in the order of the maps."""
        return tuple(checked_name(path.name.split(".")[0], "map's name") for path in self.maps)

    def counts(self) -> list[int]:
        """How many pictures each location has."""
        return [self.n // len(self.maps) + (k < self.n % len(self.maps)) for k in range(len(self.maps))]

    def jobs(self) -> list[WorldJob]:
        """All worlds, the locations in turns, so that what is there early is varied."""
        jobs = [
            WorldJob(location, world, min(PER_WORLD, count - world * PER_WORLD))
            for location, count in enumerate(self.counts())
            for world in range(-(-count // PER_WORLD))
        ]
        return sorted(jobs, key=lambda job: (job.world, job.location))

    def splits(self) -> dict[str, dict[str, list[str]]]:
        """What split.json says."""
        parts: dict[str, dict[str, list[str]]] = {"train": {}, "val": {}, "test": {}}
        for job in self.jobs():
            last = len(self.maps) > 1 and job.location == len(self.maps) - 1
            part = "test" if last else "val" if job.world % 10 == 9 else "train"
            parts[part].setdefault(self.locations[job.location], []).extend(job.ids())
        return parts


@dataclass(frozen=True)
class WorldJob:
    """The first `count` pictures of a world of a location. `again`: a process died at it."""

    location: int
    world: int
    count: int
    again: bool = False

    def ids(self) -> list[str]:
        """Of its pictures."""
        first = (self.location + 1) * IDS_PER_LOCATION + self.world * PER_WORLD
        return [str(first + k) for k in range(self.count)]

    def smaller(self) -> list[WorldJob]:
        """It is tried again once, as a whole."""
        return [] if self.again else [WorldJob(self.location, self.world, self.count, again=True)]

    def lost(self, status: int | None) -> Made:
        """What is said when a process died at it twice."""
        problem = f"world {self.world}: the process that made it died (exit status {status})"
        return Made(self, 0, (problem,), failed=True)


@dataclass(frozen=True)
class Made:
    """What became of a world: how many of its pictures are there, and why others are not.

    `failed`: the world is not done, and is tried again when the job goes on.
    """

    job: WorldJob
    done: int
    problems: tuple[str, ...] = ()
    failed: bool = False
