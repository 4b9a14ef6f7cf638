# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.dataset import write_split
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.training.sources import Damage, Source, check_sources, open_source, parse_source
from tests.offline_tools.training.data_sets import simple


def test_a_source_gives_the_samples_of_a_part(tmp_path: Path) -> None:
    source = open_source(simple(tmp_path, split={"train": [5, 1, 3], "val": [2]}), "train")
    assert list(source.names()) == ["here/5", "here/1", "here/3"]
    assert [source.samples[index].id for index in range(3)] == ["5", "1", "3"]
    assert (source.classes, source.draws, dict(source.lacking)) == (CLASS_NAMES, 3, {})


def test_missing_files_are_counted_by_reason(tmp_path: Path) -> None:
    simple(tmp_path, split={"train": [0, 1, 2, 3, 77], "val": [4]})
    (tmp_path / "here/semantic_masks/0.npz").unlink()
    (tmp_path / "here/semantic_masks/1.npz").unlink()
    (tmp_path / "here/flood_fill/1.npz").unlink()
    source = open_source(tmp_path, "train")
    assert list(source.names()) == ["here/2", "here/3"]
    assert dict(source.lacking) == {"no semantic mask": 2, "no visibility mask": 1, "no file": 1}


def test_a_part_without_masks_is_refused_and_says_so(tmp_path: Path) -> None:
    simple(tmp_path, count=3)
    for path in (tmp_path / "here/semantic_masks").iterdir():
        path.unlink()
    with pytest.raises(TrainingError, match=r"part 'train' holds no sample that is whole \(3 with no semantic mask\)"):
        open_source(tmp_path, "train")


def test_an_empty_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="part 'val' holds no sample"):
        open_source(simple(tmp_path, split={"train": [1], "val": []}), "val")
    with pytest.raises(DatasetError, match="has no part 'test', only train, val"):
        open_source(tmp_path, "test")


def test_parts_that_overlap_are_refused(tmp_path: Path) -> None:
    simple(tmp_path, split={"train": [0, 1, 2, 3, 4], "val": [6], "test": [2, 3, 7]})
    with pytest.raises(TrainingError, match=r"'train' and 'test' .* 2 samples in common \(here/2, here/3\)"):
        open_source(tmp_path, "val")


def test_learning_and_validating_with_one_part_is_refused(tmp_path: Path) -> None:
    simple(tmp_path, split={"train": [0, 1, 2], "val": [3]})
    train, val = open_source(tmp_path, "train"), open_source(tmp_path, "val")
    check_sources([train], [val], CLASS_NAMES)
    with pytest.raises(TrainingError, match="'train' for validation and what is learnt have 3 samples in common"):
        check_sources([train, val], [train], CLASS_NAMES)


def test_the_same_names_in_two_folders_are_not_the_same_samples(tmp_path: Path) -> None:
    sources = [open_source(simple(tmp_path / name), "train") for name in ("a", "b")]
    check_sources(sources[:1], sources[1:], CLASS_NAMES)


def test_classes_that_do_not_match_are_refused(tmp_path: Path) -> None:
    source = replace(open_source(simple(tmp_path), "train"), classes=("road", "sidewalk", "building", "terrain"))
    check_sources([source], [], ["road", "terrain"])
    with pytest.raises(TrainingError, match="maps do not know crossing, parking, which would be learnt as absent"):
        check_sources([source], [], CLASS_NAMES)


def test_a_share_is_nested_and_keeps_the_order(tmp_path: Path) -> None:
    source = open_source(simple(tmp_path, count=20), "train")
    small, large = set(source.share(0.1).names()), set(source.share(0.5).names())
    assert len(small) == 2 and len(large) == 10 and small < large
    assert list(source.share(0.5).names()) == [name for name in source.names() if name in large]
    assert set(source.share(0.5, seed=1).names()) != large and source.share(1.0) is source
    assert source.share(0.5).samples[0].id == next(iter(source.share(0.5).names())).removeprefix("here/")
    with pytest.raises(TrainingError, match="a share of 0, want"):
        source.share(0)


@pytest.mark.parametrize(("weight", "draws"), [(1.0, 8), (2.5, 20), (0.1, 1), (0.01, 1)])
def test_weight_says_how_often_a_sample_comes(tmp_path: Path, weight: float, draws: int) -> None:
    assert open_source(simple(tmp_path), "train", weight).draws == draws


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused(tmp_path: Path, weight: float) -> None:
    with pytest.raises(TrainingError, match="want more than 0"):
        open_source(simple(tmp_path), "train", weight)


def test_a_root_may_carry_its_weight(tmp_path: Path) -> None:
    assert parse_source("data/paris=0.5") == (Path("data/paris"), 0.5)
    assert parse_source("data/paris") == (Path("data/paris"), 1.0)
    odd = tmp_path / "a=b"
    odd.mkdir()
    assert parse_source(str(odd)) == (odd, 1.0) and parse_source(f"{odd}=2") == (odd, 2.0)
    with pytest.raises(TrainingError, match="data here=much: want ROOT or ROOT=WEIGHT"):
        parse_source("here=much")


def test_the_description_tells_samples_apart(tmp_path: Path) -> None:
    simple(tmp_path, split={"train": [0, 1]})
    first = open_source(tmp_path, "train", 2.0).describe()
    write_split(tmp_path, {"train": {"here": [0, 2]}})
    second = open_source(tmp_path, "train", 2.0).describe()
    assert (first["samples"], first["weight"], first["part"]) == (2, 2.0, "train")
    assert first["names_sha256"] != second["names_sha256"]


def test_a_source_goes_to_other_processes(tmp_path: Path) -> None:
    source: Source = pickle.loads(pickle.dumps(open_source(simple(tmp_path), "train")))  # noqa: S301 - our own
    assert source.samples[3].view.sequence == "drive"


def test_damage_is_named_once_and_counted_each_time() -> None:
    damage = Damage()
    assert not list(damage.lines())
    damage.add([("a/1", "image torn"), ("a/2", "no tilt"), ("a/1", "image torn")])
    assert len(damage) == 2 and damage.draws == 3
    assert list(damage.lines(most=1)) == [
        "2 samples could not be used and were replaced, in 3 draws:",
        "  a/1: image torn",
        "  and 1 more",
    ]
