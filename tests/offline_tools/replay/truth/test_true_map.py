# SPDX-License-Identifier: Apache-2.0
import numpy as np

from offline_tools.replay.truth.true_map import true_map, visible_cells


def test_open_ground_is_visible_as_far_as_a_published_ray_reaches():
    visible = visible_cells(np.zeros((100, 100), bool))
    assert visible[:, 50].all() and visible[99].mean() > 0.9


def test_a_wall_hides_what_is_behind_it_and_not_what_is_before_it():
    building = np.zeros((100, 100), bool)
    building[60, 20:80] = True
    visible = visible_cells(building)
    assert visible[61:, 50].all()
    # Published masks show the front of a building and three cells more.
    assert not visible[:55, 40:60].any()


def test_the_building_layer_is_that_of_the_taxonomy():
    masks = np.zeros((6, 100, 100), bool)
    masks[3, 60, 20:80] = True
    assert not true_map(masks).visible[30, 50]
    masks[[2, 3]] = masks[[3, 2]]
    assert true_map(masks).visible[30, 50]
