# SPDX-License-Identifier: Apache-2.0
"""What the comparison with the truth says, as it stands and after the best shift, never mixed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from offline_tools.replay.checks.finding import Finding

#: An engine whose training says one of these has never seen a photo.
_NEVER = ("untrained", "random", "simulat", "synthetic")
#: Position error that a plain score cannot tell from a wrong map, m.
_OFF = 1.0


def engine_findings(_frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """What the engine has learnt from."""
    engine = facts.get("engine") or {}
    training = str(engine.get("training") or "")
    name = engine.get("name") or "the engine"
    if not never_saw_photos(training):
        return
    line = f"{name} says of its training: {first_sentence(training)}."
    if "untrained" in training.lower() or "random" in training.lower():
        yield Finding("engine", "bad", "the engine is untrained", line, "Give --engine a trained one.")
    else:
        fix = "Expect poor maps of real pictures; train or fetch an engine that learnt from photos."
        yield Finding("engine", "warn", "the engine has never seen a real photo", line, fix)


def first_sentence(training: str) -> str:
    """What a manifest's lines on training say first, without a full stop; the rest may be a page."""
    return training.partition(". ")[0].rstrip(".")


def never_saw_photos(training: str) -> bool:
    """Whether a manifest's line on training says that no real photo was in it."""
    said = training.lower()
    real = any(word in said for word in ("photo", "mapillary", "real"))
    denied = any(word in said for word in ("no real", "never", "no photo", "not a photo", "without photo"))
    return any(word in said for word in _NEVER) and (denied or not real)


def score_findings(_frames: pl.DataFrame, facts: dict[str, Any]) -> Iterator[Finding]:
    """Of facts["truth"]."""
    truth = facts.get("truth")
    if not truth:
        line = "No truth was given: the maps' shape is checked above, not whether they are right."
        fix = "With GPS in the bag, --truth osm:FILE scores any outdoor drive against the street map."
        yield Finding("scores", "info", "no scores", line, fix)
        return
    score, aligned = truth.get("score") or {}, truth.get("aligned") or {}
    frames = score.get("frames") or 0
    if not frames:
        fix = "Do the stamps of the truth, or the place of the map, fit the bag?"
        yield Finding("scores", "bad", "no frame could be scored", f"Against {truth.get('name')}: 0 frames.", fix)
        return
    line = f"{_scores(score)} over {frames} frames against {truth.get('name')}, as it stands."
    yield Finding("scores", "info", f"scores against {truth.get('name')}", line)
    if aligned:
        yield _aligned(aligned)


def _aligned(aligned: dict[str, Any]) -> Finding:
    alignment = aligned.get("alignment") or {}
    east, north = alignment.get("gps_error_east_m"), alignment.get("gps_error_north_m")
    size = alignment.get("size_m")
    if size is None and east is not None and north is not None:
        size = math.hypot(east, north)
    moved = "after the best small shift and turn"
    if size is not None:
        moved += f" ({size:.1f} m, {alignment.get('turn_deg') or 0:+.1f} deg)"
    line = (
        f"{_scores(aligned.get('score') or {})} {moved}; a separate figure, not to be mixed with the one as it stands."
    )
    if alignment.get("at_the_edge"):
        fix = "The GPS or the map is farther off than was searched; do not trust this figure."
        return Finding("scores.aligned", "warn", "the best shift lies at the edge of the search", line, fix)
    if size is not None and size > _OFF:
        fix = "The GPS is that far off: take this figure for the maps, the other for maps and GPS together."
        return Finding("scores.aligned", "info", "scores after alignment", line, fix)
    return Finding("scores.aligned", "info", "scores after alignment", line)


def _scores(score: dict[str, Any]) -> str:
    mean, average = score.get("macro_mean_iou"), score.get("avg_road_sidewalk")
    return f"macro mean IoU {_number(mean)}, road and sidewalk {_number(average)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
