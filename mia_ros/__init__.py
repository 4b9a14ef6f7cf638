# SPDX-License-Identifier: Apache-2.0
"""Bird's-eye semantic maps from one camera and gravity, on the robot."""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mia_ros.camera import Camera
    from mia_ros.errors import GravityUnavailable, MiaError
    from mia_ros.gravity import Gravity
    from mia_ros.gravity_filter import GravityFilter
    from mia_ros.grid import GridSpec
    from mia_ros.mapper import Mapper
    from mia_ros.orientation import given_orientation
    from mia_ros.rectify import Rectifier
    from mia_ros.semantic_map import SemanticMap
    from mia_ros.tilt_filter import ImuSample

# The ROS build generates mia_ros.msg into another folder of the same name; both are this package.
__path__ = pkgutil.extend_path(__path__, __name__)

__version__ = "0.1.0"

_HOMES = {
    "Camera": "camera",
    "Gravity": "gravity",
    "GravityFilter": "gravity_filter",
    "GravityUnavailable": "errors",
    "GridSpec": "grid",
    "ImuSample": "tilt_filter",
    "Mapper": "mapper",
    "MiaError": "errors",
    "Rectifier": "rectify",
    "SemanticMap": "semantic_map",
    "given_orientation": "orientation",
}

__all__ = [
    "Camera",
    "Gravity",
    "GravityFilter",
    "GravityUnavailable",
    "GridSpec",
    "ImuSample",
    "Mapper",
    "MiaError",
    "Rectifier",
    "SemanticMap",
    "given_orientation",
]


def __getattr__(name: str) -> Any:
    """Load a name's module when it is first asked for: `mia --help` need not wait for OpenCV."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mia_ros' has no attribute '{name}'")
    return getattr(importlib.import_module(f"mia_ros.{_HOMES[name]}"), name)
