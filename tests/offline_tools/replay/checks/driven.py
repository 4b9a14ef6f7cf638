# SPDX-License-Identifier: Apache-2.0
"""A simulated drive between houses as a replay shows it, with mistakes that a robot's set-up may have."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from mia_ros import Camera, Gravity, SemanticMap
from mia_ros.rectify import Rectifier
from mia_ros.replay import Replayed
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.step import Stepped
from offline_tools.replay.checks import Checks
from offline_tools.simworld.drive import Drive, DrivePlan, Mount, plan_drive
from offline_tools.simworld.filming import FilmPlan, drawing_of, frames_of
from tests.offline_tools.simworld.drive.maps import SIDEWALKS, block, write_map

CAMERA = Camera(320, 240, 190.0, 190.0, 159.5, 119.5)
_EMPTY = SemanticMap(np.zeros((6, 100, 100), np.float32), np.zeros((100, 100), bool))


class Driven(NamedTuple):
    """A drive and its frames."""

    drive: Drive
    frames: list[np.ndarray]


class Mistakes(NamedTuple):
    """roll, pitch: added to gravity, rad. focal: factor. late: s, added to the IMU's stamps. turned: what imu_to_camera
    is wrong by. gyroscope: whether there is one."""

    roll: float = 0.0
    pitch: float = 0.0
    focal: float = 1.0
    late: float = 0.0
    turned: np.ndarray | None = None
    gyroscope: bool = True


def drive_between_houses(folder) -> Driven:
    """A wheelchair on a small square of sidewalks with houses round it; it turns a corner."""
    places = [(x, y) for x in (-28, -10, 10, 28) for y in (-28, -10, 10, 28) if max(abs(x), abs(y)) > 20]
    houses = [(_square(x, y, 4.5), {"building": "yes", "building:levels": "3"}) for x, y in places]
    store = write_map(folder, [*block(9.0, SIDEWALKS), *houses])
    camera = Mount(x=0.3, z=1.2, roll=0.02, pitch=0.03)
    plan = FilmPlan(DrivePlan(seconds=12, seed=1, speed=1.4, camera=camera, image_hz=8), CAMERA, weather="overcast")
    drive = plan_drive(store, plan.drive)
    return Driven(drive, list(frames_of(drive, drawing_of(store, plan.drive), plan)))


def looked_at(driven: Driven, mistakes: Mistakes) -> pl.DataFrame:
    """The table of a replay of this drive."""
    checks = Checks()
    rows = [
        {"index": each.index, "stamp": each.stamp, "width": 320, "height": 240, **checks.look(each)}
        for each in replayed(driven, mistakes)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def replayed(driven: Driven, mistakes: Mistakes) -> Iterator[Replayed]:
    """Image by image."""
    drive, camera = driven.drive, scaled(mistakes.focal)
    late = round(mistakes.late * 1e9)
    mounting = drive.imu_to_camera if mistakes.turned is None else mistakes.turned @ drive.imu_to_camera
    level = functools.partial(Rectifier(camera, 512, min_valid=0.0))
    samples = drive.imu.samples()
    taken = 0
    for k, stamp in enumerate(drive.stamps.tolist()):
        until = int(np.searchsorted(drive.imu.stamps, stamp, side="right"))
        imu = tuple(_sample(each, late, mistakes.gyroscope) for each in samples[taken:until])
        taken = until
        true = drive.gravity(k)
        gravity = Gravity.from_roll_pitch(true.roll + mistakes.roll, true.pitch + mistakes.pitch)
        view = level(driven.frames[k], gravity)
        stepped = Stepped(_EMPTY, view, GravityReading(gravity, 0.01, "accelerometer", stamp), None, {})
        yield Replayed(k, stamp, stamp, "camera", driven.frames[k], camera, stepped, None, {}, imu, mounting)


def scaled(focal: float) -> Camera:
    return dataclasses.replace(CAMERA, fx=CAMERA.fx * focal, fy=CAMERA.fy * focal)


def facts(camera: Camera = CAMERA) -> dict:
    """What metrics.json says of such a replay."""
    said = {name: getattr(camera, name) for name in ("width", "height", "fx", "fy", "cx", "cy")}
    return {
        "camera": {**said, "model": "plumb_bob", "source": "bag"},
        "images": {"seen": 96, "mapped": 96, "problems": {}, "first_problems": []},
        "gravity": {"sources": {"accelerometer": 96}, "sigma_median_deg": 0.6},
        "notes": [],
    }


def _sample(sample, late: int, gyroscope: bool):
    rate = sample.angular_velocity if gyroscope else None
    return sample._replace(stamp=sample.stamp + late, angular_velocity=rate)


def _square(x: float, y: float, half: float) -> list[tuple[float, float]]:
    return [(x + half * c, y + half * s) for c, s in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
