# SPDX-License-Identifier: Apache-2.0
"""The camera and the IMU of a drive belong together: frames that are levelled with the IMU's gravity stand upright."""

import math

import numpy as np
import pytest

from mia_ros import Camera
from mia_ros.gravity_filter import GravityFilter
from mia_ros.rectify import Rectifier
from offline_tools.simworld.camera import WorldCamera
from offline_tools.simworld.drive import DrivePlan, Mount, plan_drive
from offline_tools.simworld.world import Appearance, build_world
from tests.offline_tools.simworld.drive.maps import write_map

CAMERA = Camera(400, 300, 260.0, 260.0, 199.5, 149.5)
TILTED = Mount(x=0.2, z=1.2, roll=math.radians(6), pitch=math.radians(-4))
ROWS = 25


def tower(x, y):
    return [(x, y), (x + 14.0, y), (x + 14.0, y + 14.0), (x, y + 14.0), (x, y)], {"building": "yes", "height": "60"}


def leans(view, colour):
    """Degrees by which the leftmost edge of what stands above the horizon leans, or nothing."""
    wall = np.abs(view.image.astype(float) - colour).max(2) < 40
    above = wall[: int(view.camera.cy) - 4]
    rows = np.flatnonzero(above.any(1))[4:]
    if len(rows) < ROWS:
        return []
    columns = above[rows].argmax(1)
    steady = np.abs(columns - np.median(columns)) < 12
    slope = np.polyfit(rows[steady], columns[steady], 1)[0]
    return [math.degrees(math.atan(slope))] if steady.sum() >= ROWS else []


@pytest.fixture(scope="module")
def angles(tmp_path_factory):
    """Of the towers' edges in frames that are levelled with the filter's gravity, and in the frames as they are."""
    path = [(-150.0, 0.0), (0.0, 0.0), (150.0, 0.0)], {"highway": "footway"}
    store = write_map(tmp_path_factory.mktemp("towers"), [path, tower(180.0, 12.0), tower(-194.0, -26.0)])
    drive = plan_drive(store, DrivePlan(seconds=14, image_hz=4, seed=3, camera=TILTED))
    centre = drive.frame.lat0, drive.frame.lon0
    look = Appearance.plain()
    world = build_world(store, centre, 230.0, frame=drive.frame, appearance=look)
    camera, level = WorldCamera(world, CAMERA), Rectifier(CAMERA)
    gravity = GravityFilter(drive.imu_to_camera)
    samples, levelled, raw = iter(drive.imu.samples()), [], []
    upright = Camera(512, 384, 1.0, 1.0, 0.0, 150.0)
    for k, stamp in enumerate(drive.stamps.tolist()):
        for sample in samples:
            gravity.add(sample)
            if sample.stamp >= stamp:
                break
        if k < 8:
            continue
        frame = camera((drive.camera_positions[k], drive.camera_rotations[k]))
        levelled += leans(level(frame, gravity.at(stamp).gravity), look.wall_colours[0])
        raw += leans(type("Raw", (), {"image": frame, "camera": upright}), look.wall_colours[0])
    return np.abs(levelled), np.abs(raw)


def test_edges_of_buildings_are_vertical_in_levelled_frames(angles):
    levelled, _ = angles
    assert len(levelled) > 10
    assert np.median(levelled) < 1.0


def test_they_are_not_before(angles):
    _, raw = angles
    assert np.median(raw) > 4.0
