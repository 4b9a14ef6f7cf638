# SPDX-License-Identifier: Apache-2.0
"""A sample made ready for the network: its photo level, the camera of that, and the map of the ground ahead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, UInt8Array
from mia_ros.gravity import Gravity
from mia_ros.pictures import read_image
from mia_ros.rectify import Rectifier
from mia_ros.rectify import View as LevelView
from offline_tools.dataset.dump import View
from offline_tools.errors import DatasetError


class Photographed(Protocol):
    """What a sample of any data set knows of itself; Sample is one."""

    @property
    def location(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def image_path(self) -> Path | None: ...
    @property
    def view(self) -> View: ...
    def training_mask(self) -> BoolArray:
        """(100, 100, 6) bool."""

    def training_visibility(self) -> UInt8Array:
        """(100, 100) uint8: 0 visible."""


@dataclass(frozen=True)
class Ready:
    """image: (H, W, 3) uint8 RGB, level. camera: (4,) float32 fx fy cx cy in its pixels, (0, 0) the first's centre.

    masks: (6, 100, 100) bool, in the order of the taxonomy. visible: (100, 100) bool. name: "location/id".
    sequence: "location/drive"; samples of different drives may be taken as independent, those of one may not. height:
    metres above level ground, NaN where that is not known, or the ground is not level.
    """

    image: UInt8Array
    camera: Float32Array
    masks: BoolArray
    visible: BoolArray
    name: str
    sequence: str
    height: float = math.nan


def prepare(
    sample: Photographed,
    size: int,
    exact: bool = False,
    *,
    target_focal: float | None = None,
    multiple: int | None = None,
) -> Ready:
    """The sample as the network takes it, `size` x `size` pixels; the other arguments are those of Rectifier."""
    gravity = gravity_of(sample)
    rectifier = Rectifier(sample.view.camera, size, exact, target_focal=target_focal, multiple=multiple)
    return ready_of(sample, rectifier(read_frame(sample), gravity))


def read_frame(sample: Photographed) -> UInt8Array:
    """(H, W, 3) RGB: the photo as it is."""
    if sample.image_path is None:
        raise DatasetError(f"sample {name_of(sample)}: has no image")
    frame = read_image(sample.image_path)
    camera = sample.view.camera
    if frame.shape[:2] != (camera.height, camera.width):
        found, wanted = f"{frame.shape[1]} x {frame.shape[0]}", f"{camera.width} x {camera.height}"
        raise DatasetError(f"data set {sample.image_path}: {found} pixels, but the camera in dump.json has {wanted}")
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB, frame).astype(np.uint8, copy=False)


def gravity_of(sample: Photographed) -> Gravity:
    """Down, as the sample's camera saw it."""
    view = sample.view
    if not (math.isfinite(view.roll) and math.isfinite(view.pitch)):
        raise DatasetError(f"sample {name_of(sample)}: has no roll and pitch, so its photo cannot be levelled")
    return Gravity.from_roll_pitch(view.roll, view.pitch)


def ready_of(sample: Photographed, view: LevelView) -> Ready:
    """The sample with a level view of its photo."""
    camera = view.camera
    return Ready(
        image=as_uint8(view.image),
        camera=np.array([camera.fx, camera.fy, camera.cx, camera.cy], np.float32),
        masks=np.ascontiguousarray(sample.training_mask().transpose(2, 0, 1)),
        visible=sample.training_visibility() == 0,
        name=name_of(sample),
        sequence=f"{sample.location}/{sample.view.sequence or sample.id}",
        height=sample.view.height,
    )


def name_of(sample: Photographed) -> str:
    """What a sample is called where several locations are at hand."""
    return f"{sample.location}/{sample.id}"


def as_uint8(image: Array) -> UInt8Array:
    """A picture of 0 to 255; one of float32 in 0..1 is rounded."""
    if image.dtype == np.uint8:
        return np.ascontiguousarray(image)
    return (np.clip(image, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)
