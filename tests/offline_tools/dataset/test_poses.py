# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from offline_tools.dataset.poses import PoseTable
from offline_tools.errors import DatasetError


def csv(tmp_path: Path, text: str) -> PoseTable:
    path = tmp_path / "poses.csv"
    path.write_text(text, encoding="utf-8")
    return PoseTable(path)


def all_of(table: PoseTable, size: int = 50_000) -> pl.DataFrame:
    return pl.concat(list(table.windows(size)))


@pytest.mark.parametrize(
    "header",
    [
        "id,lat,lon,heading",
        "id,latitude,longitude,heading_deg",
        "id,computed_geometry.lat,computed_geometry.long,computed_compass_angle",
        "\ufeffid, lat , lon,heading",
    ],
)
def test_names_of_columns(header: str, tmp_path: Path) -> None:
    rows = all_of(csv(tmp_path, f"{header}\n5,48.5,2.5,90\n"))
    assert rows.rows() == [(1, "5", 48.5, 2.5, 90.0, None)]


def test_other_columns_and_another_order_do_not_matter(tmp_path: Path) -> None:
    rows = all_of(csv(tmp_path, 'heading,note,lon,id,lat\n90,"a, b",2.5,x,48.5\n'))
    assert rows.rows() == [(1, "x", 48.5, 2.5, 90.0, None)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("5,48.5,2.5,90", None),
        ("5,-48.5,-180,-360", None),
        ("5, 48.5 ,2.5e0,360", None),
        (",48.5,2.5,90", "no id"),
        ("../5,48.5,2.5,90", "id is no safe file name"),
        ("..,48.5,2.5,90", "id is no safe file name"),
        ("5,,2.5,90", "no lat"),
        ("5,48.5,2.5", "no heading"),
        ("5", "no lat"),
        ("5,north,2.5,90", "lat is no number"),
        ("5,48.5,nan,90", "lon is no number"),
        ("5,48.5,2.5,inf", "heading is no number"),
        ("5,90.5,2.5,90", "lat is outside -90 to 90 degrees"),
        ("5,48.5,180.1,90", "lon is outside -180 to 180 degrees"),
        ("5,48.5,2.5,1e9", "heading is outside -360 to 360 degrees"),
        ("5" * 200_000 + ",48.5,2.5,90", "no id"),
    ],
)
def test_a_bad_row_is_kept_with_its_reason(row: str, problem: str | None, tmp_path: Path) -> None:
    rows = all_of(csv(tmp_path, f"id,lat,lon,heading\n1,48.5,2.5,0\n{row}\n3,48.5,2.5,0\n"))
    assert rows["row"].to_list() == [1, 2, 3]
    assert rows["problem"].to_list() == [None, problem, None]


def test_blank_lines_are_no_rows_and_other_encodings_are_bad_ids(tmp_path: Path) -> None:
    path = tmp_path / "poses.csv"
    path.write_bytes(b"id,lat,lon,heading\r\n\r\n1,2,3,4\r\n\xff\xfe,2,3,4\r\n\r\n")
    assert all_of(PoseTable(path)).select("row", "problem").rows() == [(1, None), (2, "id is no safe file name")]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_windows_give_each_row_once_and_in_order(suffix: str, size: int, tmp_path: Path) -> None:
    table = pl.DataFrame({"id": range(10), "lat": [1.0] * 10, "lon": [2.0] * 10, "heading": [3.0] * 10})
    path = tmp_path / f"poses.{suffix}"
    table.write_csv(path) if suffix == "csv" else table.write_parquet(path, row_group_size=4)
    windows = list(PoseTable(path).windows(size))
    assert all(len(window) <= size for window in windows)
    found = pl.concat(windows)
    assert found["row"].to_list() == list(range(1, 11)) and found["id"].to_list() == [str(id_) for id_ in range(10)]
    assert PoseTable(path).rows == 10


@pytest.mark.parametrize("column", ["id", "lat", "lon", "heading"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_that_is_missing_is_one_error(column: str, suffix: str, tmp_path: Path) -> None:
    table = pl.DataFrame({"id": [1], "lat": [1.0], "lon": [2.0], "heading": [3.0]}).drop(column)
    path = tmp_path / f"poses.{suffix}"
    table.write_csv(path) if suffix == "csv" else table.write_parquet(path)
    with pytest.raises(
        DatasetError, match=rf"poses\.{suffix}: no column '{column}.*'; it has {', '.join(table.columns)}"
    ):
        PoseTable(path)


def test_ids_that_became_floats_are_whole_again(tmp_path: Path) -> None:
    ids = [1234567890123456.0, 7.5, None, float("nan"), 1e300]
    table = pl.DataFrame({"id": ids, "lat": [1.0] * 5, "lon": [2.0] * 5, "heading": [3] * 5})
    table.write_parquet(tmp_path / "poses.parquet")
    rows = all_of(PoseTable(tmp_path / "poses.parquet"))
    assert rows["id"].to_list() == ["1234567890123456", None, None, None, None]
    assert rows["problem"].to_list() == [None, *["no id"] * 4]


def test_numbers_as_text_in_parquet(tmp_path: Path) -> None:
    table = pl.DataFrame({"id": ["a"], "lat": ["1.5"], "lon": ["x"], "heading": [3.0]})
    table.write_parquet(tmp_path / "poses.parquet")
    assert all_of(PoseTable(tmp_path / "poses.parquet")).rows() == [(1, "a", 1.5, None, 3.0, "lon is no number")]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("poses.csv", b"", "no column 'id'; it has no columns"),
        ("poses.parquet", b"no parquet", "damaged or of another kind"),
        ("poses.parquet", b"", "damaged or of another kind"),
        ("poses.xlsx", b"", "want a table that ends in .csv or .parquet"),
    ],
)
def test_a_table_that_is_none_is_one_line(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=problem) as caught:
        PoseTable(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["poses.csv", "poses.parquet"])
def test_a_table_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=rf"{name}: (cannot be read|damaged)"):
        PoseTable(tmp_path / name)


def test_a_column_of_lists_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1], "lat": [[1.0]], "lon": [2.0], "heading": [3.0]}).write_parquet(tmp_path / "poses.parquet")
    with pytest.raises(DatasetError, match=r"column 'lat' is List\(Float64\), want numbers or text"):
        PoseTable(tmp_path / "poses.parquet")
