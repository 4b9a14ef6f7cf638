# SPDX-License-Identifier: Apache-2.0
"""metrics.json: all that a replay found, as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from mia_ros.bag import BagReader
from offline_tools.replay.checks import verdict
from offline_tools.replay.judging import Judged
from offline_tools.replay.mapping import problems_of
from offline_tools.replay.plan import JobPlan
from offline_tools.replay.table import STAGES

VERSION = 1


def metrics_of(plan: JobPlan, facts: dict[str, Any], judged: Judged) -> dict[str, Any]:
    """From what the maps' stage kept and what was judged."""
    frames = judged.frames
    seconds = _seconds(plan, facts)
    found = {
        "version": VERSION,
        "bag": {
            "path": str(plan.replay.bag),
            "seconds": seconds,
            "bytes": sum(path.stat().st_size for path in plan.recording()),
            "images": facts["topics"]["images"],
            "damaged": facts["damaged"],
        },
        "topics": facts["topics"],
        "engine": facts["engine"],
        "camera": facts["camera"],
        "images": _images(frames, facts),
        "notes": [*facts["notes"], *(note._asdict() for note in judged.notes)],
        "gravity": _gravity(frames),
        "times_ms": {stage: _spread(frames[f"ms_{stage}"], (50, 95), ("median", "p95")) for stage in STAGES},
        "alone_ms": facts.get("alone_ms"),
        "speed": _speed(plan, facts, frames),
        "coverage": _spread(frames["coverage"], (50, 5), ("median", "p5")),
        "flicker": _flicker(frames),
        "trajectory": _trajectory(judged),
        "truth": judged.truth,
        "configuration": plan.record(),
    }
    found["verdict"] = [finding._asdict() for finding in verdict(frames, found)]
    return found


def _seconds(plan: JobPlan, facts: dict[str, Any]) -> float:
    with BagReader(plan.replay.bag, salvage=True) as bag:
        whole = (bag.end - bag.start) * 1e-9
    start, stop = facts["span"]
    return min(whole, (stop - start) * 1e-9)


def _images(frames: pl.DataFrame, facts: dict[str, Any]) -> dict[str, Any]:
    problems = problems_of(frames["problem"])
    return {
        "seen": len(frames),
        "mapped": len(frames) - sum(problems.values()),
        "problems": problems,
        "first_problems": facts["first_problems"],
    }


def _gravity(frames: pl.DataFrame) -> dict[str, Any]:
    sources = frames["gravity_source"].drop_nulls().value_counts().iter_rows()
    sigma = _spread(frames["gravity_sigma"], (50,), ("median",))["median"]
    return {
        "sources": {str(name): int(count) for name, count in sources},
        "sigma_median_deg": None if sigma is None else math.degrees(sigma),
    }


def _speed(plan: JobPlan, facts: dict[str, Any], frames: pl.DataFrame) -> dict[str, Any]:
    """Of making the maps, and all that is written of them. Real time is that of receipt: stamps may be of any clock."""
    wall = facts["wall_s"]
    received = frames["received"].to_numpy()
    real = float(received.max() - received.min()) * 1e-9
    video = facts.get("video_s") if plan.video else None
    total = wall + (video or 0.0)
    return {
        "wall_s": total,
        "maps_s": wall,
        "video_s": video,
        "frames_per_s": len(frames) / wall if wall else None,
        "times_real_time": real / total if total else None,
        "with_video": video is not None,
    }


def _flicker(frames: pl.DataFrame) -> dict[str, Any] | None:
    known = frames["flicker"].drop_nulls()
    return {**_spread(known, (50, 95), ("median", "p95")), "frames": len(known)} if len(known) else None


def _trajectory(judged: Judged) -> dict[str, Any] | None:
    if judged.trajectory is None:
        return None
    placed = int(judged.frames["pose_x"].is_not_null().sum())
    return {
        "source": judged.trajectory.source,
        "origin": judged.trajectory.origin,
        "metres": judged.trajectory.metres,
        "frames": placed,
    }


def _spread(values: pl.Series, shares: Sequence[int], names: Sequence[str]) -> dict[str, float | None]:
    known = values.drop_nulls().to_numpy()
    if not len(known):
        return dict.fromkeys(names)
    return {name: float(np.percentile(known, share)) for name, share in zip(names, shares, strict=True)}
