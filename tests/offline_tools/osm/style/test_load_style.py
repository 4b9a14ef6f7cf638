# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from offline_tools.errors import StyleError
from offline_tools.osm import load_style
from offline_tools.osm.style.model import STYLE_NAMES

MINIMAL = """\
name: small
summary: for tests
hidden: {below_level: 0, tags: {tunnel: "yes"}}
buildings: {tags: {building: "*"}, channel: building, fill: true}
lane: 3.0
width_units: true
roads:
  - {tags: {highway: residential}, metres: 10}
borders: {pen: 0}
sidewalks: {channel: explicit_pedestrian, both: 4, one: 2, shift: 1, rim_of_other_values: false, trust_absence: true}
area_keys: [landuse]
not_area: {}
features:
  - {tags: {natural: wood}, channel: terrain, fill: true}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.yaml"


@pytest.mark.parametrize("name", STYLE_NAMES)
def test_shipped_styles_have_their_names(name: str) -> None:
    assert load_style(name).name == name


def test_a_file_of_ones_own_is_a_style(path: Path) -> None:
    path.write_text(MINIMAL)
    style = load_style(path)
    assert (style.name, style.lane, style.roads[0].metres) == ("small", 3.0, 10.0)
    assert style == load_style(str(path))


def test_digest_changes_with_the_content_alone(path: Path, tmp_path: Path) -> None:
    path.write_text(MINIMAL)
    other = tmp_path / "other.yml"
    other.write_text(MINIMAL)
    assert load_style(path).digest == load_style(other).digest
    other.write_text(MINIMAL.replace("metres: 10", "metres: 11"))
    assert load_style(path).digest != load_style(other).digest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metres: 10}", "metre: 10}", r"roads\.0\.\w+"),
        ("lane: 3.0", "lane: 3.0\nlanes: 2", r"lanes: Extra inputs are not permitted"),
        ("channel: terrain", "channel: grass", r"features\.0\.channel: .*'building'.*found 'grass'"),
        ("channel: terrain, fill: true", "channel: terrain", r"features\.0: .*draws nothing"),
        ("channel: terrain, fill: true", "channel: terrain, pen: 0", r"features\.0: .*draws nothing"),
        ("channel: terrain, fill: true", "channel: terrain, pen: -2", r"features\.0\.pen"),
        ("channel: terrain, fill: true", "channel: terrain, pen: .nan", r"features\.0\.pen"),
        ("channel: terrain, fill: true", "channel: terrain, pen: 1, dash: [3, 0]", r"features\.0: .*dash"),
        ("{natural: wood}", "{}", r"features\.0\.tags"),
        ("{natural: wood}", "{natural: 5}", r"features\.0\.tags\.natural"),
        ("metres: 10", "metres: -1", r"roads\.0\.metres"),
        ("metres: 10", "metres: .inf", r"roads\.0\.metres"),
        ("lane: 3.0", "", r"lane: Field required"),
        ("name: small", "name: small\ndigest: abc", r"key `digest` is not known"),
        ("name: small", "1: small", r"small\.yaml: .*string"),
        ("lane: 3.0", "lane: [3.0", r"not YAML"),
        ("lane: 3.0", "lane: !!python/object:os.system 3", r"not YAML"),
    ],
)
def test_a_mistake_in_a_style_is_named_in_one_line(path: Path, old: str, new: str, message: str) -> None:
    assert old in MINIMAL
    path.write_text(MINIMAL.replace(old, new))
    with pytest.raises(StyleError, match=message) as caught:
        load_style(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_a_file_without_keys_is_no_style(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(StyleError, match="a style is a mapping of keys"):
        load_style(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(StyleError, match=r"small\.yaml: the style cannot be read: .*No such file"):
        load_style(path)


def test_a_file_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(StyleError, match="cannot be read"):
        load_style(path)


@pytest.mark.parametrize("name", ["Mia", "", "mia.txt", "navigation/mia"])
def test_an_unknown_name_lists_those_that_there_are(name: str) -> None:
    with pytest.raises(StyleError, match="choose mia or navigation, or name a .yaml file"):
        load_style(name)
