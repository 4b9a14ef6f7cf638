# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from mia_ros.errors import ConfigError
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.parameter_file import read_parameter_file

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "mapper.yaml"


def read(folder, text):
    path = folder / "params.yaml"
    path.write_text(text)
    return read_parameter_file(path)


@pytest.mark.parametrize("section", ["mapper", "/mapper", "/**", "/*", "/**/mapper", "/robot/mapper", "robot/mapper"])
def test_a_section_of_the_node_in_any_namespace_is_read(tmp_path, section):
    assert read(tmp_path, f"{section}:\n  ros__parameters:\n    rotate: 90\n") == {"rotate": 90}


@pytest.mark.parametrize("section", ["camera", "/robot/camera", "mapper2", "/mapper/camera", "/robot/*", "my_mapper"])
def test_sections_of_other_nodes_are_left_out(tmp_path, section):
    other = f"{section}:\n  ros__parameters:\n    rotate: 90\n"
    assert read(tmp_path, f"{other}mapper:\n  ros__parameters:\n    threads: 2\n") == {"threads": 2}
    with pytest.raises(ConfigError, match="no section for the node mapper, but for") as caught:
        read(tmp_path, other)
    assert str(caught.value).endswith(section)


def test_later_sections_win(tmp_path):
    text = "/**:\n  ros__parameters: {rotate: 90, threads: 2}\nmapper:\n  ros__parameters: {rotate: 180}\n"
    assert read(tmp_path, text) == {"rotate": 180, "threads": 2}


def test_the_clock_of_a_simulation_means_nothing_here(tmp_path):
    assert read(tmp_path, "mapper:\n  ros__parameters: {use_sim_time: true, rotate: 90}\n") == {"rotate": 90}


def test_the_shipped_file_gives_the_defaults():
    values = {**read_parameter_file(SHIPPED), "engine": "somewhere"}
    assert MapperConfig.from_mapping(values) == MapperConfig.from_mapping({"engine": "somewhere"})


def test_an_unknown_parameter_is_refused_by_name(tmp_path):
    values = read(tmp_path, "mapper:\n  ros__parameters: {engine: here, camera_hight: 1.2}\n")
    with pytest.raises(ConfigError, match="camera_hight"):
        MapperConfig.from_mapping(values)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mapper: [1, 2", "cannot be read"),
        ("mapper: !!python/object/apply:os.getcwd []", "cannot be read"),
        ("- a\n- list\n", "is no ROS parameter file"),
        ("", "is no ROS parameter file"),
        ("mapper:\n  rotate: 90\n", "mapper: has no ros__parameters"),
        ("mapper:\n  ros__parameters: 5\n", "mapper: has no ros__parameters"),
        ("mapper: hello\n", "mapper: has no ros__parameters"),
    ],
)
def test_a_file_that_is_none_is_one_line_with_its_name(tmp_path, text, line):
    with pytest.raises(ConfigError, match=line) as caught:
        read(tmp_path, text)
    assert "params.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    for path in (tmp_path / "missing.yaml", tmp_path, tmp_path / "binary.yaml"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            read_parameter_file(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
