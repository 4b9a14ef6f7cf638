# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from offline_tools.errors import TrainingError
from offline_tools.training.splits import check_figures, figures_of
from tests.offline_tools.training.splits.towns import town

#: Photos 0 and 1 of one drive, 2 and 3 of another that begins 200 m to the east, 4 alone 1 km to the north.
DRIVES = {"a": [(0.0, 0.0), (10.0, 0.0)], "b": [(200.0, 0.0), (210.0, 0.0)], "c": [(0.0, 1000.0)]}


def test_an_honest_split_passes_and_is_measured(tmp_path: Path) -> None:
    figures = figures_of(town(tmp_path, DRIVES), {"train": {"here": ["0", "1"]}, "test": {"here": ["2", "3", "99"]}})
    test = figures.parts["test"]
    assert (test.listed, test.samples, test.drives, test.locations, test.unplaced) == (3, 2, 1, 1, 0)
    pair = figures.pairs["train", "test"]
    assert pair.nearest == pytest.approx(190, rel=1e-3) and (pair.samples, pair.drives) == ((), 0)
    check_figures(figures, gap=189)
    with pytest.raises(TrainingError, match=r"'train' and 'test' lie 190\.\d m apart, less than the gap of 191 m"):
        check_figures(figures, gap=191)
    assert list(figures.lines()) == [
        "train: 2 samples (50.0%) of 1 drives in 1 locations",
        "test: 2 samples (50.0%) of 1 drives in 1 locations, 1 more that are not whole",
        "train and test: 190 m apart at least, nothing in common",
    ]


def test_a_sample_in_two_parts_is_named(tmp_path: Path) -> None:
    figures = figures_of(town(tmp_path, DRIVES), {"train": {"here": ["0", "2"]}, "val": {"here": ["2", "4"]}})
    with pytest.raises(TrainingError, match=r"'train' and 'val' have 1 samples in common \(here/2\)"):
        check_figures(figures, gap=0)


def test_a_drive_in_two_parts_is_refused(tmp_path: Path) -> None:
    figures = figures_of(town(tmp_path, DRIVES), {"train": {"here": ["0"]}, "val": {"here": ["1"]}})
    assert figures.pairs["train", "val"].drives == 1
    with pytest.raises(TrainingError, match="1 drives in common"):
        check_figures(figures, gap=0)


def test_parts_without_positions_are_told_as_such(tmp_path: Path) -> None:
    figures = figures_of(town(tmp_path, DRIVES), {"train": {"here": ["0"]}, "val": {}})
    assert figures.pairs["train", "val"].nearest is None
    assert list(figures.lines())[-1] == "train and val: no two positions to compare, nothing in common"
    check_figures(figures, gap=100)
