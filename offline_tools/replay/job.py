# SPDX-License-Identifier: Apache-2.0
"""A replay from its plan to the folder that it writes: maps, scores, a video, a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mia_ros.errors import ReplayError
from mia_ros.pictures import write_bytes
from offline_tools.replay import table
from offline_tools.replay.judging import Judged, judge, topics_of
from offline_tools.replay.mapping import map_all
from offline_tools.replay.metrics import metrics_of
from offline_tools.replay.moments import camera_of, pictures_of
from offline_tools.replay.parts import TABLE, read_json, write_json
from offline_tools.replay.plan import JobPlan
from offline_tools.replay.recording import SEMANTIC_MAP
from offline_tools.replay.report import report_page

#: Gets what is done, all of it, and what of it this run did.
Report = Callable[[int, int, int], None]
#: Gives a Report for a stage by its name.
Progress = Callable[[str], AbstractContextManager[Report]]

METRICS, PAGE, SETTINGS, VIDEO = "metrics.json", "report.html", "replay.json", "video.mp4"


def run_replay(plan: JobPlan, progress: Progress) -> dict[str, Any]:
    """Does what is not yet done of it; gives what stands in OUT/metrics.json."""
    _claim(plan)
    with progress("maps") as report:
        facts = map_all(plan, report)
    with progress("judging") as report:
        judged = judge(plan, facts, lambda done, total: report(done, total, done))
    if plan.video:
        facts["video_s"] = _film(plan, facts, judged, progress)
    metrics = metrics_of(plan, facts, judged)
    page = report_page(metrics, judged.frames, pictures_of(plan, facts, judged.frames))
    write_bytes(plan.out / PAGE, page.encode())
    write_json(plan.out / METRICS, metrics)  # last: who finds it finds all the rest
    return read_json(plan.out / METRICS)


def _claim(plan: JobPlan) -> None:
    """The folder is this replay's, new or begun before; the maps of another are not touched."""
    settings = plan.out / SETTINGS
    said = {"digest": plan.digest(), **plan.record()}
    if settings.is_file():
        before = read_json(settings)
        if before.get("digest") != said["digest"]:
            changed = _changes(before, said) or "the engine or the recording itself"
            raise ReplayError(
                f"out {plan.out}: holds a replay with other settings ({changed}); choose another --out, or remove it"
            )
    elif plan.out.exists() and (not plan.out.is_dir() or any(plan.out.iterdir())):
        raise ReplayError(f"out {plan.out}: is there already and is no replay; choose another --out")
    (plan.out / METRICS).unlink(missing_ok=True)
    write_json(settings, said)


def _changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Names of the settings that differ."""
    flat = [{**each, **{f"parameter {key}": value for key, value in each["config"].items()}} for each in (before, now)]
    skipped = ("digest", "truth", "video", "config")
    return ", ".join(key for key in flat[1] if key not in skipped and flat[0].get(key) != flat[1][key])


def _film(plan: JobPlan, facts: dict[str, Any], judged: Judged, progress: Progress) -> float | None:
    """OUT/video.mp4; seconds that it took, None where it was there already."""
    from offline_tools.replay.video import VideoPlan, write_video

    film = VideoPlan(
        bag=plan.replay.bag,
        topics=topics_of(facts),
        folder=plan.out,
        camera=camera_of(facts["camera"]),
        trajectory=judged.trajectory,
        title=str(facts["engine"]["name"]),
        maps_topic=SEMANTIC_MAP,
    )
    begun, made = time.perf_counter(), 0

    with progress("video") as report:

        def count(done: int, total: int, new: int) -> None:
            nonlocal made
            made = max(made, new)
            report(done, total, new)

        write_video(film, count)
    return time.perf_counter() - begun if made == len(table.read_table(plan.out / TABLE)) else None
