# SPDX-License-Identifier: Apache-2.0
"""The verdict: what a replay shows, worst first, each with its likely cause and the fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from offline_tools.replay.checks.finding import Finding, worst_first
from offline_tools.replay.checks.intrinsics import intrinsics_findings
from offline_tools.replay.checks.level import level_findings
from offline_tools.replay.checks.motion import motion_findings
from offline_tools.replay.checks.running import (
    coverage_findings,
    flicker_findings,
    gravity_findings,
    image_findings,
    latency_findings,
)
from offline_tools.replay.checks.scores import engine_findings, score_findings

_JUDGES = (
    engine_findings,
    image_findings,
    level_findings,
    intrinsics_findings,
    motion_findings,
    gravity_findings,
    coverage_findings,
    latency_findings,
    flicker_findings,
    score_findings,
)
#: Letters of what a note is about, at most.
_SUBJECT = 30
#: Notes of the replay that a finding of the same subject tells better, with its numbers.
_TOLD_BY = {
    "camera_info.nominal": "intrinsics",
    "camera_info.missing": "intrinsics",
    "camera_info.size": "intrinsics",
    "gravity.missing": "images.gravity",
    "clocks": "clocks",
}


def verdict(frames: pl.DataFrame, facts: dict[str, Any]) -> list[Finding]:
    """Of a replay's table and of what metrics.json says so far. Empty tables and missing parts are no error."""
    found = list(_damage(facts))
    for judge in _JUDGES:
        found += judge(frames, facts)
    # What is no more than an example of a problem needs no second line; a finding that all is well silences no note.
    told = {finding.key for finding in found if finding.level != "good" and finding.key != "clocks"}
    told |= {finding.key for finding in found if finding.level in ("bad", "warn")}
    found += [_of_note(note) for note in _notes(facts) if _TOLD_BY.get(str(note.get("key"))) not in told]
    return worst_first(found)


def _damage(facts: dict[str, Any]) -> Iterator[Finding]:
    damaged = (facts.get("bag") or {}).get("damaged")
    if damaged:
        fix = "What was readable was replayed; `ros2 bag reindex`, or record again."
        yield Finding("bag", "warn", "the bag is damaged", str(damaged), fix)


def _notes(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that ask for something."""
    return [
        note
        for note in facts.get("notes") or []
        if note.get("level") in ("warn", "error") and note.get("key") != "bag.damaged"
    ]


def _of_note(note: dict[str, Any]) -> Finding:
    """A note says what is wrong and what to do in one line, which begins with what it is about."""
    level = "bad" if note.get("level") == "error" else "warn"
    key, line = str(note.get("key") or "note"), str(note.get("line") or "")
    subject, colon, rest = line.partition(": ")
    if colon and len(subject) <= _SUBJECT:
        return Finding(key, level, subject, rest)
    return Finding(key, level, key.replace(".", ", ").replace("_", " "), line)
