# SPDX-License-Identifier: Apache-2.0
"""Worlds: a street map as ground, buildings and what stands about, ready for a camera.

`build_world` needs the street maps' libraries; a saved World is loaded without them.
"""

from typing import TYPE_CHECKING, Any

from offline_tools.simworld.world.appearance import WEATHERS, Appearance, Light, Surface
from offline_tools.simworld.world.world import World

if TYPE_CHECKING:
    from offline_tools.simworld.world.build import build_world

__all__ = ["WEATHERS", "Appearance", "Light", "Surface", "World", "build_world"]


def __getattr__(name: str) -> Any:
    """build_world is loaded when it is first asked for."""
    if name != "build_world":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from offline_tools.simworld.world.build import build_world

    return build_world
