# SPDX-License-Identifier: Apache-2.0
"""Data sets whose photos lie where a test wants them; and distances, by a formula of another kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from offline_tools.dataset import Dataset, Drive, LocationWriter
from tests.offline_tools.training.data_sets import CAMERA, posed

LAT, LON = 48.0, 2.0
METRE = 1 / 111_195  # degrees of latitude, on a sphere of 6371 km

Spot = tuple[float, float]  # metres east and north of (LAT, LON)


def degrees(spot: Spot) -> tuple[float, float]:
    return LAT + spot[1] * METRE, LON + spot[0] * METRE / math.cos(math.radians(LAT))


def town(root: Path, drives: Mapping[str, Sequence[Spot]], location: str = "here", first: int = 0) -> Dataset:
    """A location whose photos and masks are empty files: a split reads neither."""
    writer = LocationWriter(root, location)
    ids = iter(range(first, 10**9))
    images = {name: [posed(next(ids), *degrees(at)) for at in spots] for name, spots in drives.items()}
    writer.dump({name: Drive({"cam": CAMERA}, found) for name, found in images.items()})
    for id_ in range(first, next(ids)):
        for folder, suffix in (("images", "_undistorted.jpg"), ("semantic_masks", ".npz"), ("flood_fill", ".npz")):
            (root / location / folder / f"{id_}{suffix}").touch()
    return Dataset.open(root)


def short_drives(count: int, extent: float, seed: int = 0, length: int = 5) -> dict[str, list[Spot]]:
    """Drives of photos 8 m apart, all over a square."""
    random = np.random.default_rng(seed)
    starts, angles = random.random((count, 2)) * extent, random.random(count) * 2 * math.pi
    return {
        f"drive{index}": [(x + 8 * step * math.cos(angle), y + 8 * step * math.sin(angle)) for step in range(length)]
        for index, ((x, y), angle) in enumerate(zip(starts.tolist(), angles.tolist(), strict=True))
    }


def haversine(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres on the sphere between (latitude, longitude) in degrees."""
    (lat1, lon1), (lat2, lon2) = np.radians(a), np.radians(b)
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(h))


def nearest(data: Dataset, first: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]]) -> float:
    """Metres between the nearest samples of two parts, each compared with each."""
    positions = [
        [(view.lat, view.lon) for place, ids in part.items() for id_ in ids for view in [data.sample(place, id_).view]]
        for part in (first, second)
    ]
    return min(haversine(a, b) for a in positions[0] for b in positions[1])
