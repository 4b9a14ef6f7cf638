# SPDX-License-Identifier: Apache-2.0
import json
import math

import polars as pl
import pytest

from mia_ros.replay import Note
from offline_tools.replay.judging import Judged
from offline_tools.replay.metrics import metrics_of
from offline_tools.replay.table import JUDGED, MAPPED
from tests.offline_tools.replay.jobs import job

SECOND = 10**9


@pytest.fixture
def facts(finished):
    """Of the finished replay, as if it had taken 2 s and its video 3 s."""
    return {**json.loads((finished / ".facts.json").read_text()), "wall_s": 2.0, "video_s": 3.0}


def rows(count, **columns):
    """A table of as many images in as many seconds."""
    given = {
        "index": list(range(count)),
        "stamp": [k * SECOND for k in range(count)],
        "received": [k * SECOND + 5 for k in range(count)],
        "problem": [""] * count,
        **columns,
    }
    schema = {**MAPPED, **JUDGED}
    return pl.DataFrame({name: given.get(name, [None] * count) for name in schema}, schema=schema)


def metrics(ground, tmp_path, facts, frames, *, video=True, notes=()):
    plan = job(ground.bag, ground.engine, tmp_path, video=video)
    return metrics_of(plan, facts, Judged(frames, None, tuple(notes), None))


def test_speed_is_told_with_what_it_took(ground, tmp_path, facts):
    speed = metrics(ground, tmp_path, facts, rows(11))["speed"]
    assert speed == {
        "wall_s": 5.0, "maps_s": 2.0, "video_s": 3.0, "frames_per_s": 5.5, "times_real_time": 2.0, "with_video": True
    }  # fmt: skip


def test_speed_without_a_video_is_of_the_maps_alone(ground, tmp_path, facts):
    for video, known in ((False, facts), (True, {**facts, "video_s": None})):
        speed = metrics(ground, tmp_path, known, rows(11), video=video)["speed"]
        assert (speed["wall_s"], speed["times_real_time"], speed["with_video"]) == (2.0, 5.0, False)


def test_images_are_counted_by_their_problems(ground, tmp_path, facts):
    frames = rows(5, problem=["", "image", "gravity", "image", ""])
    assert metrics(ground, tmp_path, facts, frames)["images"] == {
        "seen": 5, "mapped": 2, "problems": {"image": 2, "gravity": 1}, "first_problems": facts["first_problems"]
    }  # fmt: skip


def test_medians_and_tails_are_of_what_is_known(ground, tmp_path, facts):
    frames = rows(5, ms_network=[1.0, None, 3.0, 2.0, None], coverage=[0.5] * 5, flicker=[None, 0.1, 0.3, None, None])
    found = metrics(ground, tmp_path, facts, frames)
    assert found["times_ms"]["network"] == {"median": 2.0, "p95": pytest.approx(2.9)}
    assert found["times_ms"]["level"] == {"median": None, "p95": None}
    assert found["coverage"] == {"median": 0.5, "p5": 0.5}
    assert found["flicker"] == {"median": pytest.approx(0.2), "p95": pytest.approx(0.29), "frames": 2}


def test_gravity_is_told_by_its_sources(ground, tmp_path, facts):
    frames = rows(4, gravity_source=["imu", "imu", None, "tf"], gravity_sigma=[0.01, 0.03, None, None])
    gravity = metrics(ground, tmp_path, facts, frames)["gravity"]
    assert gravity == {"sources": {"imu": 2, "tf": 1}, "sigma_median_deg": pytest.approx(math.degrees(0.02))}


def test_without_a_path_or_a_truth_there_is_null(ground, tmp_path, facts):
    found = metrics(ground, tmp_path, facts, rows(3))
    assert (found["trajectory"], found["truth"], found["flicker"]) == (None, None, None)


def test_notes_of_the_maps_and_of_the_path_stand_together(ground, tmp_path, facts):
    found = metrics(ground, tmp_path, facts, rows(3), notes=[Note("trajectory.short", "warn", "a short way")])
    assert found["notes"] == [*facts["notes"], {"key": "trajectory.short", "level": "warn", "line": "a short way"}]


def test_one_image_has_no_speed_of_its_own(ground, tmp_path, facts):
    assert metrics(ground, tmp_path, facts, rows(1))["speed"]["times_real_time"] == 0.0
