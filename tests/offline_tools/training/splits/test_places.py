# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offline_tools.errors import DatasetError
from offline_tools.training.splits.places import Places, places_of
from tests.offline_tools.training.splits.towns import haversine, town


def places(*positions: tuple[float, float]) -> Places:
    lat, lon = np.array(positions, np.float64).T
    return Places([("a", str(index)) for index in range(len(lat))], np.arange(len(lat)), lat, lon)


@pytest.mark.parametrize("lat", [0.0, 37.7, -60.0])
def test_distances_are_metres_on_the_ground(lat: float) -> None:
    spots = [(lat, 10.0), (lat + 0.002, 10.003), (lat - 0.005, 9.99)]
    found = places(*spots).distances(np.array([0]), np.array([1, 2]))
    assert found[0] == pytest.approx(haversine(spots[0], spots[1]), rel=1e-3)


def test_nothing_is_near_to_nothing() -> None:
    assert places((1, 1)).distances(np.array([0]), np.array([], int)).tolist() == [np.inf]


@pytest.mark.parametrize("lat", [1.0, 51.0, -33.0])
def test_blocks_have_the_stated_side(lat: float) -> None:
    random = np.random.default_rng(0)
    spread = np.array([0.045, 0.045 / np.cos(np.radians(lat))])  # 5 km each way
    found = places(*((lat, 20.0) + random.random((4000, 2)) * spread))
    blocks = found.blocks(500)
    assert 90 < len(np.unique(blocks)) < 150  # 10 x 10 and those at the edges
    for block in np.unique(blocks):
        inside = np.flatnonzero(blocks == block)
        corners = (found.lat[inside].min(), found.lon[inside].min()), (found.lat[inside].max(), found.lon[inside].max())
        assert haversine(*corners) < 500 * 2**0.5 * 1.01


def test_what_has_no_position_has_no_block() -> None:
    found = places((48.0, 2.0), (np.nan, 2.0), (48.0, 200.0), (95.0, 2.0))
    assert found.known.tolist() == [True, False, False, False] and found.blocks(100).tolist() == [0, -1, -1, -1]


def test_a_sample_without_a_view_is_a_drive_of_its_own(tmp_path: Path) -> None:
    data = town(tmp_path, {"a": [(0, 0), (1, 0)], "b": [(2, 0)]})
    (tmp_path / "here/dump.json").write_text((tmp_path / "here/dump.json").read_text().replace('"1_und', '"9_und'))
    found = places_of(data, [("here", "0"), ("here", "1"), ("here", "2")])
    assert found.known.tolist() == [True, False, True] and len(set(found.drives.tolist())) == 3


def test_poses_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    data = town(tmp_path, {"a": [(0, 0)]})
    (tmp_path / "here/dump.json").write_text("{")
    with pytest.raises(DatasetError, match=r"dump\.json: not JSON"):
        places_of(data, [("here", "0")])
