# SPDX-License-Identifier: Apache-2.0
from array import array
from pathlib import Path

import pytest
import yaml

from mia_ros.errors import ConfigError
from mia_ros.runtime.config import MapperConfig, parameters, parameters_markdown
from mia_ros.taxonomy import CLASS_NAMES


def refusal(**values):
    with pytest.raises(ConfigError) as caught:
        MapperConfig.from_mapping(values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_taken_where_nothing_is_given():
    assert MapperConfig.from_mapping({}) == MapperConfig()


def test_every_default_is_itself_a_value_that_may_be_given():
    values = {each.name: each.default for each in parameters()}
    assert MapperConfig.from_mapping(values) == MapperConfig()


def test_one_line_names_everything_that_is_wrong():
    line = refusal(min_valid=3.0, rotate=45, imu_wait="soon", publish_tf=1)
    for part in ("min_valid: 3.0: want a number from 0.05 to 1", "rotate: 45: want 0, 90, 180, 270"):
        assert part in line
    for part in ("imu_wait: 'soon': want a number from 0 to 1", "publish_tf: 1: want true or false"):
        assert part in line


def test_a_misspelt_name_is_refused_with_the_nearest_known_one():
    assert "max_rat: unknown, is it max_rate?" in refusal(max_rat=3.0)
    assert "zzzz: unknown; it is no parameter" in refusal(zzzz=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", True),
        ("threads", 1.0),
        ("max_rate", True),
        ("max_rate", float("nan")),
        ("max_image_age", float("inf")),
        ("engine", None),
        ("engine", 7),
        ("unknown_value", 0),
        ("rotate", False),
        ("backend", "fastest"),
        ("image_transport", "jpeg"),
        ("threshold", -0.5),
        ("camera_info_url", "package://robot/camera.yaml"),
        ("imu_to_camera", [0.0, 0.0, 1.0]),
        ("imu_to_camera", [1.0, 1.0, 1.0, 1.0]),
        ("imu_to_camera", [0.0, 0.0, 0.0, "1"]),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    assert f"parameters: {name}: " in refusal(**{name: value})


def test_whole_numbers_are_taken_where_floats_are_meant():
    config = MapperConfig.from_mapping({"max_rate": 10, "imu_to_camera": [0, 0, 0, 1]})
    assert config.max_rate == 10.0
    assert config.imu_to_camera == (0.0, 0.0, 0.0, 1.0)


def test_a_list_may_come_as_the_array_that_ros_makes_of_it():
    assert MapperConfig.from_mapping({"imu_to_camera": array("d", [0, 0, 0, 1])}).imu_to_camera == (0, 0, 0, 1)


def test_an_unknown_profile_is_refused_when_it_is_set():
    assert "there are car, sidewalk_robot, wheelchair" in refusal(profile="tank")


def test_a_profile_may_be_a_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(dict.fromkeys(CLASS_NAMES, 7)))
    assert MapperConfig.from_mapping({"profile": str(path)}).profile == str(path)


def test_dynamic_parameters_change():
    config = MapperConfig().with_changes({"max_rate": 5, "publish_layers": False, "threshold": 0.3})
    assert (config.max_rate, config.publish_layers, config.threshold) == (5.0, False, 0.3)


def test_read_only_parameters_are_refused_by_name():
    with pytest.raises(ConfigError, match="parameters: rotate, unknown_value: read-only"):
        MapperConfig().with_changes({"rotate": 90, "unknown_value": 100, "max_rate": 5})


def test_a_file_that_repeats_what_holds_may_be_loaded():
    config = MapperConfig.from_mapping({"rotate": 90})
    assert config.with_changes({"rotate": 90, "max_rate": 3}).max_rate == 3


def test_a_change_is_checked_like_a_first_value():
    with pytest.raises(ConfigError, match="max_rate: -1: want a number from 0 to 1000"):
        MapperConfig().with_changes({"max_rate": -1})


def test_without_an_engine_it_says_what_to_do():
    with pytest.raises(ConfigError, match="engine: not given; set it to the folder of an engine"):
        MapperConfig().engine_path()


@pytest.mark.parametrize("url", ["/etc/camera.yaml", "file:///etc/camera.yaml"])
def test_a_camera_file_may_be_a_path_or_a_url(url):
    assert MapperConfig.from_mapping({"camera_info_url": url}).camera_path() == Path("/etc/camera.yaml")
    assert MapperConfig().camera_path() is None


def test_only_what_can_change_safely_is_dynamic():
    assert {each.name for each in parameters() if each.dynamic} == {
        "frozen_after",
        "max_rate",
        "profile",
        "publish_bev_image",
        "publish_layers",
        "publish_occupancy",
        "publish_semantic_map",
        "publish_tf",
        "threshold",
    }


def test_parameters_say_their_range_and_choices():
    known = {each.name: each for each in parameters()}
    assert (known["min_valid"].low, known["min_valid"].high, known["min_valid"].kind) == (0.05, 1.0, "float")
    assert known["gravity_source"].choices == ("imu", "tf", "fixed")
    assert known["unknown_value"].kind == "int"
    assert known["imu_to_camera"].kind == "float_list"
    assert "auto" in known["backend"].choices


def test_every_number_has_a_range_and_everything_a_description():
    for each in parameters():
        assert each.description.endswith(".")
        assert each.kind not in ("int", "float") or each.choices or each.low < each.high


def test_the_table_has_a_row_for_each_parameter():
    rows = parameters_markdown().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(MapperConfig.model_fields)
    assert {row.count("|") for row in rows} == {7}
