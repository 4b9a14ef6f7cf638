# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np

from mia_ros import GridSpec, SemanticMap
from mia_ros.taxonomy import CLASSES, NO_CLASS_COLOUR
from offline_tools.viewing.shapes import Place, ground_patch

GRID = GridSpec(2, 4, 0.5)  # 1 m ahead, 1 m to each side


def small_map(labels, observed=True):
    """Labels as text, a row each: digits are classes, '.' is none."""
    layers = np.zeros((6, 2, 4), np.float32)
    for row, text in enumerate(labels):
        for column, mark in enumerate(text):
            if mark != ".":
                layers[int(mark), row, column] = 0.9
    return SemanticMap(layers, np.broadcast_to(observed, (2, 4)).copy(), 0, GRID)


def rectangles(patch):
    """(x from, x to, y from, y to) and colour of each."""
    corners = patch.corners.reshape(-1, 4, 3)
    ends = np.concatenate([corners.min(1)[:, :2], corners.max(1)[:, :2]], 1)[:, [0, 2, 1, 3]]
    return [
        (*(round(float(end), 6) for end in each), tuple(c)) for each, c in zip(ends, patch.colours[::4], strict=True)
    ]


def test_a_map_at_the_origin_lies_ahead_along_x_with_its_left_at_positive_y():
    patch = ground_patch(small_map(["0000", "2222"]), Place(0, 0, 0))
    road, sidewalk = CLASSES[0].colour, CLASSES[2].colour
    assert rectangles(patch) == [(0.5, 1.0, -1.0, 1.0, road), (0.0, 0.5, -1.0, 1.0, sidewalk)]


def test_the_left_columns_are_left():
    patch = ground_patch(small_map(["0022", "0022"]), Place(0, 0, 0))
    assert rectangles(patch)[0] == (0.5, 1.0, 0.0, 1.0, CLASSES[0].colour)


def test_a_map_is_laid_where_it_was_made_and_turned_as_it_looked():
    patch = ground_patch(small_map(["0000", "0000"]), Place(10, 20, math.pi / 2), height=0.25)
    assert rectangles(patch) == [(9.0, 11.0, 20.5, 21.0, CLASSES[0].colour), (9.0, 11.0, 20.0, 20.5, CLASSES[0].colour)]
    assert (patch.corners[:, 2] == 0.25).all()


def test_what_was_not_observed_is_a_hole():
    observed = np.array([[True, False, False, True], [False, False, False, False]])
    patch = ground_patch(small_map(["0000", "0000"], observed), Place(0, 0, 0))
    assert [each[:4] for each in rectangles(patch)] == [(0.5, 1.0, 0.5, 1.0), (0.5, 1.0, -1.0, -0.5)]


def test_an_observed_cell_without_a_class_is_shown_as_such():
    patch = ground_patch(small_map(["....", "...."]), Place(0, 0, 0))
    assert {each[4] for each in rectangles(patch)} == {NO_CLASS_COLOUR}


def test_the_triangles_cover_the_area_of_the_cells():
    patch = ground_patch(small_map(["0121", "3.55"]), Place(3, -2, 0.7))
    a, b, c = (patch.corners[patch.triangles[:, k]].astype(float) for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert math.isclose(area, 2.0, rel_tol=1e-5)


def test_a_map_that_was_observed_nowhere_gives_no_triangles():
    patch = ground_patch(small_map(["0000", "0000"], observed=False), Place(0, 0, 0))
    assert patch.corners.shape == (0, 3) and patch.triangles.shape == (0, 3)


def test_turns_are_counted_the_short_way_round():
    assert math.isclose(Place(0, 0, 3.1).turn(Place(0, 0, -3.1)), 2 * math.pi - 6.2)
