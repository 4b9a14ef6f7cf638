# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from offline_tools.curate.places import Area
from offline_tools.curate.product.drawing import MAPS
from offline_tools.curate.product.finishing import finish_location
from offline_tools.curate.product.left_out import NO_MAP, NO_PICTURE, kind_of
from offline_tools.curate.product.undistorting import UndistortUnit, undistort_unit
from offline_tools.curate.tables import METADATA, read_table, write_table
from offline_tools.dataset import Dataset, LocationWriter
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.product.taken import LAT, LON, photo, write_photo, write_rows

AREA = Area.of_geometry("place", shapely.box(LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01), {})


def make_location(out: Path, *rows: dict[str, object], undrawn: dict[str, str] | None = None) -> None:
    """What the stages before leave: pictures of all photos that have a file, and maps of all but `undrawn`."""
    state = out / ".curate/place"
    table = write_rows(state / "keyframes.parquet", *rows)
    for stage in ("undistortion", "maps"):
        (state / stage).mkdir(parents=True, exist_ok=True)
    unit = UndistortUnit(
        table, 0, len(rows), state / "photos", out, "place", state / "undistortion/000000.parquet", 256, True
    )
    undistort_unit(unit)
    views = pl.read_parquet(unit.table).filter(pl.col("problem").is_null())["view_id"]
    draw(out, {id_: (undrawn or {}).get(id_) for id_ in views})


def draw(out: Path, problems: dict[str, str | None]) -> None:
    writer = LocationWriter(out, "place")
    for id_, problem in problems.items():
        if problem is None:
            writer.semantic_mask(id_, np.ones((224, 224, 9), bool))
            writer.visibility_mask(id_, np.zeros((224, 224), np.uint8))
    rows = [{**dict.fromkeys(MAPS), "view_id": id_, "problem": problem} for id_, problem in problems.items()]
    write_table(out / ".curate/place/maps/000000.parquet", pl.DataFrame(rows, schema=dict(MAPS)))


def write_photos(out: Path, *ids: str) -> None:
    for id_ in ids:
        write_photo(out / ".curate/place/photos", id_)


def test_samples_are_whole_and_have_a_pose(tmp_path: Path) -> None:
    write_photos(tmp_path, "1", "2")
    make_location(tmp_path, photo("1", heading=40.0), photo("2", heading=50.0))
    finished = finish_location(tmp_path, "place", AREA)
    data = Dataset.open(tmp_path)
    assert (finished.photos, finished.samples, finished.removed) == (2, 2, 0)
    assert data.ids("place") == ["1", "2"]
    assert [data.sample("place", id_).view.heading_deg for id_ in ("1", "2")] == pytest.approx([40, 50])


def test_table_has_the_photos_that_became_samples_in_their_order(tmp_path: Path) -> None:
    write_photos(tmp_path, "3", "1", "2")
    make_location(tmp_path, photo("3"), photo("1"), photo("2"), photo("4"), undrawn={"1": "nothing is mapped there"})
    finished = finish_location(tmp_path, "place", AREA)
    processed = read_table(tmp_path / "place/image_metadata_filtered_processed.parquet", METADATA)
    assert processed["id"].to_list() == ["3", "2"]
    assert finished.left_out == {"its file is not there": 1, "nothing is mapped there": 1}


def test_files_of_no_sample_are_removed(tmp_path: Path) -> None:
    write_photos(tmp_path, "1")
    make_location(tmp_path, photo("1"))
    writer = LocationWriter(tmp_path, "place")
    writer.image("77", np.zeros((9, 9, 3), np.uint8))
    writer.semantic_mask("77", np.ones((4, 4, 9), bool))
    (tmp_path / "place/images/.5_undistorted.jpg.1.part").write_bytes(b"killed")
    assert finish_location(tmp_path, "place", AREA).removed == 2
    names = sorted(path.name for path in (tmp_path / "place").rglob("*") if path.is_file())
    assert names == ["1.npz", "1.npz", "1_undistorted.jpg", "dump.json", "image_metadata_filtered_processed.parquet"]


def test_a_picture_without_a_map_comes_back_with_a_better_map(tmp_path: Path) -> None:
    write_photos(tmp_path, "1", "2")
    make_location(tmp_path, photo("1"), photo("2"), undrawn={"2": "nothing is mapped there"})
    finish_location(tmp_path, "place", AREA)
    assert not (tmp_path / "place/images/2_undistorted.jpg").exists()
    draw(tmp_path, {"1": None, "2": None})
    assert finish_location(tmp_path, "place", AREA).samples == 2
    assert Dataset.open(tmp_path).ids("place") == ["1", "2"]


def test_a_map_that_is_gone_from_the_disk_makes_no_sample(tmp_path: Path) -> None:
    write_photos(tmp_path, "1", "2")
    make_location(tmp_path, photo("1"), photo("2"))
    (tmp_path / "place/flood_fill/2.npz").unlink()
    assert finish_location(tmp_path, "place", AREA).left_out == {NO_MAP: 1}


def test_without_visibility_masks_a_sample_needs_none(tmp_path: Path) -> None:
    write_photos(tmp_path, "1")
    make_location(tmp_path, photo("1"))
    (tmp_path / "place/flood_fill/1.npz").unlink()
    assert finish_location(tmp_path, "place", AREA, visible=False).samples == 1


def test_photos_of_no_unit_are_counted(tmp_path: Path) -> None:
    write_photos(tmp_path, "1")
    make_location(tmp_path, photo("1"))
    write_rows(tmp_path / ".curate/place/keyframes.parquet", photo("1"), photo("2"))
    assert finish_location(tmp_path, "place", AREA).left_out == {NO_PICTURE: 1}


def test_a_place_without_any_sample_is_refused_with_the_reasons(tmp_path: Path) -> None:
    write_photos(tmp_path, "1")
    make_location(tmp_path, photo("1"), photo("2"), undrawn={"1": "centre outside the map"})
    message = r"place: none of 2 photos became a sample: 1 x centre outside the map; 1 x its file is not there"
    with pytest.raises(DatasetError, match=message):
        finish_location(tmp_path, "place", AREA)


def test_finishing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write_photos(tmp_path, "1", "2")
    make_location(tmp_path, photo("1"), photo("2"), undrawn={"2": "nothing is mapped there"})
    found = []
    for _ in range(2):
        finish_location(tmp_path, "place", AREA)
        found.append({path: path.read_bytes() for path in (tmp_path / "place").rglob("*") if path.is_file()})
    assert found[0] == found[1]


def test_position_counts_from_the_middle_of_the_area(tmp_path: Path) -> None:
    import json

    write_photos(tmp_path, "1")
    make_location(tmp_path, photo("1"))
    finish_location(tmp_path, "place", AREA)
    view = json.loads((tmp_path / "place/dump.json").read_text())["drive"]["views"]["1_undistorted"]
    assert view["t_c2w"] == pytest.approx([0, 0, 2.0], abs=1e-3)


def test_problems_are_counted_without_their_numbers() -> None:
    text = "photo: stored as 1024 x 576, but of '../a.jpg' 3.5 x 7"
    assert kind_of(text) == "photo: stored as N x N, but of ... N x N"
