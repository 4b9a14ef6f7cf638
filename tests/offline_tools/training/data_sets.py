# SPDX-License-Identifier: Apache-2.0
"""Tiny data sets in the published layout, and photos in which one point of the world can be found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mia_ros.camera import Camera
from offline_tools.dataset import Drive, LocationWriter, PosedImage, write_split

CAMERA = Camera(80, 60, 60.0, 60.0, 41.0, 28.0)


def posed(id_: str | int, lat: float = 48.0, lon: float = 2.0, roll: float = 0.0, pitch: float = 0.0) -> PosedImage:
    return PosedImage(
        str(id_), "cam", lat, lon, 30.0, roll, pitch, 0.0, np.zeros(3), np.eye(3), 1_600_000_000_000
    )  # fmt: skip


def semantic_mask(*cells: tuple[int, int, int]) -> np.ndarray:
    """(224, 224, 9): only cells (channel, row, column) of the crop that Mapper learns are set."""
    mask = np.zeros((224, 224, 9), bool)
    for channel, row, column in cells:
        mask[12 + row, 62 + column, channel] = True
    return mask


def write_samples(
    root: Path,
    location: str,
    drives: Mapping[str, Sequence[PosedImage]],
    photo: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    hidden: np.ndarray | None = None,
    camera: Camera = CAMERA,
) -> None:
    """All samples with one photo (BGR) and one mask; without a photo each has a colour of its own."""
    writer = LocationWriter(root, location)
    writer.dump({name: Drive({"cam": camera}, images) for name, images in drives.items()})
    for index, image in enumerate(image for images in drives.values() for image in images):
        plain = np.full((camera.height, camera.width, 3), (40 + 8 * index) % 256, np.uint8)
        writer.image(image.id, plain if photo is None else photo)
        writer.semantic_mask(image.id, semantic_mask((0, 99, 50)) if mask is None else mask)
        writer.visibility_mask(image.id, np.zeros((224, 224), np.uint8) if hidden is None else hidden)


def simple(
    root: Path, location: str = "here", count: int = 8, split: Mapping[str, Sequence[int]] | None = None
) -> Path:
    """Samples 0 to count - 1 of one drive, with a split; all are to learn from, if nothing is said."""
    write_samples(root, location, {"drive": [posed(index) for index in range(count)]})
    parts = {"train": range(count)} if split is None else split
    write_split(root, {part: {location: list(ids)} for part, ids in parts.items()})
    return root


def seen_at(point: tuple[float, float, float], camera: Camera, roll: float, pitch: float) -> tuple[float, float]:
    """Pixel of a point (right, down, ahead) of the level frame, by the formula of the levelling written out.

    The camera sees a level vector v as Rz(roll) Rx(pitch) v.
    """
    x, y, z = point
    y, z = y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    return camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy


def photo_of(pixel: tuple[float, float], camera: Camera, spread: float = 3.0) -> np.ndarray:
    """A grey photo with a bright, soft spot at a pixel."""
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    spot = np.exp(-((columns - pixel[0]) ** 2 + (rows - pixel[1]) ** 2) / (2 * spread**2))
    return np.repeat((60 + 180 * spot).round().astype(np.uint8)[..., None], 3, 2)


def brightest(image: np.ndarray, floor: int = 75) -> tuple[float, float]:
    """Where the spot is: the middle of what is brighter than the rest, weighted."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
    weight = np.where(grey > floor, grey - floor, 0)
    columns, rows = np.meshgrid(np.arange(grey.shape[1]), np.arange(grey.shape[0]))
    return float((weight * columns).sum() / weight.sum()), float((weight * rows).sum() / weight.sum())
