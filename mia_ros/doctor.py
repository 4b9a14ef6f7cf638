# SPDX-License-Identifier: Apache-2.0
"""What is installed and usable here, for `mia doctor`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import mia_ros

_BASE = ("numpy", "opencv-python-headless", "pydantic", "PyYAML", "typer", "rich")
#: A ROS installation brings OpenCV without PyPI's name for it.
_MODULES = {"opencv-python-headless": "cv2", "PyYAML": "yaml"}


@dataclass(frozen=True)
class Check:
    """One line of the report. `needed`: without it the base does not work."""

    name: str
    ok: bool
    detail: str
    needed: bool = False


def examine() -> list[Check]:
    """All checks, in the order of the report."""
    return [*_base(), _geometry(), *_backends(), _gpu(), _ros(), _messages(), _transforms()]


def base_works(checks: list[Check]) -> bool:
    """Whether everything that is needed is there."""
    return all(check.ok for check in checks if check.needed)


def _base() -> list[Check]:
    version = platform.python_version()
    checks = [
        Check("mia_ros", True, f"{mia_ros.__version__} in {Path(mia_ros.__file__).parent}", needed=True),
        Check("python", sys.version_info >= (3, 10), f"{version}, {platform.machine()}; 3.10 or newer", needed=True),
    ]
    for name in _BASE:
        found = util.find_spec(_MODULES.get(name, name)) is not None
        detail = _version(name, _MODULES.get(name)) if found else "missing: pip install mia_ros again"
        checks.append(Check(name, found, detail, needed=True))
    return checks


def _geometry() -> Check:
    """Level a drawn street, as a self-test of what is installed."""
    try:
        from mia_ros.demo import STREET_CAMERA, STREET_GRAVITY
        from mia_ros.rectify import Rectifier
        from mia_ros.street import draw_street

        view = Rectifier(STREET_CAMERA)(draw_street(STREET_CAMERA, STREET_GRAVITY), STREET_GRAVITY)
    except Exception as error:  # noqa: BLE001  whatever is broken here, the report must name it and go on
        return Check("geometry", False, f"levelling a frame fails: {type(error).__name__}: {error}", needed=True)
    return Check(
        "geometry",
        bool(view.valid.any()),
        f"levels a frame, {view.valid.mean():.0%} of the input is picture",
        needed=True,
    )


def _backends() -> list[Check]:
    hints = {
        "onnxruntime": "runs engines on the CPU: pip install onnxruntime",
        "openvino": "faster on Intel and AMD CPUs: pip install openvino",
        "tensorrt": "runs engines on NVIDIA GPUs: pip install 'mia_ros[tensorrt]', or JetPack's",
    }
    checks = []
    for name, hint in hints.items():
        found = util.find_spec(name) is not None
        checks.append(Check(name, found, _version(name) if found else f"not installed; {hint}"))
    return checks


def _gpu() -> Check:
    if Path("/etc/nv_tegra_release").exists():
        return Check("GPU", True, "NVIDIA Jetson")
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("GPU", False, "no NVIDIA driver (nvidia-smi) found; engines run on the CPU")
    command = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("GPU", False, f"nvidia-smi does not answer: {error}")
    lines = answer.stdout.strip().splitlines()
    return Check("GPU", answer.returncode == 0 and bool(lines), "; ".join(lines) or answer.stderr.strip())


def _ros() -> Check:
    # Found, not imported: rclpy belongs to mia_ros.nodes, and the wheels from PyPI start Python anew when imported.
    spec = util.find_spec("rclpy")
    if spec is None:
        return Check(
            "ROS 2", False, "rclpy not found: source /opt/ros/DISTRO/setup.bash, or pip install 'mia_ros[ros]'"
        )
    try:
        return Check("ROS 2", True, f"rclpy {metadata.version('ros-rclpy')}, wheels from PyPI")
    except metadata.PackageNotFoundError:
        return Check("ROS 2", True, f"rclpy of {os.environ.get('ROS_DISTRO', 'an unnamed distribution')}")


def _messages() -> Check:
    found = util.find_spec("mia_ros.msg") is not None
    hint = (
        "not built: needs the ROS generators, then pip install --force-reinstall --no-deps . in the source folder, "
        "or colcon build"
    )
    return Check("messages", found, "mia_ros/BevSemanticMap built" if found else hint)


def _transforms() -> Check:
    """tf2_msgs, which a ROS from PyPI has from this package's own set-up."""
    spec = util.find_spec("tf2_msgs")
    if spec is None:
        hint = (
            "not found, so no /tf: apt install ros-DISTRO-tf2-msgs; with ROS from PyPI it is built with the messages: "
            "pip install --force-reinstall --no-deps . in the source folder"
        )
        return Check("tf2_msgs", False, hint)
    places = spec.submodule_search_locations or ["an unnamed folder"]
    return Check("tf2_msgs", True, f"TFMessage, for /tf, in {next(iter(places))}")


def _version(distribution: str, module: str | None = None) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        pass
    version = getattr(__import__(module), "__version__", "version unknown") if module else "version unknown"
    return f"{version}, not from PyPI"
