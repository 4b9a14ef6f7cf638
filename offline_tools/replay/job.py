# SPDX-License-Identifier: Apache-2.0
"""A replay from its plan to the folder that it writes: maps, scores, a video, a page."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from mia_ros.errors import ReplayError
from mia_ros.pictures import write_bytes
from offline_tools.replay import table
from offline_tools.replay.judging import Judged, get_ready, judge, topics_of
from offline_tools.replay.mapping import begun, keep, map_all
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
_LOCK = ".lock"


def run_replay(plan: JobPlan, progress: Progress) -> dict[str, Any]:
    """Does what is not yet done of it; gives what stands in OUT/metrics.json."""
    said = {"digest": plan.digest(), **plan.record()}
    _check_free(plan, said)
    with _alone(plan):
        (plan.out / METRICS).unlink(missing_ok=True)
        write_json(plan.out / SETTINGS, said)
        return _run(plan, progress)


def _run(plan: JobPlan, progress: Progress) -> dict[str, Any]:
    beside = ThreadPoolExecutor(1, "getting ready")
    beside.submit(get_ready)
    try:
        with progress("maps") as report:
            facts = map_all(plan, report)
    finally:
        beside.shutdown(wait=False)  # what is wrong with a bag is told at once
    with progress("judging") as report:
        judged = judge(plan, facts, lambda done, total: report(done, total, done))
    if plan.video and (seconds := _film(plan, facts, judged, progress)) is not None:
        facts["video_s"] = seconds
        keep(plan, facts)
    metrics = metrics_of(plan, facts, judged)
    page = report_page(metrics, judged.frames, pictures_of(plan, facts, judged.frames))
    write_bytes(plan.out / PAGE, page.encode())
    write_json(plan.out / METRICS, metrics)  # last: who finds it finds all the rest
    return read_json(plan.out / METRICS)


def _check_free(plan: JobPlan, said: dict[str, Any]) -> None:
    """The folder is this replay's, new or begun before; the maps of another are not touched."""
    settings = plan.out / SETTINGS
    if settings.is_file():
        before = read_json(settings)
        if before.get("digest") != said["digest"] and begun(plan):
            changed = _changes(before, said) or "the engine or the recording itself"
            raise ReplayError(
                f"out {plan.out}: holds a replay with other settings ({changed}); choose another --out, or remove it"
            )
    elif plan.out.exists() and (not plan.out.is_dir() or any(path.name != _LOCK for path in plan.out.iterdir())):
        raise ReplayError(f"out {plan.out}: is there already and is no replay; choose another --out")


@contextmanager
def _alone(plan: JobPlan) -> Iterator[None]:
    """Nobody else makes this replay at the same time; whoever is killed lets go of it."""
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        lock = (plan.out / _LOCK).open("wb")
    except OSError as error:
        raise ReplayError(f"out {plan.out}: cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ReplayError(f"out {plan.out}: another mia replay is at work there; wait until it ends") from error
        yield


def _changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Names of the settings that differ."""
    flat = [{**each, **{f"parameter {key}": value for key, value in each["config"].items()}} for each in (before, now)]
    skipped = ("digest", "truth", "video", "config")
    return ", ".join(key for key in flat[1] if key not in skipped and flat[0].get(key) != flat[1][key])


def _film(plan: JobPlan, facts: dict[str, Any], judged: Judged, progress: Progress) -> float | None:
    """OUT/video.mp4; seconds that it took, None where it was there already, or some of it."""
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

        try:
            write_video(film, count)
        except OSError as error:
            raise ReplayError(f"{film.out}: the video cannot be written: {error.strerror or error}") from error
    return time.perf_counter() - begun if made == len(table.read_table(plan.out / TABLE)) else None
