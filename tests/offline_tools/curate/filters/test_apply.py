# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from offline_tools.curate.filters import add, apply_recipe, count_yields, load_recipe, sift
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.photos import GOOD, photos

RECIPES = ("mia", "mia_rural")


@pytest.fixture(scope="module")
def metadata(shared) -> Path:
    return shared / "fixtures" / "filters" / "metadata_dev.parquet"


@pytest.fixture(scope="module")
def expected(shared) -> dict:
    return json.loads((shared / "fixtures" / "filters" / "expected_dev.json").read_text())


@pytest.mark.parametrize("recipe", RECIPES)
def test_ids_after_every_stage_are_those_of_the_published_code(recipe, metadata, expected) -> None:
    stages = [(stage["filter"], stage["kept_ids"]) for stage in expected[recipe]["stages"]]
    assert apply_recipe(recipe, metadata) == stages


@pytest.mark.parametrize("recipe", RECIPES)
def test_yields_count_each_filter_in_turn_and_alone(recipe, metadata, expected) -> None:
    yields = count_yields(recipe, metadata)
    assert [(stage.name, stage.kept) for stage in yields.stages] == [
        (stage["filter"], len(stage["kept_ids"])) for stage in expected[recipe]["stages"]
    ]
    assert [stage.alone for stage in yields.stages] == [
        len(expected[recipe]["independent_kept"][stage.name]) for stage in yields.stages
    ]


def test_numbers_as_text_give_the_same_ids(metadata, expected) -> None:
    numbers = pl.selectors.numeric()
    as_text = pl.read_parquet(metadata).with_columns(numbers.cast(pl.String).fill_null(""))
    assert apply_recipe("mia", as_text)[-1][1] == expected["mia"]["stages"][-1]["kept_ids"]


def test_parts_in_a_folder_are_one_table_in_the_order_of_their_names(metadata, expected, tmp_path: Path) -> None:
    table = pl.read_parquet(metadata)
    table[6000:].write_parquet(tmp_path / "b.parquet")
    table[:6000].write_parquet(tmp_path / "a.parquet")
    assert apply_recipe("mia", tmp_path)[-1][1] == expected["mia"]["stages"][-1]["kept_ids"]


def test_yields_of_parts_add_up_to_those_of_the_whole(metadata) -> None:
    table = pl.read_parquet(metadata)
    parts = [count_yields("mia", table[:1000]), count_yields("mia", table[1000:])]
    assert add(parts) == count_yields("mia", metadata)


def test_a_filter_that_leaves_nothing_is_the_last_one() -> None:
    stages = apply_recipe("mia", photos({"captured_at": 0}, {"captured_at": 1}))
    assert stages == [("value_missing_filter:required_fields_filter", ["0", "1"]), ("date_filter", [])]


def test_the_order_of_the_table_and_rows_of_one_id_stay() -> None:
    table = photos({"id": "9"}, {"id": "3"}, {"id": "9"})
    assert apply_recipe("mia", table)[-1][1] == ["9", "3", "9"]


def test_ids_may_be_whole_numbers() -> None:
    assert apply_recipe("mia", photos({"id": 9_007_199_254_740_993}))[-1][1] == ["9007199254740993"]


def test_a_row_without_an_id_is_not_kept() -> None:
    assert apply_recipe("mia", photos({"id": None}, {}))[0][1] == ["1"]


def test_the_table_of_yields() -> None:
    recipe = load_recipe("mia_rural")
    text = count_yields(
        recipe, photos({}, {"camera_type": "spherical"}, {"captured_at": 0, "exif_orientation": 6})
    ).markdown()
    lines = text.splitlines()
    assert lines[0].startswith("| mia_rural | photos before | kept |")
    assert lines[3] == "| date_filter | 3 | 2 | 66.7 % | 66.7 % | 66.7 % |"
    assert lines[4] == "| value_in_list_filter:camera_type_filter | 2 | 1 | 50.0 % | 33.3 % | 66.7 % |"
    assert lines[7] == "| value_range_filter:exif_filter | 1 | 1 | 100.0 % | 33.3 % | 66.7 % |"


def test_sifting_writes_the_rows_that_stay_as_they_were(tmp_path: Path) -> None:
    table = photos({}, {"model": "pixel4"}, {"model": "gopromax"})
    yields = sift("mia", table, tmp_path / "kept.parquet")
    assert yields.kept == 2
    assert pl.read_parquet(tmp_path / "kept.parquet").equals(table[[0, 2]])
    assert [path.name for path in tmp_path.iterdir()] == ["kept.parquet"]


def test_sifting_into_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be written"):
        sift("mia", photos({}), tmp_path / "missing" / "kept.parquet")


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(DatasetError, match="the table has no rows"):
        apply_recipe("mia", photos({}).clear())
    with pytest.raises(DatasetError, match="the table has no rows"):
        count_yields("mia", photos({}).clear())


@pytest.mark.parametrize("column", ["id", "captured_at", "model", "sfm_cluster.id", "computed_geometry.lat"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(DatasetError, match=f"table: no column '{column}'; it has "):
        apply_recipe("mia", photos({}).drop(column))


@pytest.mark.parametrize(
    ("column", "value", "want"),
    [
        ("id", 1.5, "Float64, want text"),
        ("captured_at", [1], r"List\(Int64\), want numbers or text of numbers"),
        ("exif_orientation", True, "Boolean, want numbers or text of numbers"),
        ("model", 11, "Int64, want text"),
    ],
)
def test_a_column_of_a_wrong_type_is_named(column: str, value: object, want: str) -> None:
    with pytest.raises(DatasetError, match=f"table: column '{column}' is {want}"):
        apply_recipe("mia", photos({column: value}))


def test_what_is_no_table_is_named() -> None:
    with pytest.raises(DatasetError, match="table: a list: want a path of Parquet or a frame of polars"):
        apply_recipe("mia", [{}])


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metadata.parquet"
    with pytest.raises(DatasetError, match="there is no such table"):
        apply_recipe("mia", path)
    path.write_text("id,lat\n")
    with pytest.raises(DatasetError, match="metadata.parquet: cannot be read as a table in Parquet"):
        apply_recipe("mia", path)
    path.unlink()
    with pytest.raises(DatasetError, match="holds no .parquet"):
        apply_recipe("mia", tmp_path)


def test_a_table_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metadata.parquet"
    photos(*[{}] * 1000).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetError, match="metadata.parquet: cannot be read as a table in Parquet"):
        apply_recipe("mia", path)


def test_the_good_photo_has_all_that_filters_ask_for() -> None:
    assert [len(ids) for _, ids in apply_recipe("mia", photos(GOOD))] == [1] * 7
