# SPDX-License-Identifier: Apache-2.0
"""Which topics are shown, of a bag or of a robot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mia_ros.errors import ReplayError

IMAGES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"
SEMANTIC_MAP = "mia_ros/msg/BevSemanticMap"
OCCUPANCY = "nav_msgs/msg/OccupancyGrid"
TRANSFORMS = "tf2_msgs/msg/TFMessage"
DIAGNOSTICS = "diagnostic_msgs/msg/DiagnosticArray"
#: How topics of transforms that hold for ever end.
STATIC = "tf_static"
#: What sends pictures and is no camera.
_NO_CAMERA = ("bev_image", "depth", "disparity", "theora")


@dataclass(frozen=True)
class ShownTopics:
    """Names; "" where there is none."""

    image: str = ""
    camera_info: str = ""
    semantic_map: str = ""
    occupancy: str = ""
    transforms: tuple[str, ...] = ()
    diagnostics: str = ""

    def all(self) -> tuple[str, ...]:
        """Those that there are."""
        named = (self.image, self.camera_info, self.semantic_map, self.occupancy, *self.transforms, self.diagnostics)
        return tuple(name for name in named if name)


def choose_topics(types: Mapping[str, str], image: str = "", maps: str = "") -> ShownTopics:
    """From names and types; `image` and `maps` name a topic where there is a choice.

    Raises ReplayError where a named topic is not there, or is of another type, and where the choice is the user's.
    """
    found_map = _map_topic(types, maps)
    found_image = _image_topic(types, image)
    beside = f"{found_map.rpartition('/')[0]}/occupancy" if found_map else ""
    return ShownTopics(
        image=found_image,
        camera_info=_camera_info(types, found_image),
        semantic_map=found_map,
        occupancy=beside if types.get(beside) == OCCUPANCY else "",
        transforms=tuple(sorted(_of(types, TRANSFORMS))),
        diagnostics="/diagnostics" if types.get("/diagnostics") == DIAGNOSTICS else "",
    )


def _image_topic(types: Mapping[str, str], wish: str) -> str:
    if wish:
        return _named(types, wish, "image", IMAGES)
    cameras: dict[str, str] = {}
    for name in sorted(_of(types, *IMAGES)):  # "/x/compressed" after "/x": it costs less to show
        if not any(word in name.lower() for word in _NO_CAMERA):
            cameras[_camera_of(name)] = name
    if len(cameras) > 1:
        raise ReplayError(f"there are {len(cameras)} cameras: {', '.join(cameras.values())}; say which with --image")
    return next(iter(cameras.values()), "")


def _map_topic(types: Mapping[str, str], wish: str) -> str:
    if wish:
        return _named(types, wish, "maps", (SEMANTIC_MAP,))
    found = sorted(_of(types, SEMANTIC_MAP))
    made = [name for name in found if "truth" not in name] or found
    if len(made) > 1:
        raise ReplayError(f"there are several maps: {', '.join(made)}; say which with --maps")
    return made[0] if made else ""


def _named(types: Mapping[str, str], name: str, option: str, wanted: tuple[str, ...]) -> str:
    if name not in types:
        there = ", ".join(sorted(_of(types, *wanted))) or "none of its type"
        raise ReplayError(f"--{option} {name}: there is no such topic; there is {there}")
    if types[name] not in wanted:
        raise ReplayError(f"--{option} {name}: is of type {types[name]}, want {' or '.join(wanted)}")
    return name


def _camera_info(types: Mapping[str, str], image: str) -> str:
    """Beside the images; else the only one."""
    beside = f"{_camera_of(image).rpartition('/')[0]}/camera_info"
    there = _of(types, CAMERA_INFO)
    if image and beside in there:
        return beside
    return there[0] if image and len(there) == 1 else ""


def _camera_of(image: str) -> str:
    return image.removesuffix("/compressed")


def _of(types: Mapping[str, str], *wanted: str) -> list[str]:
    return [name for name, kind in types.items() if kind in wanted]
