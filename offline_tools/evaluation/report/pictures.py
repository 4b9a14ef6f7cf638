# SPDX-License-Identifier: Apache-2.0
"""A sample in four pictures: the photo, what the network saw of it, the map that it gave, and the true one."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from mia_ros.arrays import Array, BoolArray, UInt8Array
from mia_ros.rectify import Rectifier
from mia_ros.taxonomy import CLASS_INDEX, CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR
from offline_tools.channels import CHANNEL_INDEX, CHANNEL_LABELS, DRAWING_ORDER
from offline_tools.dataset.ready import gravity_of, read_frame
from offline_tools.evaluation.scores import THRESHOLD
from offline_tools.evaluation.showcase import Shown

_PHOTO = 400  # pixels, the longer side
_JPEG_QUALITY = 82
_HIDDEN = 0.6  # how much of a cell behind buildings is dark

#: Classes from the lowest to the topmost, where one has to be put over another.
_LABELS = [CHANNEL_LABELS[CHANNEL_INDEX[name]] for name in DRAWING_ORDER]
_ORDER = [CLASS_INDEX[label] for label in _LABELS if label in CLASS_INDEX]


@dataclass(frozen=True)
class Panels:
    """Data URIs."""

    photo: str
    level: str
    predicted: str
    true: str


def panels(shown: Shown) -> Panels:
    """Of a sample, whose files are read again."""
    sample = shown.sample
    frame, gravity = read_frame(sample), gravity_of(sample)
    view = Rectifier(sample.view.camera, _PHOTO, min_valid=0.0)(frame, gravity)
    rows, columns = (int(np.flatnonzero(view.valid.any(axis)).max()) + 1 for axis in (1, 0))
    visible = sample.training_visibility() == 0
    masks = sample.training_mask().transpose(2, 0, 1)
    return Panels(
        _uri(_small(frame), ".jpg"),
        _uri(view.image[:rows, :columns], ".jpg"),
        _uri(painted(shown.probabilities >= THRESHOLD, shown.frustum, visible), ".png"),
        _uri(painted(masks, shown.frustum, visible), ".png"),
    )


def painted(present: BoolArray, frustum: BoolArray, visible: BoolArray) -> UInt8Array:
    """(100, 100, 3) RGB of classes (6, 100, 100): dark where a building hides a cell, darkest outside the frustum."""
    picture = np.empty((*frustum.shape, 3), np.float32)
    picture[:] = NO_CLASS_COLOUR
    for index in _ORDER:
        picture[present[index]] = CLASSES[index].colour
    dark = np.array(UNOBSERVED_COLOUR, np.float32)
    picture[~visible] += (dark - picture[~visible]) * _HIDDEN
    picture[~frustum] = dark
    return picture.round().astype(np.uint8)


def _small(frame: UInt8Array) -> Array:
    scale = _PHOTO / max(frame.shape[:2])
    return (
        frame if scale >= 1 else np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    )


def _uri(picture: Array, suffix: str) -> str:
    flags = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    ok, data = cv2.imencode(suffix, np.ascontiguousarray(picture[..., ::-1]), flags)
    assert ok  # both are built into every OpenCV
    kind = "jpeg" if suffix == ".jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
