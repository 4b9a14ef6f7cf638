# SPDX-License-Identifier: Apache-2.0
"""Tiny data sets to evaluate on, and predictors that know what they should say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.rectify import Rectifier
from offline_tools.dataset import Dataset, Drive, LocationWriter, PosedImage, write_split
from offline_tools.evaluation.predictors import Prediction

CAMERA = Camera(128, 96, 100, 100, 63.5, 47.5)
#: Channels of the six classes in a mask of nine.
CHANNELS = [0, 1, 2, 4, 6, 7]


def masks(**classes: tuple[slice, slice]) -> np.ndarray:
    """(6, 100, 100) bool with rectangles of classes."""
    names = ("road", "crossing", "sidewalk", "building", "terrain", "parking")
    made = np.zeros((6, 100, 100), bool)
    for name, place in classes.items():
        made[(names.index(name), *place)] = True
    return made


def make_place(
    root: Path,
    location: str,
    drives: Mapping[str, Sequence[int]],
    truth: Mapping[int, np.ndarray] | None = None,
    camera: Camera = CAMERA,
    pitch_deg: float = 0.0,
) -> None:
    """A location whose drives have samples of these ids; all is visible, and road where `truth` does not say."""
    writer, every = LocationWriter(root, location), {}
    for drive, ids in drives.items():
        for id_ in ids:
            mask = np.zeros((224, 224, 9), bool)
            crop = mask[12:112, 62:162]
            crop[..., CHANNELS] = (truth or {}).get(id_, masks(road=(slice(0, 100), slice(40, 60)))).transpose(1, 2, 0)
            writer.semantic_mask(id_, mask)
            writer.visibility_mask(id_, np.zeros((224, 224), np.uint8))
            picture = np.random.default_rng(id_).integers(0, 255, (12, 16, 3), dtype=np.uint8)
            writer.image(id_, np.asarray(cv2.resize(picture, (camera.width, camera.height)), np.uint8))
        every[drive] = Drive({"cam": camera}, [_posed(id_, pitch_deg) for id_ in ids])
    writer.dump(every)


def two_drives(root: Path) -> Dataset:
    """town/1 and 2 of drive a, 3 and 4 of drive b; 1 is for training, the others for the test."""
    make_place(root, "town", {"a": [1, 2], "b": [3, 4]})
    write_split(root, {"train": {"town": [1]}, "test": {"town": [2, 3, 4]}, "val": {"town": []}})
    return Dataset.open(root)


class Saying:
    """Gives these maps one after the other, everything being in the frustum."""

    def __init__(self, *maps: np.ndarray) -> None:
        self._maps = iter(maps)

    def __call__(self, frame: np.ndarray, camera: Camera, gravity: Gravity) -> Prediction:
        view = Rectifier(camera, 64)(frame, gravity)
        return Prediction(next(self._maps).astype(np.float32), np.ones((100, 100), bool), view)

    def record(self) -> dict[str, object]:
        return {"kind": "saying"}


def _posed(id_: int, pitch_deg: float) -> PosedImage:
    pitch = math.radians(pitch_deg)
    return PosedImage(
        str(id_), "cam", 48.0, 2.0, 0.0, 0.0, pitch, 0.0, np.zeros(3), np.eye(3), 1_500_000_000_000
    )  # fmt: skip
