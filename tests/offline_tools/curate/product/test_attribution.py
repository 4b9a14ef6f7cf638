# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from offline_tools.curate.product.attribution import CREDITS, photo_url, write_attribution
from offline_tools.curate.tables import METADATA, read_table, write_table
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.product.taken import photo, table


def processed(out: Path, name: str, *rows: dict[str, object]) -> None:
    (out / name).mkdir(parents=True)
    write_table(out / name / "image_metadata_filtered_processed.parquet", table(*rows).select(*METADATA))


def test_every_photo_has_its_creator_licence_and_page(tmp_path: Path) -> None:
    processed(tmp_path, "paris", photo("7"), photo("5", **{"creator.username": "ben", "creator.id": "22"}))
    processed(tmp_path, "lyon", photo("9"))
    write_attribution(tmp_path, ["paris", "lyon"])
    rows = read_table(tmp_path / "attribution.parquet", CREDITS).rows(named=True)
    assert [(row["image_id"], row["location"], row["creator_username"], row["creator_id"]) for row in rows] == [
        ("7", "paris", "anna", "11"),
        ("5", "paris", "ben", "22"),
        ("9", "lyon", "anna", "11"),
    ]
    assert {row["licence"] for row in rows} == {"CC BY-SA 4.0"}
    assert rows[0]["url"] == "https://www.mapillary.com/app/?pKey=7"


def test_text_names_both_licences_and_every_creator(tmp_path: Path) -> None:
    processed(tmp_path, "paris", photo("7"), photo("8"), photo("5", **{"creator.username": "ben", "creator.id": "22"}))
    write_attribution(tmp_path, ["paris"])
    text = (tmp_path / "ATTRIBUTION.md").read_text()
    for wanted in (
        "CC BY-SA 4.0",
        "Open Database License (ODbL) 1.0",
        "© OpenStreetMap",
        "openstreetmap.org/copyright",
    ):
        assert wanted in text
    assert "| anna | 2 |\n| ben | 1 |" in text
    assert "3 photos by 2 contributors" in text


def test_a_name_is_text_and_nothing_else(tmp_path: Path) -> None:
    name = "<script>x</script> [a](https://evil.example) | 9 |\n# www.b.example"
    processed(tmp_path, "paris", photo("7", **{"creator.username": name}))
    write_attribution(tmp_path, ["paris"])
    lines = [line for line in (tmp_path / "ATTRIBUTION.md").read_text().splitlines() if "script" in line]
    assert len(lines) == 1
    shown = r"\<script\>x\</script\> \[a\](https\://evil.example) \| 9 \| \# www\.b.example"
    assert lines[0] == f"| {shown} | 1 |"


def test_creators_that_are_not_named_are_told_apart_by_number(tmp_path: Path) -> None:
    nobody = {"creator.username": None}
    rows = [photo("1", **nobody), photo("2", **nobody, **{"creator.id": None}), photo("3", **nobody)]
    processed(tmp_path, "paris", *rows)
    write_attribution(tmp_path, ["paris"])
    text = (tmp_path / "ATTRIBUTION.md").read_text()
    assert "| not named by Mapillary | 1 |\n| number 11, not named by Mapillary | 2 |" in text


def test_a_creator_with_two_names_is_one(tmp_path: Path) -> None:
    processed(tmp_path, "paris", photo("1"), photo("2", **{"creator.username": "anna2"}))
    write_attribution(tmp_path, ["paris"])
    assert "| anna, anna2 | 2 |" in (tmp_path / "ATTRIBUTION.md").read_text()


def test_a_photo_of_two_places_counts_once_in_the_text(tmp_path: Path) -> None:
    processed(tmp_path, "paris", photo("1"))
    processed(tmp_path, "lyon", photo("1"))
    write_attribution(tmp_path, ["paris", "lyon"])
    assert "1 photo by 1 contributor" in (tmp_path / "ATTRIBUTION.md").read_text()
    assert len(read_table(tmp_path / "attribution.parquet", CREDITS)) == 2


def test_an_odd_id_stays_in_its_place_in_the_link() -> None:
    assert photo_url("1&x=<") == "https://www.mapillary.com/app/?pKey=1%26x%3D%3C"


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="image_metadata_filtered_processed.parquet"):
        write_attribution(tmp_path, ["paris"])


def test_no_location_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no locations"):
        write_attribution(tmp_path, [])
