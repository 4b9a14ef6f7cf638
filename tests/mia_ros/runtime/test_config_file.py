# SPDX-License-Identifier: Apache-2.0
"""The files that are written from MapperConfig, and ROS's own reading of them."""

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from mia_ros.errors import ConfigError
from mia_ros.runtime.config import MapperConfig, parameters
from mia_ros.runtime.config_file import BEGIN, PAGE, PARAMETER_FILE, parameter_file, with_table
from tests.commands import python

ROOT = Path(__file__).resolve().parents[3]
AGAIN = "run: .venv/bin/python -m mia_ros.runtime.config_file write"
#: Prints what a node of a name and a namespace is given.
READER = """
import json, sys
import rclpy
rclpy.init(args=sys.argv)
node = rclpy.create_node("mapper")
print(json.dumps({name: each.value for name, each in node._parameter_overrides.items() if name != "use_sim_time"}))
"""


def test_the_shipped_parameter_file_is_that_of_the_configuration():
    assert (ROOT / PARAMETER_FILE).read_text() == parameter_file(), AGAIN


def test_the_table_of_the_documentation_is_that_of_the_configuration():
    page = (ROOT / PAGE).read_text()
    assert page == with_table(page), AGAIN


def test_a_page_without_the_markers_is_refused():
    with pytest.raises(ConfigError, match="markers|missing"):
        with_table("# A page\n")


def test_the_parameter_file_holds_every_parameter_with_its_default():
    text = parameter_file()
    values = yaml.safe_load(text)["/**/mapper"]["ros__parameters"]
    assert MapperConfig.from_mapping(values) == MapperConfig()
    missing = {each.name for each in parameters()} - set(values)
    assert all(re.search(rf"^    # {name}: \[\]$", text, re.MULTILINE) for name in missing)


def test_a_comment_of_one_line_stands_over_each_parameter():
    lines = parameter_file().splitlines()
    for each in parameters():
        (index,) = [k for k, line in enumerate(lines) if re.match(rf"    (# )?{each.name}: ", line)]
        assert lines[index - 1].startswith(f"    # {each.description}")


@pytest.mark.skipif(find_spec("rclpy") is None, reason="rclpy is not installed")
@pytest.mark.parametrize(("name", "reads"), [("mapper", True), ("another", False)])
def test_ros_reads_it_for_a_mapper_in_any_namespace(tmp_path, name, reads):
    ros = ("--ros-args", "-r", "__ns:=/left/front", "-r", f"__node:={name}", "--params-file", ROOT / PARAMETER_FILE)
    answer = python("-c", READER, *map(str, ros), cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    given = json.loads(answer.stdout)
    assert bool(given) == reads
    assert MapperConfig.from_mapping(given) == MapperConfig()


def test_both_files_are_written_into_a_source_folder(tmp_path):
    for path in (PARAMETER_FILE, PAGE):
        (tmp_path / path).parent.mkdir()
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    page = tmp_path / PAGE
    page.write_text(page.read_text().replace("| `timeout` |", "| `timeuot` |"))
    answer = python("-m", "mia_ros.runtime.config_file", "write", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / PARAMETER_FILE).read_text() == parameter_file()
    assert page.read_text() == (ROOT / PAGE).read_text()


@pytest.mark.parametrize(("words", "begins"), [([], "# SPDX"), (["markdown"], "| parameter |")])
def test_it_prints_what_is_asked_for(tmp_path, words, begins):
    answer = python("-m", "mia_ros.runtime.config_file", *words, cwd=tmp_path)
    assert answer.stdout.startswith(begins)


@pytest.mark.parametrize("words", [["jaml"], ["write", "here"]])
def test_other_words_are_a_mistake(tmp_path, words):
    answer = python("-m", "mia_ros.runtime.config_file", *words, cwd=tmp_path)
    assert answer.returncode == 2 and answer.stderr.startswith("usage: ")


def test_writing_elsewhere_than_in_the_source_folder_is_refused_in_a_line(tmp_path):
    answer = python("-m", "mia_ros.runtime.config_file", "write", cwd=tmp_path)
    assert answer.returncode == 2
    assert "docs/ros.md: not found" in answer.stderr and len(answer.stderr.splitlines()) == 1


def test_the_markers_are_in_the_page_once():
    assert (ROOT / PAGE).read_text().count(BEGIN) == 1
