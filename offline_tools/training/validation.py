# SPDX-License-Identifier: Apache-2.0
"""How good the network is on samples that it does not learn from: scores, and pictures to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import cv2
import numpy as np
import torch

from mia_ros.arrays import Float32Array, UInt8Array
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset.ready import Ready
from offline_tools.evaluation.counts import Counts, observable_cells
from offline_tools.evaluation.scores import Scores, score
from offline_tools.network import MapperNet

_TOGETHER = 8
#: Pixels a side of each part of a picture.
_SIDE = 300


@dataclass
class Validation:
    """Counts of the samples seen so far, and pictures of the first of them."""

    counts: Counts = field(default_factory=Counts.none)
    pictures: list[UInt8Array] = field(default_factory=list)

    def scores(self) -> Scores:
        """At threshold 0.5 over the observable area."""
        return score(self.counts)

    def record(self) -> dict[str, float]:
        """For the curve: the means, and each class."""
        found = self.scores()
        classes = {name: float(value) for name, value in zip(CLASS_NAMES, found.iou, strict=True)}
        means = {"road_sidewalk": found.road_sidewalk, "macro_mean": found.macro_mean}
        return {**means, **classes, "samples": self.counts.samples}


def validate(net: MapperNet, samples: Iterable[Ready], device: torch.device, half: bool, pictures: int) -> Validation:
    """Scores of a network in eval mode; `half`: in bfloat16, as it is trained."""
    found = Validation()
    for group in _groups(samples):
        for sample, probabilities, frustum in _maps(net, group, device, half):
            observable = observable_cells(frustum, sample.visible)
            found.counts += Counts.of(probabilities, sample.masks, observable)
            if len(found.pictures) < pictures:
                found.pictures.append(picture(sample, probabilities, observable))
    return found


def picture(sample: Ready, probabilities: Float32Array, observable: np.ndarray) -> UInt8Array:
    """(H, W, 3) RGB: what the network sees, the map that it makes, the true map."""
    seen = cv2.resize(sample.image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    maps = [
        cv2.resize(SemanticMap(values, observable).image(), (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)[..., ::-1]
        for values in (probabilities, sample.masks.astype(np.float32))
    ]
    return np.ascontiguousarray(np.hstack([seen, *maps]))


def _groups(samples: Iterable[Ready]) -> Iterator[Sequence[Ready]]:
    """A few at a time, of one size of picture."""
    left = iter(samples)
    group = list(islice(left, _TOGETHER))
    while group:
        yield group
        group = list(islice(left, _TOGETHER))


def _maps(
    net: MapperNet, group: Sequence[Ready], device: torch.device, half: bool
) -> Iterator[tuple[Ready, Float32Array, np.ndarray]]:
    images = torch.from_numpy(np.stack([sample.image for sample in group])).permute(0, 3, 1, 2)
    cameras = torch.from_numpy(np.stack([sample.camera for sample in group]))
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=half):
        output = net(images.to(device).float() / 255, cameras.to(device))
    probabilities = output.logits.float().sigmoid().cpu().numpy()
    frustums = output.observed[..., :-1].cpu().numpy()
    yield from zip(group, probabilities, frustums, strict=True)
