# SPDX-License-Identifier: Apache-2.0
"""Corners of the map's own geometry, projected by the camera model with the true pose, lie where they are rendered."""

import math
from itertools import pairwise

import numpy as np
import pytest

from mia_ros import Camera, Gravity, Rectifier
from mia_ros.lens import Lens
from offline_tools.simworld.camera import Pose, WorldCamera, look_at
from offline_tools.simworld.world import Appearance
from tests.offline_tools.simworld.camera.corners import expected, offset, project, rendered

CAMERAS = {
    "pinhole": Camera(640, 480, 410.0, 405.0, 322.3, 236.1),
    "plumb_bob": Camera(640, 480, 330.0, 332.0, 315.0, 243.0, Lens("plumb_bob", (-0.31, 0.11, 0.002, -0.003, -0.018))),
    "equidistant": Camera(640, 480, 230.0, 231.0, 318.0, 241.0, Lens("equidistant", (0.04, -0.02, 0.006, -0.001))),
}
COLOURS = {name: np.array(surface.colour) for name, surface in Appearance.plain().surfaces.items()}


def toward(place, position, pitch, roll, aside=0.0):
    """A pose at a position that looks towards a place."""
    heading = math.atan2(place[1] - position[1], place[0] - position[0]) + aside
    return Pose(np.array(position), look_at(heading, pitch, roll))


@pytest.mark.parametrize("name", CAMERAS)
@pytest.mark.parametrize(("aside", "roll"), [(0.1, 0.12), (-0.3, -0.2)])
def test_the_corner_of_a_sidewalk(plain_world, name, aside, roll):
    camera = CAMERAS[name]
    pose = toward((10, 10), (5.0, 6.5, 1.4), 0.15, roll, aside)
    frame = WorldCamera(plain_world, camera)(pose)
    square = [[(10, 10, 0), (14, 10, 0), (14, 14, 0), (10, 14, 0)]]
    corner = project(camera, pose, [(10, 10, 0)])[0]
    found = rendered(frame, corner, COLOURS["sidewalk_a"], COLOURS["base"])
    assert offset(camera, pose, square, corner, found) <= 0.75
    assert np.abs(expected(camera, pose, square, corner) - found).mean() < 0.02


@pytest.mark.parametrize("name", CAMERAS)
def test_the_corner_of_a_crossings_stripe(plain_world, name):
    camera = CAMERAS[name]
    stripes = np.unique(plain_world.outline("crossing_paint").reshape(-1, 2).round(3), axis=0)
    x = stripes[:, 0].max()
    edges = np.sort(stripes[np.isclose(stripes[:, 0], x), 1])
    low, high = edges[2], edges[3]
    assert high - low == pytest.approx(0.5, abs=0.01)
    pose = toward((x, low), (4.5, -27.0, 1.2), 0.25, 0.1, 0.1)
    frame = WorldCamera(plain_world, camera)(pose)
    stripe = [[(-x, low, 0), (x, low, 0), (x, high, 0), (-x, high, 0)]]
    corner = project(camera, pose, [(x, high, 0)])[0]
    window = rendered(frame, corner, COLOURS["crossing_paint"], COLOURS["crossing_road"])
    assert offset(camera, pose, stripe, corner, window) <= 0.75


@pytest.mark.parametrize("name", CAMERAS)
@pytest.mark.parametrize("roll", [0.0, 0.15])
def test_the_edge_of_a_building(plain_world, name, roll):
    camera = CAMERAS[name]
    pose = toward((-10, 16), (6.0, 6.0, 1.5), -0.12, roll, -0.15)
    frame = WorldCamera(plain_world, camera)(pose)
    corners = [(-10, 22), (-10, 10), (-22, 10)]
    walls = [[(*a, 0), (*b, 0), (*b, 8), (*a, 8)] for a, b in pairwise(corners)]
    top = project(camera, pose, [(-10, 22, 8)])[0]
    colour, sky = np.array(Appearance.plain().wall_colours[0]), frame[int(top[1]) - 9, int(top[0])].astype(float)
    found = rendered(frame, top, colour, sky)
    assert offset(camera, pose, walls, top, found) <= 0.75


def test_edges_of_buildings_are_vertical_when_levelled_with_the_true_gravity(plain_world):
    camera = CAMERAS["plumb_bob"]
    pose = toward((-10, 16), (6.0, 6.0, 1.5), -0.05, 0.17, -0.2)
    frame = WorldCamera(plain_world, camera)(pose)
    view = Rectifier(camera, exact=True)(frame, Gravity.from_vector(-pose.rotation[2]))
    wall = np.linalg.norm(view.image * 255 - Appearance.plain().wall_colours[0], axis=2) < 40
    horizon = int(view.camera.cy)
    rows = np.arange(horizon - 50, horizon - 5)
    last = wall.shape[1] - 1 - wall[rows][:, ::-1].argmax(axis=1)
    assert abs(np.polyfit(rows, last, 1)[0]) < math.tan(math.radians(0.5))
