# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from tests.commands import mia
from tests.offline_tools.simworld.drive.maps import TOWN, write_map

SMALL = ("--width", "64", "--height", "48")


@pytest.fixture
def folder(tmp_path):
    write_map(tmp_path, TOWN)
    return tmp_path


def assert_refused(result, *words):
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert all(word in result.stderr for word in words), result.stderr


def test_a_town_is_written_with_its_notes(tmp_path):
    result = mia("simulate", "town", "--seed", "4", "--out", "towns", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    notes = json.loads((tmp_path / "towns/town-4.json").read_text())
    assert notes["seed"] == 4 and notes["driving_side"] in ("left", "right") and 400 <= notes["width"] <= 2500
    assert (tmp_path / "towns/town-4.osm").read_bytes().startswith(b"<?xml")


def test_a_drive_becomes_a_bag(folder):
    result = mia(
        "simulate", "drive", "--map", "map.osm", "--seconds", "2", "--fps", "2", "--out", "bag", *SMALL,
        "--lens", "equidistant", "--fov", "120", "--camera-height", "1.1", "--storage", "sqlite3", "--json", cwd=folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["images"] == 4
    manifest = json.loads((folder / "bag/drive.json").read_text())
    assert manifest["camera"]["mount"]["z"] == 1.1
    assert manifest["camera"]["intrinsics"]["lens"]["model"] == "equidistant"


def test_a_data_set_is_made(folder):
    result = mia("simulate", "dataset", "--map", "map.osm", "--n", "2", "--out", "data", "--workers", "1", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "2 pictures made" in result.stdout
    assert len(list((folder / "data/map/images").iterdir())) == 2


def test_a_map_without_streets_is_refused(tmp_path):
    field = [(0.0, 0.0), (90.0, 0.0), (90.0, 90.0), (0.0, 0.0)]
    write_map(tmp_path, [(field, {"landuse": "meadow"})])
    for verb in (("drive", "--seconds", "2"), ("dataset", "--n", "2")):
        result = mia("simulate", *verb, "--map", "map.osm", "--out", "made", cwd=tmp_path)
        assert_refused(result, "map.osm", "no footways, sidewalks or roads")
        assert not (tmp_path / "made").exists()


def test_a_map_of_one_node_is_refused(tmp_path):
    (tmp_path / "map.osm").write_text("<osm version='0.6'><node id='1' lat='48' lon='11' version='1'/></osm>")
    result = mia("simulate", "drive", "--map", "map.osm", "--seconds", "2", "--out", "bag", cwd=tmp_path)
    assert_refused(result, "map.osm")


@pytest.mark.parametrize("verb", [("drive", "--seconds", "2"), ("dataset", "--n", "1")])
def test_a_folder_that_cannot_be_written_is_refused(folder, verb):
    (folder / "file").write_text("in the way")
    result = mia("simulate", *verb, "--map", "map.osm", "--out", "file/made", cwd=folder)
    assert_refused(result, "file/made")


def test_a_kind_that_does_not_exist_is_refused_before_the_map_is_read(tmp_path):
    result = mia("simulate", "drive", "--map", "no.osm", "--kind", "tank", "--out", "bag", cwd=tmp_path)
    assert_refused(result, "kind 'tank'", "wheelchair")


def test_a_sheet_that_is_no_png_is_refused(tmp_path):
    assert_refused(mia("simulate", "sheet", "--out", "sheet.gif", cwd=tmp_path), "sheet.gif", ".png")


@pytest.mark.parametrize("verb", ["town", "drive", "dataset", "sheet"])
def test_help_shows_an_example(verb, tmp_path):
    result = mia("simulate", verb, "--help", cwd=tmp_path)
    assert result.returncode == 0 and f"mia simulate {verb}" in result.stdout
