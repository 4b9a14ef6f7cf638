# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest

from offline_tools.dataset import Dataset
from offline_tools.errors import TrainingError
from offline_tools.training.sources import open_source
from offline_tools.training.splits import SplitPlan, make_split, write_made_split
from tests.offline_tools.training.splits.towns import nearest, short_drives, town


def sizes(parts: dict[str, dict[str, list[str]]]) -> dict[str, int]:
    return {name: sum(len(ids) for ids in places.values()) for name, places in parts.items()}


def drives_of(data: Dataset, part: dict[str, list[str]]) -> set[str]:
    return {f"{place}/{data.sample(place, id_).view.sequence}" for place, ids in part.items() for id_ in ids}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_parts_share_neither_ground_nor_drives(tmp_path: Path, seed: int) -> None:
    data = town(tmp_path, short_drives(150, 2000, seed))
    made = make_split(data, SplitPlan(block=300, gap=60, seed=seed))
    for first, second in (("train", "val"), ("train", "test"), ("val", "test")):
        assert nearest(data, made.parts[first], made.parts[second]) >= 59.9
        assert not drives_of(data, made.parts[first]) & drives_of(data, made.parts[second])


def test_every_sample_is_in_one_part_or_left_out_for_a_reason(tmp_path: Path) -> None:
    data = town(tmp_path, short_drives(300, 3000))
    made = make_split(data, SplitPlan(block=400, gap=60))
    listed = [id_ for places in made.parts.values() for ids in places.values() for id_ in ids]
    assert len(listed) == len(set(listed)) == 1500 - sum(made.left_out.values())
    assert set(made.left_out) == {"its drive went to another part", "within the gap"}


def test_parts_have_about_their_shares(tmp_path: Path) -> None:
    data = town(tmp_path, short_drives(600, 4000))
    found = sizes(make_split(data, SplitPlan(block=250, gap=0, shares=(0.6, 0.2, 0.2))).parts)
    total = sum(found.values())
    assert total > 2500
    assert 0.5 < found["train"] / total < 0.7 and 0.13 < found["val"] / total < 0.27 and found["test"] / total > 0.13


def test_long_drives_do_not_empty_the_small_parts(tmp_path: Path) -> None:
    drives = {f"long{row}": [(20.0 * step, 150.0 * row) for step in range(150)] for row in range(20)}
    found = sizes(make_split(town(tmp_path, drives), SplitPlan(block=300, gap=50)).parts)
    assert min(found["val"], found["test"]) > 30 and found["train"] > 300


def test_the_same_plan_gives_the_same_split_and_another_seed_another(tmp_path: Path) -> None:
    data = town(tmp_path, short_drives(100, 2000))
    first, again, other = (make_split(data, SplitPlan(block=300, gap=20, seed=seed)) for seed in (0, 0, 1))
    assert first == again and first.parts != other.parts


def test_a_location_may_be_for_the_test_as_a_whole(tmp_path: Path) -> None:
    town(tmp_path, short_drives(60, 2000), "far", first=10_000)
    data = town(
        tmp_path, {name: [(x + 50_000, y) for x, y in at] for name, at in short_drives(60, 2000).items()}, "near"
    )
    made = make_split(data, SplitPlan(gap=0, shares=(0.9, 0.1, 0.0), test_locations=("far",)))
    assert set(made.parts["test"]) == {"far"} and len(made.parts["test"]["far"]) == 300
    assert set(made.parts["train"]) == set(made.parts["val"]) == {"near"}
    with pytest.raises(TrainingError, match="no location 'fra' to test on, only far, near"):
        make_split(data, SplitPlan(test_locations=("fra",)))


def test_locations_that_overlap_share_their_blocks(tmp_path: Path) -> None:
    town(tmp_path, short_drives(70, 1500, seed=1), "a")
    data = town(tmp_path, short_drives(70, 1500, seed=2), "b", first=10_000)
    parts = make_split(data, SplitPlan(block=300, gap=50)).parts
    assert nearest(data, parts["train"], parts["test"]) >= 49.9
    assert len(parts["train"]["a"]) > 50 < len(parts["train"]["b"])


def test_a_part_that_would_be_empty_is_refused(tmp_path: Path) -> None:
    data = town(tmp_path, short_drives(10, 100))
    with pytest.raises(TrainingError, match=r"part 'val' would be empty: the samples lie in [1-4] blocks of 5000 m"):
        make_split(data, SplitPlan(block=5000))
    parts = make_split(data, SplitPlan(block=5000, shares=(1.0, 0.0, 0.0))).parts
    assert set(parts) == {"train"} and sizes(parts) == {"train": 50}


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"block": 0}, "a block of 0 m"),
        ({"gap": -1}, "a gap of -1 m"),
        ({"gap": float("nan")}, "a gap of nan m"),
        ({"shares": (0.5, 0.5, 0.5)}, "shares 0.5, 0.5, 0.5"),
        ({"shares": (0.0, 0.5, 0.5)}, "some for train"),
    ],
)
def test_plans_that_make_no_sense_are_refused(plan: dict[str, object], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        SplitPlan(**plan)


def test_what_is_written_is_read_as_sources_and_says_how_it_was_made(tmp_path: Path) -> None:
    data = town(tmp_path, short_drives(100, 2000))
    made, figures = write_made_split(data, SplitPlan(block=300, gap=20, seed=4))
    for name, count in sizes(made.parts).items():
        assert len(open_source(tmp_path, name).samples) == count == figures.parts[name].samples
    record = json.loads((tmp_path / "split.made.json").read_text())
    assert record["plan"]["seed"] == 4 and record["pairs"]["train-test"]["nearest"] >= 20
    with pytest.raises(TrainingError, match=r"split\.json: is there already"):
        write_made_split(data, SplitPlan(block=300, gap=20))
    write_made_split(data, SplitPlan(block=300, gap=20), overwrite=True)
