# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mia_ros import SemanticMap
from offline_tools.replay.scoring.stretches import MOST_FRAMES, gathered, stretches_of
from offline_tools.replay.trajectory import Trajectory

SECOND = 10**9


def straight(seconds, speed):
    stamps = np.arange(seconds * 2 + 1) * (SECOND // 2)
    return Trajectory("test", (48.0, 11.0), stamps, np.column_stack([stamps * 1e-9 * speed, stamps * 0, stamps * 0]))


def maps(seconds):
    layers = np.full((6, 100, 100), 0.25, np.float32)
    observed = np.zeros((100, 100), bool)
    observed[90:, 40:60] = True
    return (SemanticMap(layers, observed, k * SECOND // 4) for k in range(seconds * 4))


@pytest.mark.parametrize(("seconds", "speed", "count"), [(50, 1.0, 1), (150, 0.1, 3), (50, 8.0, 4), (130, 1.0, 3)])
def test_a_stretch_is_at_most_a_minute_and_a_hundred_metres(seconds, speed, count):
    ends = stretches_of(straight(seconds, speed))
    assert len(ends) == count
    assert [start for start, _ in ends[1:]] == [stop for _, stop in ends[:-1]]


def test_a_stretch_keeps_a_handful_of_maps_evenly():
    way = straight(60, 1.0)
    (stretch,) = gathered(maps(60), way, stretches_of(way))
    assert stretch.frames == 240
    assert MOST_FRAMES / 2 <= len(stretch.poses) <= MOST_FRAMES
    assert np.ptp(np.diff(stretch.poses[:, 0])) == pytest.approx(0)


def test_cells_hold_log_odds():
    way = straight(2, 1.0)
    (stretch,) = gathered(maps(2), way, stretches_of(way))
    frames, cells, odds = stretch.cells(10**6)
    assert len(cells) == 8 * 200 and frames.tolist() == sorted(frames)
    assert odds == pytest.approx(np.full((1600, 6), np.log(1 / 3)), abs=1e-3)


def test_its_parts_follow_each_other():
    way = straight(60, 1.0)
    (stretch,) = gathered(maps(60), way, stretches_of(way))
    parts = stretch.parts()
    assert len(parts) == 5  # of 12 s
    assert np.concatenate([part.stamps for part in parts]).tolist() == stretch.stamps.tolist()
