# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from offline_tools.curate.services.flatten import flatten
from offline_tools.curate.tables import METADATA

_NULL = dict.fromkeys(METADATA)


def row(answer: dict) -> dict:
    return flatten([answer]).row(0, named=True)


def test_answers_of_a_town_become_the_published_table(shared) -> None:
    filters = shared / "fixtures" / "filters"
    answers = json.loads(gzip.decompress((filters / "records_dev.json.gz").read_bytes()))
    assert_frame_equal(flatten(answers), pl.read_parquet(filters / "metadata_dev.parquet"))


def test_a_real_answer_is_read(shared) -> None:
    folder = shared / "data" / "mapillary_api" / "josm_mapillary_v4" / "graph"
    found = row(json.loads((folder / "311799370533334.json").read_text()))
    assert found["id"] == "311799370533334"
    assert (found["width"], found["height"], found["captured_at"]) == (4160, 3120, 1563721051100)
    assert found["computed_geometry.coordinates"] == [-108.57079091664, 39.065986975316]
    assert (found["geometry.long"], found["geometry.lat"]) == (-108.57079097222, 39.065986972222)
    assert found["sfm_cluster.id"] == "511129849910835"
    assert found["sequence"] == "7nfcwfvjdtphz7yj6zat6a"
    assert found["exif_orientation"] == 1.0
    assert found["make"] is found["is_pano"] is found["creator.id"] is None


def test_rows_keep_the_order_of_the_answers() -> None:
    assert flatten([{"id": "9"}, {"id": "1"}, {"id": "5"}])["id"].to_list() == ["9", "1", "5"]


def test_no_answers_give_a_table_without_rows() -> None:
    found = flatten([])
    assert found.height == 0
    assert found.schema == pl.Schema(METADATA)


def test_numbers_may_be_text() -> None:
    answer = {"height": "480", "width": " 640 ", "captured_at": "1.6e12", "altitude": "-2.5", "exif_orientation": "1"}
    found = row(answer)
    assert [found[name] for name in answer] == [480, 640, 1_600_000_000_000, -2.5, 1.0]


def test_ids_may_be_numbers_and_keep_all_their_digits() -> None:
    found = row({"id": 9_007_199_254_740_993, "sequence": 7, "creator": {"id": 5}, "sfm_cluster": {"id": 2**63}})
    names = ("id", "sequence", "creator.id", "sfm_cluster.id")
    assert [found[name] for name in names] == ["9007199254740993", "7", "5", "9223372036854775808"]


@pytest.mark.parametrize("name", ["make", "model"])
def test_makers_and_models_lose_case_spaces_and_underscores_but_not_hyphens(name) -> None:
    assert row({name: "SM-G930 V_Pro"})[name] == "sm-g930vpro"


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "nan",
        "inf",
        "1_000",
        "0x10",
        "\u0661",
        "1" * 5000,
        10**400,
        True,
        [1.0],
        {"id": 1},
        float("nan"),
        1e400,
    ],
    ids=lambda value: type(value).__name__ + str(value)[:8],
)
@pytest.mark.parametrize("name", ["height", "captured_at", "altitude", "computed_compass_angle"])
def test_what_is_no_number_is_null(name, value) -> None:
    assert row({name: value})[name] is None


@pytest.mark.parametrize("value", [2**63, "9" * 19, 1.5, "1.5", 1e300])
def test_what_is_no_whole_number_of_64_bits_is_null(value) -> None:
    assert row({"height": value})["height"] is None


@pytest.mark.parametrize("value", [5, 1.5, True, ["a"], {}, "", "\ud800"])
@pytest.mark.parametrize("name", ["thumb_2048_url", "camera_type", "make"])
def test_what_is_no_text_is_null(name, value) -> None:
    assert row({name: value})[name] is None


@pytest.mark.parametrize("value", [1, "true", [], {}])
def test_what_is_neither_true_nor_false_is_null(value) -> None:
    assert row({"is_pano": value})["is_pano"] is None


@pytest.mark.parametrize("value", [["a"], [[1.0]], [1.0, None], [True], {"0": 1.0}, "[1.0]", 5, [10**400]])
def test_a_list_with_what_is_no_number_is_null(value) -> None:
    assert row({"camera_parameters": value})["camera_parameters"] is None


def test_an_empty_list_stays_one() -> None:
    assert row({"camera_parameters": []})["camera_parameters"] == []


@pytest.mark.parametrize("value", [[], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_rotation_has_three_numbers(value) -> None:
    assert row({"computed_rotation": value})["computed_rotation"] is None


@pytest.mark.parametrize("value", [[], [2.0], [180.5, 0.0], [0.0, 90.5], [1e300, 1e300], "2,48", {"lon": 2.0}])
@pytest.mark.parametrize("place", ["geometry", "computed_geometry"])
def test_a_position_that_does_not_exist_is_null(place, value) -> None:
    found = row({place: {"type": "Point", "coordinates": value}})
    assert [found[f"{place}.{part}"] for part in ("coordinates", "long", "lat")] == [None] * 3


@pytest.mark.parametrize("value", [None, [], "text", 5, [{"id": "1"}]])
def test_what_is_no_mapping_has_no_members(value) -> None:
    assert row({"geometry": value, "creator": value, "sfm_cluster": value, "computed_geometry": value}) == _NULL


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["coordinates", "id"]), inner),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from([*{name.split(".")[0] for name in METADATA}]), _JSON), max_size=3))
def test_any_answers_give_a_table(answers) -> None:
    found = flatten(answers)
    assert found.schema == pl.Schema(METADATA)
    assert found.height == len(answers)
