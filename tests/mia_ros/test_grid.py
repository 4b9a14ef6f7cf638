# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_ros.errors import MapError
from mia_ros.grid import NETWORK_GRID, GridSpec

grids = st.builds(GridSpec, st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.1, 0.25, 0.5, 1.0]))


def l_shape(grid: GridSpec) -> np.ndarray:
    """Asymmetric under every flip and transposition."""
    cells = np.zeros(grid.shape, np.int8)
    cells[: grid.rows // 2 + 1, 0] = 1
    cells[0, : grid.columns // 3 + 1] = 2
    cells[-1, -1] = 3
    return cells


def test_network_grid_lies_where_the_convention_says() -> None:
    x, z = NETWORK_GRID.centres()
    assert (x[0, 0], z[0, 0]) == (-24.75, 49.75)
    assert (x[99, 99], z[99, 99]) == (24.75, 0.25)
    assert (x[30, 70], z[30, 70]) == (-24.75 + 35, 49.75 - 15)
    assert NETWORK_GRID.occupancy_origin == (0.0, -25.0)


def test_occupancy_order_is_the_documented_formula() -> None:
    cells = np.arange(10_000).reshape(100, 100)
    data = NETWORK_GRID.to_occupancy(cells).ravel()
    for row, column in ((0, 0), (99, 99), (0, 99), (99, 0), (17, 63)):
        assert data[(99 - column) * 100 + (99 - row)] == cells[row, column]
        assert NETWORK_GRID.occupancy_index(row, column) == (99 - column) * 100 + (99 - row)


@given(grids)
def test_occupancy_round_trip(grid: GridSpec) -> None:
    cells = l_shape(grid)
    occupancy = grid.to_occupancy(cells)
    assert occupancy.shape == (grid.columns, grid.rows)
    assert (grid.from_occupancy(occupancy) == cells).all()
    assert (grid.from_occupancy(occupancy.ravel()) == cells).all()


@given(grids)
def test_occupancy_cells_lie_in_metres_where_the_map_has_them(grid: GridSpec) -> None:
    """An OccupancyGrid reader finds cell (ix, iy) at origin + (i + 0.5) * resolution: x forward, y left."""
    x, z = grid.centres()
    forward, left = grid.to_occupancy(z), grid.to_occupancy(-x)
    iy, ix = np.mgrid[0 : grid.columns, 0 : grid.rows]
    np.testing.assert_allclose(forward, grid.occupancy_origin[0] + (ix + 0.5) * grid.resolution, atol=1e-9)
    np.testing.assert_allclose(left, grid.occupancy_origin[1] + (iy + 0.5) * grid.resolution, atol=1e-9)


@given(grids, st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))
def test_a_point_of_a_cell_is_found_in_it(grid: GridSpec, across: float, along: float) -> None:
    x, z = grid.centres()
    row, column, inside = grid.cell_of(x + across * grid.resolution, z + along * grid.resolution)
    assert inside.all()
    assert (row == np.arange(grid.rows)[:, None]).all()
    assert (column == np.arange(grid.columns)).all()


@pytest.mark.parametrize(("x", "z"), [(-25.1, 10), (25.1, 10), (0, -0.1), (0, 50.1), (np.nan, 3), (3, np.inf)])
def test_points_off_the_grid_have_no_cell(x: float, z: float) -> None:
    row, column, inside = NETWORK_GRID.cell_of(np.array([x]), np.array([z]))
    assert (row[0], column[0], inside[0]) == (-1, -1, False)


@pytest.mark.parametrize("bad", [{"rows": 0}, {"columns": -1}, {"resolution": 0.0}, {"resolution": float("nan")}])
def test_impossible_grids_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(MapError, match="grid: rows, columns and resolution"):
        GridSpec(**bad)  # type: ignore[arg-type]


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(MapError, match="cells: shape"):
        NETWORK_GRID.to_occupancy(np.zeros((100, 101)))
    with pytest.raises(MapError, match="data: 9999 cells"):
        NETWORK_GRID.from_occupancy(np.zeros(9999))
