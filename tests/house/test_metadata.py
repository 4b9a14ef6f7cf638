# SPDX-License-Identifier: Apache-2.0
"""What the package says of itself, to pip and to colcon, is one thing."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import mia_ros

ROOT = Path(__file__).resolve().parents[2]


def manifest() -> ET.Element:
    return ET.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file


def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()


def test_package_xml_has_the_version_of_the_module():
    assert manifest().findtext("version") == mia_ros.__version__


def test_pyproject_takes_its_version_from_the_module():
    assert 'dynamic = ["version"]' in pyproject()
    assert 'version = { attr = "mia_ros.__version__" }' in pyproject()


def test_both_manifests_agree_on_name_and_licence():
    assert manifest().findtext("name") == re.search(r'^name = "(.+)"$', pyproject(), re.MULTILINE).group(1)
    assert manifest().findtext("license") == re.search(r'^license = "(.+)"$', pyproject(), re.MULTILINE).group(1)


def test_package_xml_is_accepted_by_ros_tools():
    catkin = pytest.importorskip("catkin_pkg.package", reason="catkin_pkg is not installed (extra `ros`)")
    warnings: list[str] = []
    package = catkin.parse_package(str(ROOT / "package.xml"), warnings=warnings)
    package.validate(warnings=warnings)
    assert warnings == []
    assert package.get_build_type() == "ament_cmake"


def test_cmake_and_package_xml_name_the_same_interface_dependencies():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    found = set(re.findall(r"^find_package\((\w+) REQUIRED\)", cmake, re.MULTILINE))
    stated = {element.text for tag in ("depend", "buildtool_depend") for element in manifest().iter(tag)}
    assert found == stated


def test_every_message_is_built_and_every_package_that_it_uses_is_a_dependency():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    used = set()
    for path in (ROOT / "msg").glob("*.msg"):
        assert f'"msg/{path.name}"' in cmake
        used |= set(re.findall(r"^(\w+)/\w+", path.read_text(), re.MULTILINE))
    assert used <= set(re.search(r"DEPENDENCIES ([\w\s]+)\)", cmake).group(1).split())


#: Modules whose rosdep key is not their name.
KEYS = {
    "cv2": "python3-opencv",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "pydantic": "python3-pydantic",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",
    "typer": "python3-typer",
    "yaml": "python3-yaml",
}
#: Done without, where they are missing.
OPTIONAL = {"openvino", "pycuda", "tensorrt", "tf2_ros", "typing_extensions"}


def test_package_xml_names_everything_that_the_robot_half_imports():
    used = set()
    for path in [*(ROOT / "mia_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]:
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                used.add(node.module)
        used |= set(re.findall(r'"(\w+)[/.]msg(?:/\w+)?"', text))  # message types by name
    packages = {name.split(".")[0] for name in used} - set(sys.stdlib_module_names) - OPTIONAL - {"mia_ros"}
    stated = {element.text for element in manifest() if element.tag.endswith("depend")}
    assert {KEYS.get(name, name) for name in packages} <= stated


def test_code_files_state_their_licence():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.cmake", "*.toml", "Makefile", "CMakeLists.txt"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    texts = {line: (ROOT / line).read_text() for line in listed.stdout.splitlines() if (ROOT / line).exists()}
    assert texts
    # An empty __init__.py has nothing to license.
    assert [path for path, text in texts.items() if text and "SPDX-License-Identifier" not in text[:300]] == []


def test_importing_the_package_loads_neither_torch_nor_ros():
    code = "import sys, mia_ros; print(sorted({'torch', 'rclpy', 'offline_tools'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
