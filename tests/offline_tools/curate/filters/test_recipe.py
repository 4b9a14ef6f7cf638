# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from offline_tools.curate.filters import load_recipe, recipe_names
from offline_tools.curate.filters.recipe import parse
from offline_tools.errors import DatasetError

DATE = {"kind": "since", "name": "date", "year": 2017}


def test_the_shipped_recipes_are_known_by_name() -> None:
    assert recipe_names() == ["mia", "mia_rural", "strict"]
    assert [load_recipe(name).name for name in recipe_names()] == recipe_names()


def test_the_country_differs_from_the_city_in_the_models_alone() -> None:
    city, country = load_recipe("mia").filters, load_recipe("mia_rural").filters
    assert [rule.name for rule in city if rule not in country] == ["value_in_list_filter:camera_model_filter"]
    assert all(rule in city for rule in country)


def test_strict_is_mia_and_three_filters_more() -> None:
    mia, strict = load_recipe("mia").filters, load_recipe("strict").filters
    assert strict[: len(mia)] == mia and len(strict) == len(mia) + 3


def test_a_file_is_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nfilters:\n- {kind: since, name: date, year: 2020}\n")
    assert load_recipe(path).names == ("date",)


def test_an_unknown_recipe_names_those_there_are() -> None:
    with pytest.raises(DatasetError, match="'city': no such recipe; there are mia, mia_rural, strict, or a .yaml file"):
        load_recipe("city")
    with pytest.raises(DatasetError, match="did you mean mia_rural"):
        load_recipe("mia-rural")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "x", "filters": []}, "filters: Tuple should have at least 1 item"),
        ({"name": "x", "filters": [{**DATE, "yaer": 1}]}, "unknown key 'filters.0.since.yaer'"),
        ({"name": "x", "filters": [DATE], "order": 1}, "unknown key 'order'"),
        ({"name": "x", "filters": [{**DATE, "kind": "till"}]}, "filters.0: Input tag 'till'"),
        ({"name": "x", "filters": [{**DATE, "year": "old"}]}, r"filters.0.since.year: .* \(found 'old'\)"),
        ({"name": "x", "filters": [DATE, DATE]}, "the name 'date' is given twice"),
        ({"name": "x", "filters": [{"kind": "between", "name": "a", "column": "b"}]}, "want lowest, highest, or both"),
        (
            {"name": "x", "filters": [{"kind": "between", "name": "a", "column": "b", "lowest": 2, "highest": 1}]},
            "lowest 2 is above highest 1",
        ),
        ({"name": "x", "filters": [{"kind": "position_gap", "name": "a", "below_m": 0}]}, "greater than 0"),
        ({"filters": [DATE]}, "name: Field required"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named_in_one_line(values: dict, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        parse(values, "test")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("- 1\n", "want a mapping"), ("a: [", "not YAML"), (b"\xff\xfe\x00", "cannot be read")]
)
def test_a_file_that_is_no_recipe_is_named(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DatasetError, match=f"mine.yaml: {message}"):
        load_recipe(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="mine.yaml: cannot be read"):
        load_recipe(tmp_path / "mine.yaml")
