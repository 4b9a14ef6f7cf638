# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mia_ros.errors import MiaError
from offline_tools.curate.config import load_config
from offline_tools.errors import DatasetError

TOKEN = "MLY|1234567890|0123456789abcdef"  # noqa: S105 - of nobody
PLACE = {"name": "a", "query": "Leeds", "osm": "api"}
GOOD: dict[str, Any] = {"out": "data", "locations": [PLACE]}


def load(folder: Path, values: Any) -> Any:
    path = folder / "place.yaml"
    path.write_text(values if isinstance(values, str) else yaml.safe_dump(values))
    return load_config(path)


def place(**changes: Any) -> dict[str, Any]:
    return {"locations": [{name: value for name, value in {**PLACE, **changes}.items() if value is not None}]}


def test_little_has_to_be_said(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    assert config.out == tmp_path / "data" and config.recipe == "mia" and config.keep_photos
    assert config.keyframes.spacing_m == 4 and config.keyframes.thin_cell_m == 0
    assert config.undistortion.size == 512 and config.maps.style == "mia"
    assert config.services.graph == "https://graph.mapillary.com" and config.locations[0].driving_side == "right"


def test_paths_are_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "town.osm").touch()
    config = load(tmp_path, {**GOOD, "token_file": "secret", **place(osm="town.osm")})
    assert config.token_file == tmp_path / "secret" and config.locations[0].osm == str(tmp_path / "town.osm")


def test_what_is_written_beside_the_data_set_is_the_same_configuration(tmp_path: Path) -> None:
    config = load(tmp_path, {**GOOD, **place(query=None, bounds=[2.3, 48.8, 2.31, 48.81])})
    assert load(tmp_path, config.dump()) == config


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"keyframe": {}}, "unknown key 'keyframe'"),
        ({"keyframes": {"spacing": 4}}, "unknown key 'keyframes.spacing'"),
        ({"keyframes": {"spacing_m": "far"}}, r"keyframes.spacing_m: .* \(found 'far'\)"),
        ({"keyframes": {"spacing_m": float("nan")}}, "keyframes.spacing_m: "),
        ({"locations": []}, "locations: "),
        ({"locations": [PLACE, {**PLACE, "name": "A"}]}, "locations: the name 'a' is given twice"),
        (place(name="../up"), r"locations.0.name: .* \(found '../up'\)"),
        (place(query=None), "locations.0 .*want exactly one of query, bounds and center"),
        (place(bounds=[0, 0, 1, 1]), "locations.0 .*exactly one of query, bounds and center"),
        (place(query=None, bounds=[170, 0, -170, 1]), "locations.0 .*antimeridian"),
        (place(query=None, center=[8.5, 47.4]), "locations.0 .*size_m: is missing"),
        (place(osm="no.osm"), r"locations.0 \(a\): osm: there is no .*no.osm; want a street map file, or 'api'"),
        (place(osm=None), "locations.0.osm: Field required"),
        (place(driving_side="up"), "locations.0.driving_side: .*'right' or 'left'"),
        ({"recipe": "mai"}, "no such recipe; did you mean mia"),
        ({"maps": {"style": "mai"}}, "style"),
        ({"split": {"shares": [1, 1, 1]}}, "split.shares: want the shares"),
        ({"split": {"test_locations": ["b"]}}, "split.test_locations: 'b' is no location; there are a"),
        ({"services": {"graph": "graph.mapillary.com"}}, "services.graph: want an address that begins with https"),
        ({"services": {"per_second": 0}}, "services.per_second: "),
        ({"workers": 0}, "workers: "),
        ({"undistortion": {"cut_panoramas": True}}, "cut_panoramas: the recipe 'mia' keeps no spherical photos"),
        ({"out": None}, "out: "),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(MiaError, match=line) as caught:
        load(tmp_path, {**GOOD, **changes})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[1, 2]", "locations: [", "", "7: 8", "out: \x00"])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatasetError, match="place.yaml"):
        load(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none.yaml: cannot be read: No such file"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "values",
    [
        {**GOOD, "token_file": TOKEN},
        {**GOOD, "token": TOKEN},
        {**GOOD, "services": {"token": TOKEN}},
        {**GOOD, "services": {"graph": f"https://graph.mapillary.com?access_token={TOKEN}"}},
        {**GOOD, "services": {"tiles": f"https://{TOKEN.replace('|', '')}@tiles.mapillary.com"}},
        {**GOOD, "services": {"per_second": TOKEN}},
        f"out: data\ntoken_file: '{TOKEN}\n",
        f"out: data\n- token_file: {TOKEN}\n",
    ],
)
def test_a_token_that_stands_in_the_file_by_mistake_is_not_shown(tmp_path: Path, values: Any) -> None:
    with pytest.raises(DatasetError) as caught:
        load(tmp_path, values)
    assert "0123456789abcdef" not in str(caught.value)
    assert caught.value.__cause__ is None
