# SPDX-License-Identifier: Apache-2.0
from itertools import count

import pytest

from mia_ros.replay import Replay, ReplayPlan, TopicWishes
from mia_ros.runtime.config import MapperConfig
from tests.mia_ros.make_engine import make_engine
from tests.mia_ros.replay.recordings import BASE, write


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    return make_engine(tmp_path_factory.mktemp("engine") / "small")


@pytest.fixture
def plan(engine, tmp_path):
    """A function: a plan for a bag, or for entries that become one; parameters of the node in `parameters`."""

    numbers = count()

    def make(recording, parameters=(), storage="mcap", **options):
        path = tmp_path / f"bag-{next(numbers)}"
        bag = recording if not isinstance(recording, list) else write(path, recording, storage)
        given = {"engine": str(engine), "backend": "onnx-cpu", "threads": 1, "base_frame": BASE, **dict(parameters)}
        wishes = {name: options.pop(name) for name in ("image", "camera_info", "imu") if name in options}
        return ReplayPlan(bag, MapperConfig.from_mapping(given), TopicWishes(**wishes), **options)

    return make


@pytest.fixture
def replayed(plan):
    """A function: all images of a recording, and the notes by their keys."""

    def run(recording, **options):
        with Replay(plan(recording, **options)) as replay:
            frames = list(replay.frames())
            return frames, {note.key: note for note in replay.notes()}

    return run
