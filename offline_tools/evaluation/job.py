# SPDX-License-Identifier: Apache-2.0
"""One evaluation from its plan to the folder that it writes."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

import mia_ros
from mia_ros.arrays import Float32Array
from mia_ros.rectify import INPUT_SIZE
from offline_tools.dataset import Dataset, Sample
from offline_tools.errors import TrainingError
from offline_tools.evaluation.baselines import MOST, mean_map
from offline_tools.evaluation.counts import RANGES, STEPS
from offline_tools.evaluation.evaluate import evaluate
from offline_tools.evaluation.output import METRICS, REPORT, check_out, write_out
from offline_tools.evaluation.predictors import CheckpointPredictor, EnginePredictor, Predictor
from offline_tools.evaluation.progress import Report, quiet
from offline_tools.evaluation.record import LEVEL, REPLICATES, SEED, record_of
from offline_tools.evaluation.report import report_page
from offline_tools.evaluation.scores import CALIBRATION_BINS, THRESHOLD

#: Every sample that is complete, whatever split.json says.
ALL = "all"

Progress = Callable[[str], AbstractContextManager[Report]]


def silently(_name: str) -> AbstractContextManager[Report]:
    """A progress that says nothing."""
    return nullcontext(quiet)


@dataclass(frozen=True)
class EvaluationPlan:
    """What to evaluate (an engine or a checkpoint) on which samples; `most` of them, spread evenly, if not None."""

    data: Path
    out: Path
    split: str = "test"
    engine: Path | None = None
    checkpoint: Path | None = None
    baseline_data: Path | None = None
    baseline_split: str = "train"
    most: int | None = None
    backend: str = "auto"
    threads: int | None = None
    device: str = "auto"
    size: int = INPUT_SIZE
    seed: int = SEED


@dataclass(frozen=True)
class Part(Sequence[Sample]):
    """Samples of a data set by name; each is made when it is asked for. `lacking`: named by the split, not complete."""

    data: Dataset
    names: Sequence[tuple[str, str]]
    lacking: int

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Part: ...
    def __getitem__(self, index: int | slice) -> Sample | Part:
        if isinstance(index, slice):
            return Part(self.data, self.names[index], self.lacking)
        return self.data.sample(*self.names[index])

    def spread(self, most: int | None) -> Part:
        """At most so many, evenly from all of it."""
        if most is None or len(self) <= most:
            return self
        return Part(self.data, [self.names[index * len(self) // most] for index in range(most)], self.lacking)


def run_evaluation(plan: EvaluationPlan, progress: Progress = silently) -> dict[str, Any]:
    """Evaluate, write metrics.json and report.html into `plan.out`, and give what stands in the first."""
    check_out(plan.out)
    _check_most(plan.most)
    part = part_of(plan.data, plan.split).spread(plan.most)
    predictor = _predictor(plan)
    baseline, about = _baseline(plan, part, progress)
    with progress(f"evaluating {len(part)} samples") as report:
        evaluation = evaluate(part, predictor, baseline, report)
    record = record_of(evaluation, _configuration(plan, part, predictor, about), plan.seed)
    page = report_page(record, evaluation.best.pick(), evaluation.worst.pick())
    text = json.dumps(record, indent=1, allow_nan=False)
    write_out(plan.out, {METRICS: f"{text}\n".encode(), REPORT: page.encode()})
    return record


def part_of(root: Path, split: str) -> Part:
    """The complete samples of a part of split.json, or all of them; an empty part is refused."""
    data = Dataset.open(root)
    if split == ALL:
        names = [(location, id_) for location in data.locations for id_ in data.ids(location)]
        lacking = sum(len(data.incomplete(location)) for location in data.locations)
    else:
        names = data.split(split)
        lacking = sum(len(ids) for ids in data.splits()[split].values()) - len(names)
    if not names:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in data.missing.items()) or "none is there"
        raise TrainingError(f"data set {root}: '{split}' has no complete sample: {lacking} are named ({reasons})")
    return Part(data, names, lacking)


def _predictor(plan: EvaluationPlan) -> Predictor:
    if (plan.engine is None) == (plan.checkpoint is None):
        raise TrainingError("evaluate: give either --engine FOLDER or --checkpoint FOLDER")
    if plan.engine is not None:
        return EnginePredictor(plan.engine, plan.backend, plan.threads)
    assert plan.checkpoint is not None
    return CheckpointPredictor(plan.checkpoint, plan.device, plan.size)


def _baseline(plan: EvaluationPlan, part: Part, progress: Progress) -> tuple[Float32Array | None, Any]:
    """The mean map, and what stands of it in the configuration."""
    if plan.baseline_data is None:
        return None, None
    training = part_of(plan.baseline_data, plan.baseline_split).spread(MOST)
    if training.data.root.resolve() == part.data.root.resolve():
        both = set(training.names) & set(part.names)
        if both:
            first = "/".join(min(both))
            raise TrainingError(
                f"baseline: {len(both)} samples of '{plan.split}' are in '{plan.baseline_split}' too, {first} among "
                f"them: the mean map must come from other samples"
            )
    with progress(f"mean map of {len(training)} samples") as report:
        found = mean_map(training, report)
    about = {
        "kind": "mean map",
        "path": str(plan.baseline_data),
        "split": plan.baseline_split,
        "samples": found.samples,
        "skipped": found.skipped,
    }
    return found.probabilities(), about


def _configuration(plan: EvaluationPlan, part: Part, predictor: Predictor, baseline: Any) -> dict[str, Any]:
    return {
        "predictor": predictor.record(),
        "data": {
            "path": str(plan.data),
            "split": plan.split,
            "samples": len(part),
            "incomplete": part.lacking,
            "most": plan.most,
        },
        "baseline": baseline,
        "threshold": THRESHOLD,
        "ranges_m": [list(ends) for ends in RANGES],
        "threshold_step": 1 / STEPS,
        "calibration_bins": CALIBRATION_BINS,
        "bootstrap": {"over": "sequences", "replicates": REPLICATES, "level": LEVEL, "seed": plan.seed},
        "versions": {
            "mia_ros": mia_ros.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def _check_most(most: int | None) -> None:
    if most is not None and most < 1:
        raise TrainingError(f"evaluate: --n is {most}, want 1 or more")
