# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from typing import Any

from offline_tools.curate.product.datasheet import write_datasheet
from offline_tools.curate.product.statistics import statistics


def written(out: Path, facts: dict[str, Any]) -> str:
    write_datasheet(out, facts)
    return (out / "DATASHEET.md").read_text()


def test_sections_say_what_where_when_how_and_what_is_weak(sheet: str) -> None:
    titles = [line for line in sheet.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Where", "## When", "## How photos were chosen", "## Cameras", "## Classes", "## Splits", "## Licences",
        "## Known weaknesses",
    ]  # fmt: skip


def test_yields_have_a_column_for_each_place_and_one_for_all(sheet: str) -> None:
    assert "| photos after each filter | paris | lyon | all |" in sheet
    assert r"| angle\_discrip\_filter | 4 | 2 | 6 |" in sheet
    assert "| samples | 3 | 2 | 5 |" in sheet


def test_places_are_named_as_they_were_asked_for(sheet: str) -> None:
    assert "| paris | paris, France | 2.0050, 48.0050, 2.0090, 48.0090 | – |" in sheet


def test_dates_are_those_of_the_photos(sheet: str) -> None:
    assert "taken from 2020-09-13 to 2020-09-13 (UTC)" in sheet


def test_split_is_counted(sheet: str) -> None:
    assert "| train | 2 | 1 |\n| val | 1 | 1 |\n| test | 1 | 1 |" in sheet


def test_without_a_split_it_says_so(out: Path, facts: dict[str, Any]) -> None:
    (out / "split.json").unlink()
    assert "None was made." in written(out, facts)


def test_inferred_sidewalks_are_a_weakness(out: Path, sheet: str) -> None:
    note = "Sidewalks that are not mapped were inferred"
    assert note not in sheet
    (out / "curate.yaml").write_text("locations: [{name: paris, osm: api, infer_sidewalks: true}]")
    text = written(out, statistics(out, ["paris", "lyon"]))
    assert note in text
    assert "OpenStreetMap's API" in text


def test_text_from_outside_is_text(out: Path, facts: dict[str, Any]) -> None:
    hostile = {**facts, "total": {**facts["total"], "models": {"<img src=x> | 1": 4}}}
    assert r"| \<img src=x\> \| 1 | 4 |" in written(out, hostile)


def test_the_same_data_set_has_the_same_sheet(out: Path, facts: dict[str, Any], sheet: str) -> None:
    assert written(out, facts) == sheet
