# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np

from mia_ros.taxonomy import CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR
from offline_tools.dataset import Dataset
from offline_tools.evaluation.report.pictures import painted, panels
from offline_tools.evaluation.showcase import Shown
from tests.offline_tools.evaluation.places import make_place, masks

EVERYWHERE = np.ones((100, 100), bool)
LEFT = (slice(0, 100), slice(0, 50))


def decoded(uri: str) -> np.ndarray:
    """RGB."""
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(uri.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
    return picture[..., ::-1]


def test_classes_have_their_colours_and_a_crossing_lies_on_its_road() -> None:
    present = masks(road=LEFT, crossing=(slice(10, 20), slice(0, 50)))
    picture = painted(present, EVERYWHERE, EVERYWHERE)
    assert tuple(picture[50, 10]) == CLASSES[0].colour and tuple(picture[15, 10]) == CLASSES[1].colour
    assert tuple(picture[50, 90]) == NO_CLASS_COLOUR


def test_hidden_cells_are_dimmed_and_those_outside_of_the_view_are_dark() -> None:
    frustum, visible = EVERYWHERE.copy(), EVERYWHERE.copy()
    frustum[:, 0], visible[:, 1] = False, False
    picture = painted(masks(sidewalk=LEFT), frustum, visible)
    assert tuple(picture[5, 0]) == UNOBSERVED_COLOUR
    assert picture[5, 0].sum() < picture[5, 1].sum() < picture[5, 2].sum()


def test_the_panels_are_the_photo_its_level_view_and_both_maps(tmp_path: Path) -> None:
    make_place(tmp_path, "town", {"a": [1]}, {1: masks(terrain=LEFT)})
    sample = Dataset.open(tmp_path).sample("town", 1)
    found = panels(Shown(sample, "a", 0.5, masks(building=LEFT).astype(np.float32), EVERYWHERE))
    assert decoded(found.photo).shape == (96, 128, 3)
    assert decoded(found.level).shape == (300, 400, 3)
    assert tuple(decoded(found.true)[50, 10]) == CLASSES[4].colour
    assert tuple(decoded(found.predicted)[50, 10]) == CLASSES[3].colour
    photo, level = decoded(found.photo), cv2.resize(decoded(found.level), (128, 96), interpolation=cv2.INTER_AREA)
    assert np.abs(photo.astype(int) - level).mean() < 6  # the camera stands level: the same picture, larger
