# SPDX-License-Identifier: Apache-2.0
"""Imports point one way: what runs on the robot needs neither torch nor the offline tools, and ROS in one place."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKSTATION = {"torch", "torchvision", "lightning", "offline_tools", "benchmarks", "tests", "tools"}
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "mia_ros").rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, at its top or anywhere inside."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_robot_half_imports_nothing_of_the_workstation(path):
    assert {name.split(".")[0] for name in imported(path)} & WORKSTATION == set()


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[1] != "nodes"], ids=str)
def test_ros_is_imported_in_nodes_only(path):
    ros = {name for name in imported(path) if name.split(".")[0].endswith(("rclpy", "_msgs", "tf2_ros"))}
    assert ros | {name for name in imported(path) if name.startswith("mia_ros.msg")} == set()


def test_geometry_needs_numpy_and_opencv_alone() -> None:
    modules = "camera, gravity, gravity_filter, grid, lens, observation, rectify, taxonomy"
    code = f"import sys; from mia_ros import {modules}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"numpy", "cv2"} <= set(loaded)
    assert not {"torch", "pydantic", "yaml", "typer", "rich", "rclpy", "onnxruntime"} & set(loaded)


#: What each room of the offline half may import of the others; errors and channels are for all.
OFFLINE = {
    "osm": set(),
    "dataset": set(),
    "gallery": {"dataset", "osm"},
    "rendering": {"dataset", "gallery", "osm"},
    "network": {"weights"},
    "weights": {"network"},
    "export": {"network", "weights"},
    "simworld": {"dataset", "gallery", "osm", "rendering"},
    "evaluation": {"dataset", "network", "weights"},
    "training": {"dataset", "evaluation", "export", "network", "weights"},
}


@pytest.mark.parametrize("room", OFFLINE)
def test_rooms_of_the_offline_half_import_one_way(room):
    found = {
        parts[1]
        for path in (ROOT / "offline_tools" / room).rglob("*.py")
        for parts in [[*name.split("."), ""] for name in imported(path.relative_to(ROOT))]
        if parts[0] == "offline_tools"
    }
    assert found - {room, "errors", "channels"} <= OFFLINE[room]


def test_reading_a_dataset_needs_no_map_tools() -> None:
    code = "import sys, offline_tools.dataset; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"osmium", "polars", "pyproj", "shapely", "numba", "torch"} & set(loaded.split())
