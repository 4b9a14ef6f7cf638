# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros import Camera, Gravity
from offline_tools.osm import load_style, render
from offline_tools.simworld.drive import DrivePlan, plan_drive
from offline_tools.simworld.filming import truth_of
from offline_tools.simworld.truth import Drawing, Truth

CAMERA = Camera(64, 48, 40.0, 40.0, 31.5, 23.5)
LEVEL = Gravity.from_roll_pitch(0.0, 0.0)


@pytest.mark.parametrize("style", ["mia", "navigation"])
def test_the_truth_of_a_drive_is_what_render_draws_at_its_poses(town, style):
    drive = plan_drive(town, DrivePlan(seconds=4, image_hz=2, style=style))
    found = list(truth_of(drive, Drawing(town, load_style(style), True), CAMERA))
    assert len(found) == 8
    for k, truth in enumerate(found):
        mask = render(town, drive.lat[k], drive.lon[k], drive.heading_deg[k], style=style)
        wanted = np.stack([mask[12:112, 62:162, channel] for channel in (0, 1, 2, 4, 6, 7)])
        assert np.array_equal(truth.probabilities, wanted)
        assert truth.stamp == drive.stamps[k]


def test_cells_between_the_camera_and_where_its_picture_begins_are_not_observed(town):
    observed = Truth(Drawing(town, load_style("mia"), True), CAMERA).observed(LEVEL, 1.2)
    # The lowest row of the picture, 24 px below the axis, meets the ground at 1.2 * 40 / 24 = 2 m.
    assert not observed[96:, :].any()
    assert observed[:95, 50].all()


def test_what_lies_beside_the_field_of_view_is_not_observed(town):
    observed = Truth(Drawing(town, load_style("mia"), True), CAMERA).observed(LEVEL, 1.2)
    # 10 m ahead the picture is 32 / 40 * 10 = 8 m wide to each side.
    row = observed[79]
    assert row[36:64].all() and not row[:33].any() and not row[67:].any()


def test_a_camera_that_looks_at_the_sky_observes_nothing(town):
    truth = Truth(Drawing(town, load_style("mia"), True), CAMERA)
    assert not truth.observed(Gravity.from_roll_pitch(0.0, math.radians(-85)), 1.2).any()
