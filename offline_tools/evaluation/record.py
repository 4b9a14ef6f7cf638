# SPDX-License-Identifier: Apache-2.0
"""metrics.json: everything that an evaluation says, for programs. A number that is not defined is null."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mia_ros.arrays import FloatArray
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.evaluation.counts import RANGES, Counts
from offline_tools.evaluation.evaluate import Evaluation, Group, Tally
from offline_tools.evaluation.scores import (
    Interval,
    Scores,
    best_thresholds,
    bootstrap,
    iou,
    macro_mean,
    range_scores,
    reliability,
    road_sidewalk,
    score,
    threshold_curve,
)
from offline_tools.evaluation.showcase import Showcase

FORMAT = "mia_ros evaluation 1"
REPLICATES, SEED, LEVEL = 1000, 0, 0.95


def record_of(evaluation: Evaluation, configuration: Mapping[str, Any], seed: int = SEED) -> dict[str, Any]:
    """Of an evaluation; `configuration` says what was evaluated on what, and with which settings."""
    baseline = evaluation.baseline
    return {
        "format": FORMAT,
        "configuration": dict(configuration),
        "classes": list(CLASS_NAMES),
        "samples": _samples(evaluation),
        "scores": _table(evaluation.found, seed),
        "baseline": None if baseline is None else _table(baseline, seed),
        "locations": _groups(evaluation.locations),
        "cameras": _groups(evaluation.cameras),
        "best": _shown(evaluation.best),
        "worst": _shown(evaluation.worst),
    }


def number(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return None if math.isnan(value) else float(value)


def by_class(values: FloatArray | Iterable[float]) -> dict[str, float | None]:
    """(6,) numbers with their classes' names."""
    return {name: number(float(value)) for name, value in zip(CLASS_NAMES, values, strict=True)}


def _samples(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "evaluated": evaluation.found.counts.samples,
        "sequences": len(evaluation.found.sequences),
        "observable_cells": evaluation.found.counts.observable,
        "skipped": sum(evaluation.skipped.reasons.values()),
        "skipped_reasons": dict(evaluation.skipped.reasons),
        "skipped_first": evaluation.skipped.first,
    }


def _table(tally: Tally, seed: int) -> dict[str, Any]:
    counts = tally.counts
    scores = score(counts)
    thresholds, reached = best_thresholds(counts)
    return {
        **_means(scores.iou),
        "precision": by_class(scores.precision),
        "recall": by_class(scores.recall),
        "intervals": _intervals(bootstrap(tally.confusions(), REPLICATES, seed, LEVEL)),
        "ranges": [_range(ends, found) for ends, found in zip(RANGES, range_scores(counts), strict=True)],
        "best_thresholds": {"threshold": by_class(thresholds), **_means(reached)},
        "threshold_curves": {
            name: [number(value) for value in curve.tolist()]
            for name, curve in zip(CLASS_NAMES, threshold_curve(counts), strict=True)
        },
        "calibration": _calibration(counts),
        "shares": _shares(scores, counts.observable),
    }


def _means(values: FloatArray) -> dict[str, Any]:
    return {
        "iou": by_class(values),
        "macro_mean_iou": number(float(macro_mean(values))),
        "avg_road_sidewalk": number(float(road_sidewalk(values))),
    }


def _range(ends: tuple[float, float], found: Scores) -> dict[str, Any]:
    return {"from_m": ends[0], "to_m": ends[1], **_means(found.iou)}


def _intervals(interval: Interval) -> dict[str, Any]:
    return {
        "iou": {name: _ends(ends) for name, ends in zip(CLASS_NAMES, interval.iou, strict=True)},
        "macro_mean_iou": _ends(interval.macro_mean),
        "avg_road_sidewalk": _ends(interval.road_sidewalk),
    }


def _ends(ends: FloatArray) -> list[float] | None:
    return None if np.isnan(ends).any() else [float(end) for end in ends]


def _calibration(counts: Counts) -> dict[str, Any]:
    found = reliability(counts)
    return {
        "ece": by_class(found.error),
        "ece_mean": number(float(macro_mean(found.error))),
        "bins": {
            name: {
                "cells": found.cells[index].tolist(),
                "predicted": [number(value) for value in found.predicted[index].tolist()],
                "observed": [number(value) for value in found.observed[index].tolist()],
            }
            for index, name in enumerate(CLASS_NAMES)
        },
    }


def _shares(scores: Scores, cells: int) -> dict[str, Any]:
    """Of the observable cells, those that hold a class in truth and in the prediction."""
    hit, false, missed = np.moveaxis(scores.confusion, -1, 0) / max(cells, 1)
    return {"truth": by_class(hit + missed), "predicted": by_class(hit + false)}


def _groups(groups: Mapping[str, Group]) -> dict[str, Any]:
    return {name: {"samples": group.samples, **_means(iou(group.confusion))} for name, group in sorted(groups.items())}


def _shown(showcase: Showcase) -> list[dict[str, Any]]:
    return [{"name": shown.name, "agreement": shown.agreement} for shown in showcase.pick()]
