# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from mia_ros.taxonomy import UNOBSERVED_COLOUR  # noqa: E402
from offline_tools.network.mapper_net import MapperOutput  # noqa: E402
from offline_tools.training.validation import Validation, validate  # noqa: E402
from tests.offline_tools.training.feeds import batch, sample  # noqa: E402


class Knows(torch.nn.Module):
    """Answers with maps that it was given, in order; the last ten columns are out of its sight."""

    def __init__(self, maps: torch.Tensor) -> None:
        super().__init__()
        self.maps = list(maps)

    def forward(self, images: torch.Tensor, _: torch.Tensor) -> MapperOutput:
        given = torch.stack([self.maps.pop(0) for _ in images])
        logits = torch.where(given, 4.0, -4.0)
        observed = torch.ones(len(images), 100, 101, dtype=torch.bool)
        observed[..., 90:] = False
        return MapperOutput(logits, logits.sigmoid(), observed)


def found(maps: torch.Tensor, count: int = 11, pictures: int = 3) -> Validation:
    samples = [sample(index, 32) for index in range(count)]
    return validate(Knows(maps), iter(samples), torch.device("cpu"), half=False, pictures=pictures)


def true_maps(count: int = 11) -> torch.Tensor:
    return batch([sample(index, 32) for index in range(count)]).masks


def test_the_true_maps_have_the_highest_score() -> None:
    record = found(true_maps()).record()
    assert record["road_sidewalk"] == record["macro_mean"] == record["parking"] == 1 and record["samples"] == 11


def test_only_cells_in_sight_and_not_hidden_count() -> None:
    wrong = true_maps()
    hidden = ~batch([sample(index, 32) for index in range(11)]).visible
    wrong ^= hidden[:, None]
    wrong[..., 90:] ^= True
    assert found(wrong).record()["macro_mean"] == 1


def test_a_class_is_scored_over_all_samples_together() -> None:
    half = true_maps()
    half[0::2, 0] = False
    seen = batch([sample(index, 32) for index in range(11)])
    cells = (seen.masks[:, 0] & seen.visible)[..., :90].sum((1, 2)).float()
    assert found(half).record()["road"] == pytest.approx((cells[1::2].sum() / cells.sum()).item())


def test_a_class_that_nowhere_is_has_no_score() -> None:
    samples = [sample(index, 32) for index in range(2)]
    for one in samples:
        one.masks[1] = False
    maps = batch(samples).masks
    record = validate(Knows(maps), samples, torch.device("cpu"), half=False, pictures=0).record()
    assert math.isnan(record["crossing"]) and record["macro_mean"] == 1


def test_pictures_show_photo_prediction_and_truth() -> None:
    pictures = found(true_maps()).pictures
    assert len(pictures) == 3 and pictures[0].shape == (300, 900, 3) and pictures[0].dtype == np.uint8
    assert np.array_equal(pictures[1][:, 300:600], pictures[1][:, 600:])
    assert pictures[0][150, 899].tolist() == list(UNOBSERVED_COLOUR)
