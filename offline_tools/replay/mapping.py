# SPDX-License-Identifier: Apache-2.0
"""The first stage of a replay: all maps, as a bag and as a table; what is done of it survives a kill."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from mia_ros.bag import BagWriter
from mia_ros.camera import Camera
from mia_ros.errors import ReplayError
from mia_ros.replay import Replay, Replayed
from mia_ros.runtime.step import MapperStep
from offline_tools.replay import table
from offline_tools.replay.alone import Lately
from offline_tools.replay.checks import Checks
from offline_tools.replay.chosen_truth import check_truth
from offline_tools.replay.parts import FACTS, MAPS, TABLE, Parts, read_json, write_json
from offline_tools.replay.plan import JobPlan
from offline_tools.replay.recording import MapRecorder, join

#: Called with images that are done, how many there may be, and those of this run.
Report = Callable[[int, int, int], None]

_PARTS, _KEPT = ".parts", f".{FACTS}"
#: Seconds after which what is done survives a kill: the bag of a part takes a tenth of one to end and to read again.
_PART_S = 10.0
#: Problems that are told word by word.
_NAMED = 8
#: Images before those that are missing that are looked at once more: the checks compare neighbours.
_NEIGHBOURS = 4


def map_all(plan: JobPlan, report: Report) -> dict[str, Any]:
    """OUT/maps and OUT/frames.parquet; gives what was found, which is kept, so that a second call has nothing to do."""
    kept = plan.out / _KEPT
    if all(path.exists() for path in (kept, plan.out / MAPS, plan.out / TABLE)):
        return read_json(kept)
    parts, lately = Parts(plan.out / _PARTS), Lately()
    with Replay(plan.replay) as replay:
        check_truth(plan.truth, plan.replay.bag, replay.topics)
        _map_parts(replay, plan, parts, lately, report)
        facts = {**_facts(replay, parts.facts()), "engine": engine_facts(replay.step, plan)}
    with lately.loading(plan.replay.config):
        _join(replay, plan, parts)
        facts["alone_ms"] = lately.times()
    keep(plan, facts)
    parts.remove()
    return facts


def begun(plan: JobPlan) -> bool:
    """Whether there is work in the folder that other settings would spoil."""
    return (plan.out / MAPS).exists() or bool(Parts(plan.out / _PARTS).done)


def keep(plan: JobPlan, facts: dict[str, Any]) -> None:
    """For the next run of the same replay."""
    write_json(plan.out / _KEPT, facts)


def engine_facts(step: MapperStep, plan: JobPlan) -> dict[str, Any]:
    """What runs, and what it says of itself."""
    manifest, backend = step.manifest, step.choice.backend
    return {
        "path": str(plan.replay.config.engine_path()),
        "name": manifest.name,
        "preset": manifest.preset,
        "precision": manifest.precision,
        "sha256": manifest.model_sha256,
        "backend": backend.name,
        "backend_description": backend.description,
        "training": manifest.training,
    }


def _map_parts(replay: Replay, plan: JobPlan, parts: Parts, lately: Lately, report: Report) -> None:
    """What is missing of them."""
    done = before = parts.images
    before_them = min(done, _NEIGHBOURS)
    frames = replay.frames(skip=done - before_them)
    checks = Checks()
    for replayed in islice(frames, before_them):
        checks.look(replayed)
    while True:
        begun = time.perf_counter()
        folder = parts.begin()
        taken = _Taken(checks)
        with BagWriter(folder / MAPS) as bag:
            recorder = MapRecorder(bag, replay.step)
            for replayed in _of_a_part(frames, plan.part):
                recorder.add(replayed)
                taken.add(replayed)
                lately.add(replayed)
                done += 1
                report(done, max(replay.images, done), done - before)
        if not taken.rows:
            return
        notes = [note._asdict() for note in replay.notes()]
        parts.finish(taken.rows, {**taken.facts(), "notes": notes, "wall_s": time.perf_counter() - begun})


def _of_a_part(frames: Iterator[Replayed], images: int | None) -> Iterator[Replayed]:
    """So many of them, or those that come within _PART_S."""
    if images is not None:
        yield from islice(frames, images)
        return
    end = time.perf_counter() + _PART_S
    for replayed in frames:
        yield replayed
        if time.perf_counter() >= end:
            return


class _Taken:
    """What a part's images were."""

    def __init__(self, checks: Checks) -> None:
        self.rows: list[dict[str, Any]] = []
        self._checks = checks
        self._camera: Camera | None = None
        self._problems: list[str] = []

    def add(self, replayed: Replayed) -> None:
        self.rows.append(table.row_of(replayed, self._checks.look(replayed)))
        self._camera = self._camera or replayed.camera
        problem = replayed.problem
        if problem is not None and len(self._problems) < _NAMED:
            self._problems.append(f"image {replayed.index}: {problem.line}")

    def facts(self) -> dict[str, Any]:
        return {"camera": camera_record(self._camera), "first_problems": self._problems}


def camera_record(camera: Camera | None) -> dict[str, Any] | None:
    """All that makes a camera; `camera_of` reads it."""
    if camera is None:
        return None
    width, height = camera.frame_size
    return {**asdict(camera), "frame_width": width, "frame_height": height, "model": camera.lens.model}


def _facts(replay: Replay, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Of all parts and of the run that ended them."""
    notes = {note["key"]: note for part in parts for note in part["notes"]}
    notes |= {note.key: note._asdict() for note in replay.notes()}
    problems = [line for part in parts for line in part["first_problems"]]
    camera = next((part["camera"] for part in parts if part["camera"]), None)
    return {
        "span": [replay.start, replay.stop],
        "damaged": replay.ended,
        "topics": asdict(replay.topics),
        "camera": camera and {**camera, "source": replay.camera_source},
        "notes": list(notes.values()),
        "first_problems": problems[:_NAMED],
        "wall_s": sum(part["wall_s"] for part in parts),
    }


def _join(replay: Replay, plan: JobPlan, parts: Parts) -> None:
    if not parts.done:
        raise ReplayError(
            f"{plan.replay.bag}: no image on {replay.topics.image} between the start and the end that were asked for"
        )
    maps = plan.out / MAPS
    if not maps.exists():
        span = replay.start, replay.stop
        join((part / MAPS for part in parts.done), plan.replay.bag, replay.topics.tf, span, maps)
    table.save(parts.table(), plan.out / TABLE)


def problems_of(keys: Iterable[str]) -> dict[str, int]:
    """How many images had each problem."""
    return dict(Counter(key for key in keys if key))
