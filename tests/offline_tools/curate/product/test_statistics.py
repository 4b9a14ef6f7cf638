# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path
from typing import Any

import pytest

from offline_tools.curate.coverage import coverage
from offline_tools.curate.filters import apply_recipe
from offline_tools.curate.product.statistics import statistics, yields_of
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.product.curated import make_place, place
from tests.offline_tools.curate.product.taken import photo

BOTH = ["paris", "lyon"]


def test_steps_are_counted(facts: dict[str, Any]) -> None:
    """Of 8 photos of paris two are gone, one is spherical, one looks elsewhere than its compass, one has no map."""
    assert facts["locations"]["paris"]["steps"] == {
        "in_area": 8, "with_metadata": 6, "kept_by_filters": 4, "key_frames": 4, "fetched": 4, "pictures": 4,
        "samples": 3,
    }  # fmt: skip
    assert facts["total"]["steps"]["samples"] == 5


def test_yields_are_those_of_the_recipe(made: Path, facts: dict[str, Any]) -> None:
    found = yields_of(facts["locations"]["paris"]["yields"])
    stages = apply_recipe("mia", made / "paris/image_metadata.parquet")
    assert [(stage.name, stage.kept) for stage in found.stages] == [(name, len(ids)) for name, ids in stages]


def test_yields_of_all_places_are_added(facts: dict[str, Any]) -> None:
    total = yields_of(facts["total"]["yields"])
    assert total.rows == 8
    assert total.kept == 6


def test_reasons_of_what_was_left_out_are_counted(facts: dict[str, Any]) -> None:
    assert facts["total"]["left_out"] == {"nothing is mapped there": 1}


def test_a_photo_that_was_not_fetched_says_why_it_was_not(tmp_path: Path) -> None:
    rows = [photo(str(number), **place(number - 10)) for number in (11, 12, 13)]
    make_place(tmp_path, "nice", rows)
    found = statistics(tmp_path, ["nice"])["locations"]["nice"]
    assert found["left_out"] == {"gone: photo N": 1}
    assert found["steps"]["fetched"] == 2


def test_photos_of_overlapping_places_are_told_apart(facts: dict[str, Any]) -> None:
    total = facts["total"]
    assert (total["photos"], total["different_photos"]) == (5, 4)


def test_shares_are_those_of_the_masks(facts: dict[str, Any]) -> None:
    total = facts["total"]
    assert total["shares"]["sidewalk"] == pytest.approx(0.25)
    assert total["shares"]["building"] == pytest.approx(0.375)
    assert total["present"]["road"] == 0
    assert total["visible"] == pytest.approx(0.5)


def test_area_is_the_coverage_of_the_samples(facts: dict[str, Any]) -> None:
    places = [place(number) for number in (1, 2, 3)]
    lon, lat = ([one[f"geometry.{axis}"] for one in places] for axis in ("long", "lat"))
    assert facts["locations"]["paris"]["area_km2"] == pytest.approx(coverage(lon, lat).area_km2)


def test_dates_and_cameras_are_those_of_the_samples(facts: dict[str, Any]) -> None:
    total = facts["total"]
    assert total["captured"] == {"first": "2020-09-13", "last": "2020-09-13", "years": {"2020": 4}}
    assert total["camera_types"] == {"perspective": 4}
    assert total["makes"] == {"apple": 4}


def test_creators_are_counted(facts: dict[str, Any]) -> None:
    total = facts["total"]
    assert (total["creators"], total["photos_of_the_busiest_creator"]) == (2, 3)


def test_file_is_what_was_returned_and_the_same_each_time(out: Path) -> None:
    found = statistics(out, BOTH)
    first = (out / "statistics.json").read_bytes()
    assert json.loads(first) == found
    statistics(out, BOTH)
    assert (out / "statistics.json").read_bytes() == first


def test_nothing_in_the_file_says_where_the_data_set_lies(out: Path) -> None:
    (out / "curate.yaml").write_text(f"recipe: mia\nlocations: [{{name: paris, osm: {out}/maps/paris.osm}}]\n")
    found = statistics(out, BOTH)
    assert found["locations"]["paris"]["place"]["map"] == "paris.osm"
    assert str(out) not in (out / "statistics.json").read_text()


def test_recipe_of_the_configuration_is_counted(out: Path) -> None:
    (out / "curate.yaml").write_text("recipe: mia_rural\n")
    assert statistics(out, BOTH)["recipe"]["name"] == "mia_rural"


def test_a_damaged_configuration_is_told(out: Path) -> None:
    (out / "curate.yaml").write_text("recipe: [")
    with pytest.raises(DatasetError, match=r"curate.yaml: cannot be read"):
        statistics(out, BOTH)


def test_a_location_that_is_not_there_is_told(out: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        statistics(out, ["nowhere"])


def test_no_location_is_refused(out: Path) -> None:
    with pytest.raises(DatasetError, match="no locations to count"):
        statistics(out, [])
