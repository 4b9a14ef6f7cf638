# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from offline_tools.dataset import SEMANTIC_MASK, VISIBILITY_MASK, Dataset, LocationWriter
from offline_tools.errors import DatasetError
from offline_tools.osm import CHANNELS, MapStore, render, visibility
from offline_tools.rendering import JobPlan, render_poses
from offline_tools.rendering.job import chunks_of
from tests.offline_tools.osm.sources.xml_maps import TOWN, write
from tests.offline_tools.rendering.places import poses_inside

BUILDING = CHANNELS.index("building")


def plan_of(town: Path, poses: pl.DataFrame, **changes: object) -> JobPlan:
    path = town.parent / "poses.parquet"
    poses.write_parquet(path)
    return replace(JobPlan(town, path, town.parent / "data", workers=1), **changes)


def record_of(town: Path) -> dict:
    return json.loads((town.parent / "data/town/render.json").read_text())


def test_maps_equal_those_that_are_drawn_one_by_one(town: Path) -> None:
    poses = poses_inside(5)
    summary = render_poses(plan_of(town, poses))
    assert (summary.done, summary.there_already, summary.poses) == (5, 0, 5)
    data, store = Dataset.open(town.parent / "data", needs=[SEMANTIC_MASK, VISIBILITY_MASK]), MapStore.open(town)
    drawn_at_all = 0
    for id_, lat, lon, heading in poses.rows():
        wanted = render(store, lat, lon, heading)
        sample = data.sample("town", id_)
        assert np.array_equal(sample.semantic_mask(), wanted)
        assert np.array_equal(sample.visibility_mask(), visibility(wanted[..., BUILDING]))
        drawn_at_all += int(wanted.sum())
    assert drawn_at_all > 0


def test_a_bad_row_does_not_end_the_job_and_all_are_counted(town: Path) -> None:
    good = poses_inside(3).cast({"id": pl.String})
    bad = pl.DataFrame(
        [
            ("../x", 48.005, 2.005, 0.0),
            (good["id"][0], 48.005, 2.005, 0.0),
            ("a", None, 2.005, 0.0),
            ("b", 48.005, 2.005, float("nan")),
            ("c", 50.0, 2.005, 0.0),
            ("d", 48.0001, 2.005, 0.0),
            ("e", 89.0, 2.005, 0.0),
        ],
        schema=good.schema,
        orient="row",
    )
    progress: list[tuple[int, int, int]] = []
    summary = render_poses(plan_of(town, pl.concat([good, bad])), lambda *call: progress.append(call))
    assert (summary.done, summary.poses) == (3, 10)
    assert progress[-1] == (10, 10, 3) and progress == sorted(progress)
    assert {reason: found.count for reason, found in summary.failed.items()} == {
        "id is no safe file name": 1,
        "id given twice": 1,
        "no lat": 1,
        "heading is no number": 1,
    }
    assert summary.failed["id given twice"].examples == [f"row 5, id '{good['id'][0]}'"]
    assert summary.skipped["centre outside the map"].examples == ["row 8, id 'c'", "row 10, id 'e'"]
    assert summary.skipped["window partly outside the map"].examples == ["row 9, id 'd'"]
    assert len(Dataset.open(town.parent / "data", needs=[SEMANTIC_MASK])) == 3


def test_partial_draws_what_reaches_beyond_the_map(town: Path) -> None:
    poses = pl.DataFrame({"id": ["d"], "lat": [48.0001], "lon": [2.005], "heading": [0.0]})
    assert render_poses(plan_of(town, poses, partial=True)).done == 1


def test_a_place_where_nothing_is_mapped_is_skipped(town: Path) -> None:
    write(town, *TOWN)
    nowhere = pl.DataFrame({"id": [1, 2], "lat": [48.002, 48.005], "lon": [2.0075, 2.005], "heading": [0.0, 0.0]})
    summary = render_poses(plan_of(town, nowhere))
    assert (summary.done, {reason: found.count for reason, found in summary.skipped.items()}) == (
        1,
        {"nothing is mapped there": 1},
    )
    assert Dataset.open(town.parent / "data", needs=[SEMANTIC_MASK]).ids("town") == ["2"]


def test_a_second_run_draws_only_what_is_missing(town: Path) -> None:
    plan = plan_of(town, poses_inside(6))
    render_poses(plan)
    folder = town.parent / "data/town"
    first, second, third = sorted((folder / "semantic_masks").iterdir())[:3]
    kept = third.stat()
    first.unlink()
    (folder / "flood_fill" / second.name).unlink()
    summary = render_poses(plan)
    assert (summary.done, summary.there_already) == (2, 4)
    assert first.exists() and (folder / "flood_fill" / second.name).exists()
    assert third.stat().st_mtime_ns == kept.st_mtime_ns


def test_the_record_says_how_the_maps_were_drawn(town: Path) -> None:
    render_poses(plan_of(town, poses_inside(0), style="navigation", infer_sidewalks=False, driving_side="left"))
    record = record_of(town)
    configuration = record["configuration"]
    assert record["state"] == "finished" and record["summary"]["poses"] == 0
    assert (configuration["style"], configuration["infer_sidewalks"]) == ("navigation", False)
    assert (configuration["driving_side"], configuration["source"]) == ("left", "town.osm")
    assert len(configuration["source_digest"]) == len(configuration["style_digest"]) == 64
    assert (configuration["size"], configuration["resolution"]) == ([224, 224], 0.5)
    assert configuration["software"].startswith("mia_ros ") and record["licence"].startswith("ODbL")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"style": "navigation"}, "style navigation instead of mia"),
        ({"infer_sidewalks": False}, "infer_sidewalks False instead of True"),
        ({"driving_side": "left"}, "driving_side left instead of right"),
        ({"size": (100, 100)}, "size"),
        ({"resolution": 0.25}, "resolution 0.25 instead of 0.5"),
        ({"visibility": False}, "visibility False instead of True"),
    ],
)
def test_another_configuration_is_refused(town: Path, change: dict[str, object], words: str) -> None:
    plan = plan_of(town, poses_inside(0))
    render_poses(plan)
    before = record_of(town)
    with pytest.raises(DatasetError, match=words) as caught:
        render_poses(replace(plan, **change))
    assert "--overwrite" in str(caught.value) and "\n" not in str(caught.value)
    assert record_of(town) == before


def test_another_map_is_refused_but_not_its_new_name(town: Path) -> None:
    plan = plan_of(town, poses_inside(0), location="here")
    render_poses(plan)
    renamed = town.rename(town.with_name("other.osm"))
    render_poses(replace(plan, source=renamed))
    renamed.write_text(renamed.read_text().replace("residential", "service"))
    with pytest.raises(DatasetError, match="source_digest"):
        render_poses(replace(plan, source=renamed))


def test_overwrite_draws_all_anew_and_goes_on_when_repeated(town: Path) -> None:
    render_poses(plan_of(town, poses_inside(0)))
    poses = poses_inside(2)
    writer = LocationWriter(town.parent / "data", "town")
    for id_ in (poses["id"][0], 999):
        writer.semantic_mask(id_, np.zeros((224, 224, 9), bool))
        writer.visibility_mask(id_, np.zeros((224, 224), np.uint8))
    plan = plan_of(town, poses, infer_sidewalks=False, overwrite=True)
    assert render_poses(plan).done == 2
    data = Dataset.open(town.parent / "data", needs=[SEMANTIC_MASK])
    assert len(data) == 2 and all(sample.visibility_mask().any() for sample in data)
    assert render_poses(plan).there_already == 2


def test_maps_without_a_record_are_not_mixed_with_ours(town: Path) -> None:
    LocationWriter(town.parent / "data", "town").semantic_mask(1, np.zeros((224, 224, 9), bool))
    with pytest.raises(DatasetError, match=r"holds maps without render\.json"):
        render_poses(plan_of(town, poses_inside(0)))


def test_another_table_is_noted(town: Path) -> None:
    assert render_poses(plan_of(town, poses_inside(0))).notes == []
    summary = render_poses(plan_of(town, poses_inside(1).with_columns(lat=pl.lit(None, pl.Float64))))
    assert summary.notes == [
        "poses.parquet is not the table of the last run: maps that are there stay, also of moved poses"
    ]


def test_a_folder_that_cannot_be_written_ends_the_job(town: Path) -> None:
    poses = poses_inside(2)
    (town.parent / f"data/town/semantic_masks/{poses['id'][0]}.npz").mkdir(parents=True)
    (town.parent / "data/town/render.json").mkdir()
    with pytest.raises(DatasetError, match=r"render\.json: cannot be read"):
        render_poses(plan_of(town, poses))
    (town.parent / "data/town/render.json").rmdir()
    with pytest.raises(DatasetError, match="holds maps without"):
        render_poses(plan_of(town, poses))


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(town: Path) -> None:
    killed = []

    def kill_one(*_: int) -> None:
        if not killed:
            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    summary = render_poses(plan_of(town, poses_inside(300)), kill_one)
    assert killed and (summary.done, summary.failed) == (300, {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"workers": 0}, "workers 0"),
        ({"size": (0, 224)}, "size 0 x 224"),
        ({"resolution": float("nan")}, "resolution nan"),
        ({"location": "../x"}, "location '../x'"),
        ({"style": "none"}, "there is no style 'none'"),
        ({"poses": "nothing.csv"}, "poses nothing.csv: cannot be read"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_before_anything_is_written(
    town: Path, change: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        render_poses(replace(plan_of(town, poses_inside(1)), **change))
    assert not (town.parent / "data").exists()


def test_neighbours_are_drawn_together() -> None:
    random = np.random.default_rng(0)
    lat, lon = random.uniform(48.0, 48.2, 2000), random.uniform(2.0, 2.2, 2000)
    table = pl.DataFrame(
        {"row": range(2000), "id": [str(i) for i in range(2000)], "lat": lat, "lon": lon, "heading": lat}
    )
    chunks = list(chunks_of(table))
    assert sorted(row for chunk in chunks for row in chunk.rows) == list(range(2000))
    blocks = [{(lat // 0.05, lon // 0.05) for lat, lon, _ in chunk.poses.tolist()} for chunk in chunks]
    assert max(len(block) for block in blocks) <= 3
