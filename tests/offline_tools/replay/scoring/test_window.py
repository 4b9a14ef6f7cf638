# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from mia_ros.errors import ReplayError
from offline_tools.replay.scoring import SearchWindow


def test_candidates_fill_the_window_from_edge_to_edge():
    candidates = SearchWindow(8, 8).candidates()
    assert candidates.min(0) == pytest.approx([-8, -8, -math.radians(8)])
    assert candidates.max(0) == pytest.approx([8, 8, math.radians(8)])
    assert (np.abs(candidates).sum(1) == 0).sum() == 1
    assert np.diff(np.unique(candidates[:, 0])).max() <= 1


def test_a_path_whose_direction_is_unsure_is_turned_farther():
    assert SearchWindow().opened(math.radians(10)).degrees == 20
    assert SearchWindow().opened(math.radians(1)).degrees == 8
    assert SearchWindow().opened(math.radians(80)).degrees == 30


@pytest.mark.parametrize(
    ("move", "edge"),
    [((0, 0, 0), False), ((7.9, 0, 0), True), ((0, -7.9, 0), True), ((0, 0, -0.139), True), ((5, 5, 0.1), False)],
)
def test_an_optimum_at_the_edge_is_known(move, edge):
    assert SearchWindow(8, 8).at_the_edge(*move) is edge


def test_a_window_may_be_shut():
    shut = SearchWindow(0, 0)
    assert shut.candidates().tolist() == [[0, 0, 0]] and not shut.at_the_edge(0, 0, 0)


def test_nonsense_is_refused():
    with pytest.raises(ReplayError, match="search window: metres -1"):
        SearchWindow(metres=-1)
