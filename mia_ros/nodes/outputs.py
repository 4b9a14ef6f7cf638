# SPDX-License-Identifier: Apache-2.0
"""What is published of a map: topics and messages, for live nodes and for recordings alike."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

from mia_ros.gravity import Gravity
from mia_ros.nodes import convert
from mia_ros.nodes.convert import MapOrigin, Messages
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.step import MapperStep, Stepped, layers
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_INDEX, CLASS_NAMES
from mia_ros.transform import Transform

LAYERS = {f"layers/{name}": name for name in CLASS_NAMES}
#: Message types by topic, relative names.
TOPICS = {
    "semantic_map": "mia_ros/msg/BevSemanticMap",
    "occupancy": "nav_msgs/msg/OccupancyGrid",
    **dict.fromkeys(LAYERS, "nav_msgs/msg/OccupancyGrid"),
    "bev_image": "sensor_msgs/msg/Image",
}
TF = "/tf"
#: Made only while somebody listens.
ON_DEMAND = (*LAYERS, "bev_image")
_LEVEL = Gravity(0.0, 1.0, 0.0)


def bev_frame(image_frame: str) -> str:
    """The frame of the maps of images in that frame."""
    return f"{image_frame}_bev"


def wanted_topics(config: MapperConfig, listened: Collection[str]) -> list[str]:
    """What to make: the configuration's outputs; those on demand if they are among `listened`."""
    switches = {
        "semantic_map": config.publish_semantic_map,
        "occupancy": config.publish_occupancy,
        **dict.fromkeys(LAYERS, config.publish_layers),
        "bev_image": config.publish_bev_image,
    }
    return [name for name, on in switches.items() if on and (name not in ON_DEMAND or name in listened)]


class MapMessages:
    """Makes the messages of maps with one engine, for one kind of `Messages`."""

    def __init__(self, messages: Messages, step: MapperStep) -> None:
        self._messages = messages
        self._step = step

    def transform(self, stepped: Stepped, image_frame: str) -> Any:
        """tf2_msgs/TFMessage: where the map lies; at the camera's own height where that is not known."""
        turn, place = convert.bev_pose(stepped.gravity.gravity, stepped.camera_height or 0.0)
        link = Transform(image_frame, bev_frame(image_frame), stepped.semantic_map.stamp, turn, place)
        return convert.transforms_message(self._messages, [link])

    def of(
        self, stepped: Stepped, image_frame: str, image_age: int, wanted: Collection[str]
    ) -> Iterator[tuple[str, Any]]:
        """Topics and messages of a map; `image_age` in ns."""
        origin = self._origin(stepped.gravity.gravity, stepped.gravity.sigma, image_age)
        yield from self._all(stepped.semantic_map, bev_frame(image_frame), origin, wanted)

    def unknown(
        self, stamp: int, image_frame: str, image_age: int, wanted: Collection[str]
    ) -> Iterator[tuple[str, Any]]:
        """The same of a map that says nothing of any cell."""
        origin = self._origin(_LEVEL, math.nan, image_age)
        yield from self._all(self._step.unknown(stamp), bev_frame(image_frame), origin, wanted)

    def _origin(self, gravity: Gravity, sigma: float, image_age: int) -> MapOrigin:
        manifest = self._step.manifest
        return MapOrigin(gravity, sigma, manifest.name, manifest.model_sha256, max(image_age, 0))

    def _all(
        self, found: SemanticMap, frame: str, origin: MapOrigin, wanted: Collection[str]
    ) -> Iterator[tuple[str, Any]]:
        messages, grid, stamp = self._messages, found.grid, found.stamp
        percent = layers(found) if any(name in LAYERS for name in wanted) else None
        for name in wanted:
            if name == "semantic_map":
                yield name, convert.semantic_map_message(messages, found, frame, origin)
            elif name == "occupancy":
                yield name, convert.occupancy_message(messages, self._step.costs(found), grid, stamp, frame)
            elif name in LAYERS and percent is not None:
                of_class = percent[CLASS_INDEX[LAYERS[name]]]
                yield name, convert.occupancy_message(messages, of_class, grid, stamp, frame)
            else:
                yield name, convert.image_message(messages, found.image(), stamp, frame)
