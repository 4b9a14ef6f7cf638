# SPDX-License-Identifier: Apache-2.0
"""The lock files: complete, consistent, and good on any machine."""

import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
NAMES = ("run.txt", "ros.txt", "dev.txt", "torch.txt")
BASE = {"numpy", "onnxruntime", "opencv-python-headless", "pydantic", "pyyaml", "rich", "rosbags", "typer"}
TOOLS = {"pytest", "pytest-cov", "hypothesis", "ruff", "mypy", "types-pyyaml"}
PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", flags=re.MULTILINE)

every_python = pytest.mark.parametrize("python", PYTHONS)
every_lock = pytest.mark.parametrize("name", NAMES)


def text(python: str, name: str) -> str:
    return (ROOT / "locks" / f"py{python}" / name).read_text()


def pins(python: str, name: str) -> dict[str, str]:
    return dict(PIN.findall(text(python, name)))


@every_python
def test_base_dependencies_are_pinned(python):
    assert pins(python, "run.txt").keys() >= BASE


@every_python
def test_the_development_tools_are_pinned(python):
    assert pins(python, "dev.txt").keys() >= TOOLS


@every_python
def test_ros_and_its_generators_are_pinned(python):
    assert pins(python, "ros.txt").keys() >= {"ros-rclpy", "ros-rosidl-generator-py", "ros-ament-cmake", "catkin-pkg"}


@every_python
def test_the_package_can_be_installed_without_build_isolation(python):
    assert pins(python, "run.txt").keys() >= {"pip", "setuptools"}


@every_python
@pytest.mark.parametrize("name", ["ros.txt", "dev.txt"])
def test_larger_locks_contain_the_base(python, name):
    assert pins(python, name).items() >= pins(python, "run.txt").items()


@every_python
def test_locks_agree_on_every_shared_package(python):
    found: dict[str, set[str]] = {}
    for name in NAMES:
        for package, version in pins(python, name).items():
            found.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in found.items() if len(versions) > 1} == {}


@every_python
@every_lock
def test_each_pin_has_a_hash(python, name):
    entries = re.split(r"^(?=\S)", re.sub(r"^#.*\n", "", text(python, name), flags=re.MULTILINE), flags=re.MULTILINE)
    entries = [entry for entry in entries if entry.strip()]
    assert len(entries) == len(pins(python, name))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)


@every_python
@every_lock
def test_a_lock_names_no_index_and_no_path(python, name):
    pinned = re.sub(r"^#.*\n", "", text(python, name), flags=re.MULTILINE)
    assert re.findall(r"://|/|\s@\s|^-", pinned, flags=re.MULTILINE) == []


@every_python
def test_a_base_installation_pulls_nothing_heavy(python):
    heavy = {"torch", "opencv-python", "openvino", "onnx", "matplotlib", "scipy", "pandas"}
    assert pins(python, "run.txt").keys() & heavy == set()


def test_the_torch_lock_covers_what_the_installed_torch_requires():
    try:
        required = requires("torch") or []
    except PackageNotFoundError:
        pytest.skip("torch is not installed")
    names = {re.match(r"[\w.-]+", line).group().lower() for line in required if "extra ==" not in line}
    cuda = {name for name in names if name.startswith(("nvidia", "cuda", "triton"))}
    assert names - cuda <= pins(f"3.{sys.version_info.minor}", "torch.txt").keys()
