# SPDX-License-Identifier: Apache-2.0
"""A data set's samples through a predictor, counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, IntArray
from mia_ros.camera import Camera
from mia_ros.errors import CameraError, FrameError, GravityError, TiltError
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset.ready import Photographed, gravity_of, name_of, read_frame
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.evaluation.counts import Counts, observable_cells
from offline_tools.evaluation.predictors import Prediction, Predictor
from offline_tools.evaluation.progress import Report, quiet
from offline_tools.evaluation.showcase import LEAST_CELLS, Showcase, Shown, agreement

#: Best samples that are shown, and as many worst ones.
SHOWN = 4

_FIELD_STEP_DEG = 10
#: What makes a sample unfit, and the words for it; anything else that goes wrong stops the evaluation.
_UNFIT = {
    TiltError: "tilted so far that there is no map",
    FrameError: "photo not usable",
    CameraError: "camera not usable",
    GravityError: "gravity not usable",
    DatasetError: "files missing or damaged",
}
_NAMED = 20


@dataclass(eq=False)
class Group:
    """Samples that have something in common: how many, and their (6, 3) counts at the threshold of 0.5."""

    samples: int = 0
    confusion: IntArray = field(default_factory=lambda: np.zeros((len(CLASS_NAMES), 3), np.int64))

    def add(self, confusion: IntArray) -> None:
        """One sample more."""
        self.samples += 1
        self.confusion = self.confusion + confusion


@dataclass(eq=False)
class Tally:
    """All that is counted of one predictor: everything, and a few numbers for each sequence."""

    counts: Counts = field(default_factory=Counts.none)
    sequences: dict[str, Group] = field(default_factory=dict)

    def add(self, probabilities: Array, truth: Truth, observable: BoolArray) -> IntArray:
        """One sample more -> its (6, 3) counts."""
        found = Counts.of(probabilities, truth.masks, observable)
        confusion = found.confusion().sum(1)
        self.counts = self.counts + found
        self.sequences.setdefault(truth.sequence, Group()).add(confusion)
        return confusion

    def confusions(self) -> IntArray:
        """(sequences, 6, 3)."""
        return np.array([group.confusion for group in self.sequences.values()], np.int64)


@dataclass(frozen=True, eq=False)
class Truth:
    """masks: (6, 100, 100) bool. visible: (100, 100) bool. sequence: "location/drive"."""

    masks: BoolArray
    visible: BoolArray
    sequence: str


@dataclass
class Skipped:
    """Samples that could not be used: how many for each reason, and the first by name."""

    reasons: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def add(self, sample: Photographed, error: Exception) -> None:
        """One more."""
        self.reasons[next(words for kind, words in _UNFIT.items() if isinstance(error, kind))] += 1
        if len(self.first) < _NAMED:
            self.first.append(f"{name_of(sample)}: {error}")


@dataclass(eq=False)
class Evaluation:
    """What came out; `cameras` are grouped by picture size and field of view."""

    found: Tally = field(default_factory=Tally)
    baseline: Tally | None = None
    locations: dict[str, Group] = field(default_factory=dict)
    cameras: dict[str, Group] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=Skipped)
    best: Showcase = field(default_factory=lambda: Showcase(SHOWN, 1))
    worst: Showcase = field(default_factory=lambda: Showcase(SHOWN, -1))

    def add(self, sample: Photographed, truth: Truth, prediction: Prediction, baseline: Float32Array | None) -> None:
        """Count one sample. The baseline's map is looked at in the same cells."""
        observable = observable_cells(prediction.frustum, truth.visible)
        confusion = self.found.add(prediction.probabilities, truth, observable)
        if baseline is not None and self.baseline is not None:
            self.baseline.add(baseline, truth, observable)
        self.locations.setdefault(sample.location, Group()).add(confusion)
        self.cameras.setdefault(camera_name(sample.view.camera), Group()).add(confusion)
        agreed = agreement(confusion)
        if agreed is not None and observable.sum() >= LEAST_CELLS:
            shown = Shown(sample, truth.sequence, agreed, prediction.probabilities, prediction.frustum)
            self.best.offer(shown)
            self.worst.offer(shown)


def evaluate(
    samples: Sequence[Photographed],
    predictor: Predictor,
    baseline: Float32Array | None = None,
    report: Report = quiet,
) -> Evaluation:
    """Every sample once. `baseline`: a map (6, 100, 100) that is scored beside the predictor's."""
    evaluation = Evaluation(baseline=None if baseline is None else Tally())
    for done, sample in enumerate(samples, 1):
        try:
            truth = truth_of(sample)
            prediction = predictor(read_frame(sample), sample.view.camera, gravity_of(sample))
        except tuple(_UNFIT) as error:
            evaluation.skipped.add(sample, error)
        else:
            _add(evaluation, sample, truth, prediction, baseline)
        report(done, len(samples))
    if not evaluation.found.counts.samples:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in evaluation.skipped.reasons.items())
        first = "".join(evaluation.skipped.first[:1])
        raise TrainingError(f"evaluate: no sample could be used ({reasons or 'there is none'}); the first: {first}")
    return evaluation


def truth_of(sample: Photographed) -> Truth:
    """What the sample's masks say."""
    return Truth(
        sample.training_mask().transpose(2, 0, 1),
        sample.training_visibility() == 0,
        f"{sample.location}/{sample.view.sequence or sample.id}",
    )


def camera_name(camera: Camera) -> str:
    """A camera among its like: "512 x 384, 60-70 deg" wide."""
    width = math.degrees(2 * math.atan(camera.width / 2 / camera.fx))
    below = int(width // _FIELD_STEP_DEG) * _FIELD_STEP_DEG
    return f"{camera.width} x {camera.height}, {below}-{below + _FIELD_STEP_DEG} deg"


def _add(
    evaluation: Evaluation,
    sample: Photographed,
    truth: Truth,
    prediction: Prediction,
    baseline: Float32Array | None,
) -> None:
    try:
        evaluation.add(sample, truth, prediction, baseline)
    except TrainingError as error:
        raise TrainingError(f"sample {name_of(sample)}: {error}") from error
