# SPDX-License-Identifier: Apache-2.0
import json
import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from offline_tools.curate.product.undistorting import NOT_THERE, PANORAMA, POSED, UndistortUnit, undistort_unit
from offline_tools.curate.tables import VIEWS, read_table
from offline_tools.curate.undistortion import OpensfmCamera, undistort
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.product.taken import LAT, LON, photo, write_photo, write_rows


def unit_of(folder: Path, *rows: dict[str, object], **settings: object) -> UndistortUnit:
    table = write_rows(folder / "rows.parquet", *rows)
    plan = {"rows": table, "first": 0, "count": len(rows), "photos": folder / "photos", "out": folder / "out"}
    return UndistortUnit(**{**plan, "location": "place", "table": folder / "views.parquet", **settings})


def test_real_photos_become_pictures_and_rows(shared: Path, tmp_path: Path) -> None:
    source = shared / "data/photos/mapillary_seq_l27kwlcx3fjh7t6w9ccvic"
    records = next(iter(json.loads((source / "metadata.json").read_text()).values()))
    rows = [
        photo(
            record["image_id"],
            camera_type="fisheye",
            camera_parameters=record["camera_parameters"],
            width=record["width"],
            height=record["height"],
            computed_rotation=record["computed_rotation"],
            computed_compass_angle=None,
        )
        for record in records
    ]
    unit = unit_of(tmp_path, *rows, photos=source / "images")
    assert undistort_unit(unit) == len(records) == 6
    views = read_table(unit.table, POSED)
    assert views["id"].to_list() == [record["image_id"] for record in records]
    focal = 512 * records[0]["camera_parameters"][0]
    assert views.select("width", "height").unique().rows() == [(512, 288)]
    assert views["focal"].to_list() == pytest.approx([focal] * 6)
    assert views["heading"].is_between(0, 360).all()
    picture = cv2.imread(str(tmp_path / f"out/place/images/{records[0]['image_id']}_undistorted.jpg"))
    plain = cv2.imread(str(source / f"images/{records[0]['image_id']}.jpg"))
    wanted = undistort(np.asarray(plain, np.uint8), OpensfmCamera("fisheye", *records[0]["camera_parameters"]))
    assert np.abs(picture.astype(int) - wanted.image).mean() < 3  # JPEG took some


def test_rows_are_in_the_order_of_the_photos_whatever_their_cameras(tmp_path: Path) -> None:
    parameters = [[0.9, 0.0, 0.0], [0.7, 0.0, 0.0], [0.9, 0.0, 0.0]]
    rows = [photo(str(number), camera_parameters=given) for number, given in enumerate(parameters)]
    for number in range(3):
        write_photo(tmp_path / "photos", str(number))
    unit = unit_of(tmp_path, *rows)
    undistort_unit(unit)
    assert read_table(unit.table, VIEWS)["focal"].to_list() == pytest.approx([0.9 * 320, 0.7 * 320, 0.9 * 320])


def test_a_unit_is_its_own_part_of_the_table(tmp_path: Path) -> None:
    for number in range(4):
        write_photo(tmp_path / "photos", str(number))
    unit = unit_of(tmp_path, *(photo(str(number)) for number in range(4)), first=1, count=2)
    assert undistort_unit(pickle.loads(pickle.dumps(unit))) == 2  # noqa: S301 - as an executor hands it over
    assert read_table(unit.table, VIEWS)["id"].to_list() == ["1", "2"]


def test_the_same_unit_gives_the_same_bytes(tmp_path: Path) -> None:
    tables = []
    for name in ("a", "b"):
        write_photo(tmp_path / name / "photos", "1")
        unit = unit_of(tmp_path / name, photo("1"), photo("2"))
        undistort_unit(unit)
        tables.append(unit.table.read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": "2"}, NOT_THERE),
        ({"id": "../1"}, "its id is no plain name"),
        ({"camera_type": "spherical"}, PANORAMA),
        ({"camera_type": "brown"}, "camera_type: 'brown' cannot be undistorted"),
        ({"camera_parameters": [0.8]}, "camera_parameters: [0.8], want three numbers"),
        ({"computed_rotation": None}, "computed_rotation is missing"),
        ({"computed_geometry.lat": None}, "computed_geometry is missing"),
        ({"exif_orientation": 2.0}, "a mirrored picture"),
        ({"exif_orientation": 1.5}, "is no EXIF orientation"),
        ({"width": 240, "height": 320}, "photo: stored as 320 x 240, but its metadata say 240 x 320"),
    ],
)
def test_a_photo_that_cannot_be_used_is_a_row_that_says_why(
    tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    write_photo(tmp_path / "photos", "1")
    write_photo(tmp_path / "photos", "9")
    unit = unit_of(tmp_path, photo("1", **change), photo("9"))
    assert undistort_unit(unit) == 1
    bad, good = read_table(unit.table, VIEWS).rows(named=True)
    assert problem in bad["problem"]
    assert bad["width"] is None
    assert good["problem"] is None
    assert [path.name for path in (tmp_path / "out/place/images").iterdir()] == ["9_undistorted.jpg"]


def test_a_damaged_photo_is_told_without_the_folder_it_lies_in(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "photos", "1")
    path.write_bytes(path.read_bytes()[:500])
    unit = unit_of(tmp_path, photo("1"))
    assert undistort_unit(unit) == 0
    problem = read_table(unit.table, VIEWS)["problem"].item()
    assert problem.startswith("JPEG that ends too early")
    assert str(tmp_path) not in problem


def test_a_spherical_photo_is_cut_into_four_views_a_quarter_turn_apart(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos", "5", 512, 256)
    row = photo("5", heading=300.0, camera_type="spherical", camera_parameters=None, width=512, height=256)
    unit = unit_of(tmp_path, row, size=128, cut_panoramas=True)
    assert undistort_unit(unit) == 4
    views = read_table(unit.table, POSED)
    assert views["view_id"].to_list() == ["5_0", "5_1", "5_2", "5_3"]
    assert views["heading"].to_list() == pytest.approx([300, 30, 120, 210], abs=1e-6)
    # The photo's right is ahead of the second view.
    assert np.reshape(views["rotation"].to_list()[1], (3, 3)) @ [1, 0, 0] == pytest.approx([0, 0, 1])


def test_a_photo_that_is_stored_turned_is_upright(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos", "1")
    unit = unit_of(tmp_path, photo("1", exif_orientation=6.0))
    undistort_unit(unit)
    assert read_table(unit.table, POSED).select("width", "height", "heading").row(0) == (240, 320, pytest.approx(30.0))


def test_a_table_that_is_shorter_than_the_unit_is_refused(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, photo("1"), count=3)
    with pytest.raises(DatasetError, match="has 1 of the 3 rows from 0 on"):
        undistort_unit(unit)


def test_places_are_those_of_the_reconstruction(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos", "1")
    unit = unit_of(tmp_path, photo("1", **{"geometry.lat": 0.0, "geometry.long": 0.0}))
    undistort_unit(unit)
    assert read_table(unit.table, POSED).select("lat", "lon").row(0) == (LAT, LON)


def test_threads_of_opencv_are_as_before(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos", "1")
    before = cv2.getNumThreads()
    undistort_unit(unit_of(tmp_path, photo("1")))
    assert cv2.getNumThreads() == before


def test_a_full_disk_ends_the_work(tmp_path: Path) -> None:
    """/dev/full takes nothing; a link to it stands where the new file's bytes go."""
    write_photo(tmp_path / "photos", "1")
    images = tmp_path / "out/place/images"
    images.mkdir(parents=True)
    (images / f".1_undistorted.jpg.{os.getpid()}.part").symlink_to("/dev/full")
    unit = unit_of(tmp_path, photo("1"))
    with pytest.raises(DatasetError, match="No space left on device"):
        undistort_unit(unit)
    assert not unit.table.exists()


def test_a_table_without_rows_gives_one_without_views(tmp_path: Path) -> None:
    unit = unit_of(tmp_path)
    assert undistort_unit(unit) == 0
    assert pl.read_parquet(unit.table).schema == pl.Schema(POSED)
