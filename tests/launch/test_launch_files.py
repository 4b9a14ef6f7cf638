# SPDX-License-Identifier: Apache-2.0
"""What the launch files say, against what there is: read from their text, because ROS's launch is on robots only."""

import ast
import os
import re
from pathlib import Path

import pytest

from mia_ros.runtime.config import parameters

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.name: ast.parse(path.read_text(), feature_version=(3, 10)) for path in (ROOT / "launch").glob("*.py")}
MAPPER, DEMO, REPLAY = (FILES[f"{name}.launch.py"] for name in ("mapper", "demo", "replay"))
of_recordings = pytest.mark.parametrize("tree", [DEMO, REPLAY], ids=["demo", "replay"])
every_file = pytest.mark.parametrize("tree", FILES.values(), ids=FILES.keys())


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == name]


def first(call: ast.Call) -> str:
    return ast.literal_eval(call.args[0])


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def arguments(tree: ast.AST) -> dict[str, dict[str, ast.expr]]:
    """Launch arguments by name, with what each declares."""
    return {first(call): keywords(call) for call in calls(tree, "DeclareLaunchArgument")}


def keys(tree: ast.AST) -> set[str]:
    """Of all mappings that are written out."""
    return {ast.literal_eval(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys if key}


@every_file
def test_each_argument_is_used_and_none_is_used_that_is_not_declared(tree):
    used = {first(call) for call in calls(tree, "LaunchConfiguration")}
    assert used == set(arguments(tree))
    assert used


@every_file
def test_each_argument_is_declared_once_and_described_in_a_sentence(tree):
    assert len(arguments(tree)) == len(calls(tree, "DeclareLaunchArgument"))
    for name, declared in arguments(tree).items():
        description = ast.literal_eval(declared["description"])
        assert description.endswith("."), name


def test_parameters_that_arguments_set_are_those_of_the_configuration():
    known = {each.name for each in parameters()}
    assert keys(MAPPER) <= known | {"use_sim_time"}
    assert {"engine", "profile", "image_transport"} <= keys(MAPPER)


def test_no_argument_has_a_default_of_its_own_for_a_parameter():
    known = {each.name for each in parameters()}
    defaults = {
        name: ast.literal_eval(declared["default_value"])
        for name, declared in arguments(MAPPER).items()
        if name in known
    }
    assert set(defaults.values()) == {""}


def test_the_transports_are_those_of_the_configuration():
    (known,) = [each.choices for each in parameters() if each.name == "image_transport"]
    assert ast.literal_eval(arguments(MAPPER)["image_transport"]["choices"]) == ["", *known]
    for tree in (DEMO, REPLAY):
        assert ast.literal_eval(arguments(tree)["image_transport"]["choices"]) == list(known)


def test_the_remapped_topics_are_those_that_the_node_subscribes_to():
    node = (ROOT / "mia_ros" / "nodes" / "inputs.py").read_text()
    (call,) = calls(MAPPER, "LifecycleNode")
    pairs = keywords(call)["remappings"]
    topics = {ast.literal_eval(pair.elts[0]) for pair in pairs.elts}
    assert topics == {"image", "image/compressed", "camera_info", "imu"}
    for topic in topics:
        assert f'"{topic}"' in node


@of_recordings
def test_what_plays_a_recording_gives_arguments_that_the_mapper_takes(tree):
    assert keys(tree) <= set(arguments(MAPPER))
    assert "use_sim_time" in keys(tree)


def test_a_replay_names_topics_as_the_mapper_does():
    for name in ("image", "camera_info", "imu"):
        assert ast.unparse(arguments(REPLAY)[name]["default_value"]) == ast.unparse(
            arguments(MAPPER)[name]["default_value"]
        )
    (known,) = [each.default for each in parameters() if each.name == "image_transport"]
    assert ast.literal_eval(arguments(REPLAY)["image_transport"]["default_value"]) == known


@of_recordings
def test_the_options_of_our_player_are_those_that_it_has(tree):
    (command,) = [each for each in calls(tree, "ExecuteProcess") if "mia_ros" in ast.unparse(each)]
    text = (ROOT / "mia_ros" / "commands" / "play.py").read_text()
    options = re.findall(r"'--([\w-]+)'", ast.unparse(command))
    assert len(options) >= 4
    for option in options:
        assert re.search(rf"\b{option.replace('-', '_')}: ", text), option


def test_ros_own_player_gives_the_time_of_the_recording():
    (command,) = [each for each in calls(REPLAY, "ExecuteProcess") if "'bag', 'play'" in ast.unparse(each)]
    assert "'--clock'" in ast.unparse(command)


@every_file
def test_what_is_started_is_installed(tree):
    cmake = (ROOT / "CMakeLists.txt").read_text()
    programs = set(re.search(r"install\(PROGRAMS ([^)]*?) DESTINATION lib/", cmake).group(1).split())
    started = [
        keywords(call) for name in ("Node", "LifecycleNode", "ExecutableInPackage") for call in calls(tree, name)
    ]
    ours = {
        f"scripts/{ast.literal_eval(each['executable'])}"
        for each in started
        if ast.literal_eval(each["package"]) == "mia_ros"
    }
    assert ours and ours <= programs
    for program in ours:
        assert os.access(ROOT / program, os.X_OK)


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").iterdir()), ids=lambda path: path.name)
def test_scripts_call_a_function_that_there_is(script):
    (called,) = [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, ast.ImportFrom)]
    module = ast.parse((ROOT / called.module.replace(".", "/")).with_suffix(".py").read_text())
    (name,) = [alias.name for alias in called.names]
    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


@every_file
def test_files_that_are_named_are_in_the_package(tree):
    text = ast.unparse(tree)
    names = re.findall(r"'([\w.]+\.(?:yaml|rviz|launch\.py))'", text)
    assert names
    for name in names:
        assert (ROOT / ("launch" if name.endswith(".py") else "config") / name).is_file()


def test_the_folder_does_not_hide_ros_own_launch():
    """A package named launch would; a folder of that name gives way to one that is installed."""
    assert not (ROOT / "launch" / "__init__.py").exists()
