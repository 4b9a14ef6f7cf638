# SPDX-License-Identifier: Apache-2.0
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mia_ros.cost_profile import CostProfile
from mia_ros.errors import MapError
from mia_ros.grid import GridSpec
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_INDEX, CLASSES, NO_CLASS_COLOUR, UNOBSERVED_COLOUR

GRID = GridSpec(3, 4, 0.5)
PROFILE = CostProfile(road=70, crossing=20, sidewalk=0, building=100, terrain="unknown", parking=40)


def cell(observed: bool = True, thresholds: tuple[float, ...] = (0.5,) * 6, **probabilities: float) -> SemanticMap:
    """A map whose every cell has the given probabilities."""
    values = np.zeros((6, *GRID.shape), np.float32)
    for name, value in probabilities.items():
        values[CLASS_INDEX[name]] = value
    return SemanticMap(values, np.full(GRID.shape, observed), grid=GRID, thresholds=thresholds)


@pytest.mark.parametrize(
    ("probabilities", "label", "cost"),
    [
        ({"sidewalk": 0.9}, 2, 0),
        ({"sidewalk": 0.5}, 2, 0),
        ({"sidewalk": 0.49}, 255, -1),
        ({"road": 0.8, "crossing": 0.9}, 1, 70),
        ({"road": 0.8, "crossing": 0.9, "building": 0.51}, 1, 100),
        ({"sidewalk": 0.9, "building": 0.45}, 2, 0),
        ({"terrain": 0.9}, 4, -1),
        ({"terrain": 0.9, "parking": 0.6}, 4, 40),
        ({}, 255, -1),
    ],
)
def test_decisions(probabilities: dict[str, float], label: int, cost: int) -> None:
    bev = cell(**probabilities)
    assert (bev.labels() == label).all()
    assert (bev.costs(PROFILE) == cost).all()
    assert bev.confidence() == pytest.approx(max(probabilities.values(), default=0))


def test_what_was_not_observed_is_unknown_whatever_the_network_says() -> None:
    bev = cell(observed=False, sidewalk=0.99)
    assert (bev.labels() == 255).all()
    assert (bev.costs(PROFILE) == -1).all()
    assert (bev.confidence() == 0).all()
    free = PROFILE.model_copy(update={"no_class": 0})
    assert (bev.costs(free) == -1).all()


def test_no_class_has_the_profile_s_cost() -> None:
    assert (cell(road=0.2).costs(PROFILE.model_copy(update={"no_class": 60})) == 60).all()


def test_thresholds_are_per_class() -> None:
    bev = cell(thresholds=(0.9, 0.5, 0.5, 0.3, 0.5, 0.5), road=0.8, building=0.35)
    assert (bev.labels() == CLASS_INDEX["building"]).all()


def test_unknown_can_be_lethal_for_planners_that_need_it() -> None:
    assert (cell(observed=False).costs(PROFILE, unknown_value=100) == 100).all()
    with pytest.raises(MapError, match="unknown_value: 0"):
        cell().costs(PROFILE, unknown_value=0)


maps = st.builds(
    lambda probabilities, observed: SemanticMap(probabilities, observed, grid=GRID),
    hnp.arrays(np.float32, (6, *GRID.shape), elements=st.floats(0, 1, width=32)),
    hnp.arrays(np.bool_, GRID.shape),
)


@given(maps, st.sampled_from(["wheelchair", "sidewalk_robot", "car"]))
def test_decisions_of_any_map_cell_by_cell(bev: SemanticMap, profile: str) -> None:
    """The rule, written out for one cell at a time."""
    from mia_ros.cost_profile import load_profile

    class_costs = [-1 if value == "unknown" else value for value in load_profile(profile).class_costs()]
    labels, costs = bev.labels(), bev.costs(profile)
    for row in range(GRID.rows):
        for column in range(GRID.columns):
            values = bev.probabilities[:, row, column]
            present = [index for index in range(6) if values[index] >= 0.5] if bev.observed[row, column] else []
            assert labels[row, column] == (max(present, key=lambda i: values[i]) if present else 255)
            assert costs[row, column] == (max(class_costs[i] for i in present) if present else -1)


def test_what_was_found_once_is_kept_and_cannot_be_changed() -> None:
    bev = cell(road=0.9)
    for found, again in ((bev.labels(), bev.labels()), (bev.present(), bev.present())):
        assert found is again
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 0
    costs = bev.costs(PROFILE)
    costs[0] = 7  # a planner's own
    assert (bev.costs(PROFILE) != 7).all()


def test_image_is_bgr_in_the_colours_of_the_classes() -> None:
    assert tuple(cell(building=0.9).image()[0, 0]) == CLASSES[3].colour[::-1]
    assert tuple(cell().image()[0, 0]) == NO_CLASS_COLOUR[::-1]
    assert tuple(cell(observed=False, road=0.9).image()[0, 0]) == UNOBSERVED_COLOUR[::-1]
    assert cell().image().shape == (3, 4, 3)


def test_costs_in_the_order_of_an_occupancy_grid() -> None:
    """An L of building around a sidewalk: nearest row, leftmost column."""
    probabilities = np.zeros((6, *GRID.shape), np.float32)
    probabilities[2] = 0.9
    probabilities[3, -1, :] = probabilities[3, :, 0] = 0.95
    bev = SemanticMap(probabilities, np.ones(GRID.shape, bool), grid=GRID)
    data = bev.to_occupancy(bev.costs("wheelchair"))
    assert data.dtype == np.int8
    rows, columns = GRID.shape
    for row in range(rows):
        for column in range(columns):
            expected = 100 if row == rows - 1 or column == 0 else 0
            assert data[(columns - 1 - column) * rows + (rows - 1 - row)] == expected
    assert bev.to_occupancy(bev.probabilities).shape == (6, 12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probabilities": np.zeros((5, 3, 4))}, "probabilities: shape"),
        ({"probabilities": np.zeros((6, 4, 3))}, "probabilities: shape"),
        ({"probabilities": np.full((6, 3, 4), np.nan)}, "probabilities: .*NaN"),
        ({"probabilities": np.full((6, 3, 4), 1.5)}, "probabilities: .*outside"),
        ({"observed": np.ones((3, 4), np.uint8)}, "observed: uint8"),
        ({"observed": np.ones((4, 3), bool)}, "observed: bool"),
        ({"thresholds": (0.5,) * 5}, "thresholds"),
        ({"thresholds": (0.5,) * 5 + (1.2,)}, "thresholds"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {"probabilities": np.zeros((6, 3, 4)), "observed": np.ones((3, 4), bool), "grid": GRID}
    with pytest.raises(MapError, match=message):
        SemanticMap(**{**fields, **changes})


def test_nonsense_where_nothing_was_observed_does_no_harm() -> None:
    bev = SemanticMap(np.full((6, 3, 4), np.nan), np.zeros((3, 4), bool), grid=GRID)
    assert (bev.labels() == 255).all()
    assert (bev.confidence() == 0).all()
