# SPDX-License-Identifier: Apache-2.0
"""Augmentation: how a sample is changed before the network learns from it, always the same for the same dice.

Published: colours, and the mirror image of photo, camera and masks. Ours beside them: photos that are levelled with a
gravity that is slightly wrong, as a robot's is; other focal lengths; and other cut-outs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from mia_ros.arrays import UInt8Array
from mia_ros.camera import Camera
from mia_ros.gravity import Gravity
from mia_ros.rectify import Rectifier, View
from offline_tools.dataset.ready import Photographed, Ready, gravity_of, read_frame, ready_of
from offline_tools.training.colours import ColourStep, recoloured

#: Sizes to which a photo is zoomed are multiples of it: few sizes, whose filters are computed once.
_ZOOM_STEP = 8
#: An error of gravity is cut at so many standard deviations.
_MOST_TILT = 3.0

_Factor = Annotated[float, Field(ge=0, le=1)]


class Augmentation(BaseModel):
    """How far each change may go; the defaults are the published ones, in which the last three do not take part.

    A factor of 0.5 means a scale of 0.5 to 1.5; hue is in turns of the colour circle. `brightness_again` and
    `contrast_again` are those of the second pass. `flip`: how often photo, camera and masks are mirrored.
    tilt_deg: standard deviation of the error of gravity, about each of two axes. focal: by what the focal length is
    multiplied. crop: how far a cut-out of a photo that was zoomed strays from its middle; at 1 up to the photo's edge.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    brightness: _Factor = 0.5
    contrast: _Factor = 0.5
    saturation: _Factor = 0.5
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.5
    brightness_again: _Factor = 0.2
    contrast_again: _Factor = 0.2
    flip: _Factor = 0.5
    tilt_deg: Annotated[float, Field(ge=0, le=5)] = 0.0
    focal: tuple[float, float] = (1.0, 1.0)
    crop: _Factor = 0.0

    @field_validator("focal")
    @classmethod
    def _sane(cls, focal: tuple[float, float]) -> tuple[float, float]:
        if not 0.5 <= focal[0] <= focal[1] <= 2:
            raise ValueError(f"{focal[0]:g} to {focal[1]:g}; want the least and the most, within 0.5 to 2")
        return focal

    def draw(self, random: np.random.Generator) -> Change:
        """One change; every number is drawn, also where it has no effect, so that one setting moves no other's dice."""
        again = self._colours(random, (self.brightness_again, self.contrast_again), 0.0)
        first = self._colours(random, (self.brightness, self.contrast, self.saturation), self.hue)
        tilt = np.clip(random.standard_normal(2), -_MOST_TILT, _MOST_TILT) * np.radians(self.tilt_deg)
        low, high = self.focal
        place = 0.5 + self.crop * (random.random(2) - 0.5)
        return Change(
            colours=(*first, *again),
            flip=bool(random.random() < self.flip),
            tilt=(float(tilt[0]), float(tilt[1])),
            focal=float(low * (high / low) ** random.random()),
            place=(float(place[0]), float(place[1])),
        )

    def _colours(self, random: np.random.Generator, scales: tuple[float, ...], hue: float) -> tuple[ColourStep, ...]:
        """Steps in a random order, as the published changes have it."""
        names = ("brightness", "contrast", "saturation")
        steps = [
            ColourStep(name, 1 + scale * random.uniform(-1, 1)) for name, scale in zip(names, scales, strict=False)
        ]
        steps.append(ColourStep("hue", hue * random.uniform(-1, 1)))
        used = [*(scale > 0 for scale in scales), hue > 0]
        return tuple(steps[index] for index in random.permutation(len(steps)) if used[index])


#: As the paper has it.
PUBLISHED = Augmentation()
#: The published colours and mirror image, and ours.
EXTENDED = Augmentation(tilt_deg=0.7, focal=(0.9, 1.3), crop=1.0)
#: Nothing is changed.
NONE = Augmentation(
    brightness=0, contrast=0, saturation=0, hue=0, brightness_again=0, contrast_again=0, flip=0
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """What is done to a sample. tilt: radians about the camera's x and z axes, by which gravity is wrong.

    place: where the cut-out of a zoomed photo lies: 0 its left or top edge, 1 its right or bottom edge.
    """

    colours: tuple[ColourStep, ...] = ()
    flip: bool = False
    tilt: tuple[float, float] = (0.0, 0.0)
    focal: float = 1.0
    place: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Input:
    """How photos become the network's input; the arguments of Rectifier."""

    size: int
    exact: bool = False
    target_focal: float | None = None
    multiple: int | None = None

    def rectifier(self, camera: Camera, zoom: float = 1.0) -> Rectifier:
        """For frames of a camera, whose focal length is `zoom` times what it would be."""
        size = self.size if zoom == 1 else max(round(self.size * zoom / _ZOOM_STEP), 1) * _ZOOM_STEP
        focal = None if self.target_focal is None else self.target_focal * zoom
        return Rectifier(camera, size, self.exact, target_focal=focal, multiple=self.multiple)


def changed(sample: Photographed, change: Change, wanted: Input) -> Ready:
    """The sample ready for the network, with the change."""
    frame, camera, gravity = read_frame(sample), sample.view.camera, gravity_of(sample)
    if change.flip:
        frame, camera, gravity = mirrored(frame, camera, gravity)
    view = wanted.rectifier(camera, change.focal)(frame, tilted(gravity, change.tilt))
    if change.focal != 1:
        view = _cut_out(view, camera, wanted.rectifier(camera).view_camera, change.place)
    ready = ready_of(sample, view)
    ready = replace(ready, image=recoloured(ready.image, change.colours, view.valid))
    if not change.flip:
        return ready
    masks, visible = ready.masks[:, :, ::-1], ready.visible[:, ::-1]
    return replace(ready, masks=np.ascontiguousarray(masks), visible=np.ascontiguousarray(visible))


def mirrored(frame: UInt8Array, camera: Camera, gravity: Gravity) -> tuple[UInt8Array, Camera, Gravity]:
    """What the same camera would have seen of a world whose right is left; `camera` is a pinhole."""
    flipped = cv2.flip(frame, 1).astype(np.uint8, copy=False)
    return flipped, replace(camera, cx=camera.width - 1 - camera.cx), Gravity(-gravity.x, gravity.y, gravity.z)


def tilted(gravity: Gravity, tilt: tuple[float, float]) -> Gravity:
    """Gravity turned by angles about the camera's x and z axes, radians."""
    if tilt == (0.0, 0.0):
        return gravity
    rotation, _ = cv2.Rodrigues(np.array([tilt[0], 0.0, tilt[1]]))
    return gravity.seen_from(rotation)


def _cut_out(view: View, frame: Camera, wanted: Camera, place: tuple[float, float]) -> View:
    """A window of the size of `wanted` in a view that was zoomed; where the picture is smaller, black follows it."""
    zoom = view.camera.fx / frame.fx
    slack = round(frame.width * zoom) - wanted.width, round(frame.height * zoom) - wanted.height
    left, top = (round(max(room, 0) * where) for room, where in zip(slack, place, strict=True))
    image = np.zeros((wanted.height, wanted.width, 3), view.image.dtype)
    valid = np.zeros((wanted.height, wanted.width), np.bool_)
    part = view.image[top : top + wanted.height, left : left + wanted.width]
    rows, columns = part.shape[:2]
    image[:rows, :columns] = part
    valid[:rows, :columns] = view.valid[top : top + rows, left : left + columns]
    return View(image, valid, view.camera.cropped(left, top, wanted.width, wanted.height), view.gravity, rows)
