# SPDX-License-Identifier: Apache-2.0
"""A short drive through a town of a few streets, and replays of it with an engine of random weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mia_ros import Camera
from mia_ros.bag import BagReader
from mia_ros.replay import ReplayPlan
from mia_ros.runtime.config import MapperConfig
from offline_tools.replay.job import run_replay
from offline_tools.replay.plan import JobPlan, TruthPlan
from offline_tools.simworld.drive import DrivePlan, Mount
from offline_tools.simworld.filming import FilmPlan, film
from tests.mia_ros.make_engine import make_engine
from tests.offline_tools.simworld.drive.maps import TOWN, write_map

#: Measured, as it seems: nothing about it is round.
CAMERA = Camera(160, 120, 101.3, 102.1, 80.7, 58.9)
#: On one thread an engine gives the same bits each time.
PARAMETERS = {"backend": "onnx-cpu", "threads": 1, "base_frame": "base_link"}


class Ground(NamedTuple):
    """What replays are made of: a bag with exact GPS, the street map that it was driven through, two engines."""

    bag: Path
    streets: Path
    engine: Path
    other_engine: Path


def make_ground(folder: Path) -> Ground:
    """A drive of 60 images through TOWN."""
    store = write_map(folder / "town", TOWN)
    drive = DrivePlan(seconds=6, seed=8, speed=3.0, gps_sigma=0.0, camera=Mount(x=0.2, z=1.1, pitch=0.03))
    film(store, FilmPlan(drive, CAMERA, weather="overcast"), folder / "drive")
    engines = make_engine(folder / "engine"), make_engine(folder / "other", seed=5)
    return Ground(folder / "drive", folder / "town" / "map.osm", *engines)


def job(bag: Path, engine: Path, out: Path, *, truth: str = "", video: bool = False, **options: Any) -> JobPlan:
    """A plan. options: part, parameters (of the node), and those of ReplayPlan."""
    part, parameters = options.pop("part", None), options.pop("parameters", {})
    config = MapperConfig.from_mapping({"engine": str(engine), **PARAMETERS, **parameters})
    return JobPlan(ReplayPlan(bag, config, **options), out, TruthPlan.parse(truth), video, part)


class Watched:
    """Progress that remembers: `new` images by stage that a run did itself, `first`: the first that was done."""

    def __init__(self) -> None:
        self.new: dict[str, int] = {}
        self.first: dict[str, int] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[Any]:
        self.new[name] = 0

        def report(done: int, _total: int, new: int) -> None:
            self.first.setdefault(name, done)
            self.new[name] = max(self.new[name], new)

        yield report


def run(bag: Path, engine: Path, out: Path, **options: Any) -> dict[str, Any]:
    """A whole replay, here and now; gives the metrics."""
    return run_replay(job(bag, engine, out, **options), Watched())


def messages(bag: Path, topic: str = "/semantic_map") -> list[bytes]:
    """Of a topic, as they are in the bag."""
    with BagReader(bag) as reader:
        return [each.cdr for each in reader.raw([topic])]
