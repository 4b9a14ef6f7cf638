# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import GridSpec, SemanticMap
from mia_ros.agreement import Agreement
from mia_ros.errors import MapError

GRID = GridSpec(2, 2, 0.5)


def map_of(road, sidewalk=0.0, observed=True, grid=GRID):
    layers = np.zeros((6, *grid.shape), np.float32)
    layers[0], layers[2] = road, sidewalk
    return SemanticMap(layers, np.broadcast_to(observed, grid.shape).copy(), 0, grid)


def test_cells_of_all_maps_are_summed_before_they_are_divided():
    agreement = Agreement()
    agreement.add(map_of([[1, 1], [0, 0]]), map_of([[1, 0], [0, 0]]))
    agreement.add(map_of([[1, 1], [1, 0]]), map_of([[1, 1], [1, 1]]))
    assert agreement.iou()["road"] == (1 + 3) / (2 + 4)
    assert agreement.maps == 2


def test_cells_that_one_of_them_did_not_observe_do_not_count():
    agreement = Agreement()
    agreement.add(map_of(1.0, observed=[[True, False], [True, True]]), map_of([[1, 0], [1, 0]]))
    assert agreement.iou()["road"] == 2 / 3


def test_a_class_that_is_nowhere_has_no_score():
    agreement = Agreement()
    agreement.add(map_of(1.0), map_of(1.0))
    assert agreement.iou()["sidewalk"] is None and agreement.road_and_sidewalk() is None
    agreement.add(map_of(1.0, sidewalk=1.0), map_of(1.0))
    assert agreement.road_and_sidewalk() == pytest.approx((1 + 0) / 2)


def test_maps_of_other_grids_are_refused():
    with pytest.raises(MapError, match="truth: a grid"):
        Agreement().add(map_of(1.0), map_of(1.0, grid=GridSpec(3, 2, 0.5)))
