# SPDX-License-Identifier: Apache-2.0
"""SemanticMap and costs <-> BevSemanticMap and OccupancyGrid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mia_ros.arrays import Int8Array
from mia_ros.errors import MessageError
from mia_ros.gravity import Gravity
from mia_ros.grid import GridSpec
from mia_ros.nodes.convert.factory import Messages
from mia_ros.nodes.convert.sensors import vector_message
from mia_ros.nodes.convert.stamps import header, read_stamp, stamp_message
from mia_ros.semantic_map import SemanticMap
from mia_ros.taxonomy import CLASS_NAMES

#: Of a cell's position in the message against the grid's own, metres.
_CLOSE = 1e-4


@dataclass(frozen=True)
class MapOrigin:
    """Where a map comes from: gravity that levelled its image (sigma in radians, NaN: not known), engine, age in ns."""

    gravity: Gravity
    gravity_sigma: float = math.nan
    engine_name: str = ""
    engine_sha256: str = ""
    image_age: int = 0


@dataclass(frozen=True, eq=False)
class OccupancyMap:
    """An OccupancyGrid ahead of the camera: costs (rows, columns) int8, -1 unknown, 0 free to 100 lethal."""

    costs: Int8Array
    grid: GridSpec
    stamp: int
    frame_id: str


def semantic_map_message(messages: Messages, semantic_map: SemanticMap, frame_id: str, origin: MapOrigin) -> Any:
    """mia_ros/BevSemanticMap; `frame_id` is the BEV frame, the stamp that of the map's image."""
    stamp = semantic_map.stamp
    # fmax and fmin take the number where the other is NaN, as it may be in cells that were not observed.
    probabilities = np.rint(np.fmin(np.fmax(semantic_map.probabilities, 0), 1) * 255).astype(np.uint8)
    return messages.make(
        "mia_ros/msg/BevSemanticMap",
        header=header(messages, stamp, frame_id),
        info=_info(messages, semantic_map.grid, stamp),
        class_names=list(CLASS_NAMES),
        thresholds=messages.sequence(np.array(semantic_map.thresholds, np.float32)),
        probabilities=messages.sequence(semantic_map.to_occupancy(probabilities).reshape(-1)),
        observed=messages.sequence(semantic_map.to_occupancy(semantic_map.observed.astype(np.uint8))),
        gravity=vector_message(messages, origin.gravity.vector),
        gravity_sigma=float(origin.gravity_sigma),
        engine_name=origin.engine_name,
        engine_sha256=origin.engine_sha256,
        image_age=messages.make(
            "builtin_interfaces/msg/Duration", sec=origin.image_age // 10**9, nanosec=origin.image_age % 10**9
        ),
    )


def read_semantic_map(message: Any) -> SemanticMap:
    """The map of a BevSemanticMap; its probabilities are steps of 1 / 255."""
    if tuple(message.class_names) != CLASS_NAMES:
        raise MessageError(f"class_names: {list(message.class_names)}, want {', '.join(CLASS_NAMES)}")
    grid = _read_grid(message.info)
    cells = grid.rows * grid.columns
    probabilities = _cells(message.probabilities, "probabilities", np.uint8, len(CLASS_NAMES) * cells)
    observed = grid.from_occupancy(_cells(message.observed, "observed", np.uint8, cells)) != 0
    layers = np.stack([grid.from_occupancy(layer) for layer in probabilities.reshape(len(CLASS_NAMES), cells)])
    thresholds = tuple(float(value) for value in message.thresholds)
    return SemanticMap(layers.astype(np.float32) / np.float32(255), observed, read_stamp(message), grid, thresholds)


def occupancy_message(messages: Messages, costs: Int8Array, grid: GridSpec, stamp: int, frame_id: str) -> Any:
    """nav_msgs/OccupancyGrid of costs (rows, columns) as SemanticMap.costs gives them."""
    return messages.make(
        "nav_msgs/msg/OccupancyGrid",
        header=header(messages, stamp, frame_id),
        info=_info(messages, grid, stamp),
        data=messages.sequence(grid.to_occupancy(costs.astype(np.int8)).reshape(-1)),
    )


def read_occupancy(message: Any) -> OccupancyMap:
    """The costs of an OccupancyGrid that lies ahead of a camera."""
    grid = _read_grid(message.info)
    data = _cells(message.data, "data", np.int8, grid.rows * grid.columns)
    return OccupancyMap(grid.from_occupancy(data), grid, read_stamp(message), message.header.frame_id)


def _info(messages: Messages, grid: GridSpec, stamp: int) -> Any:
    """nav_msgs/MapMetaData: x runs forward over the rows, y to the left over the columns."""
    x, y = grid.occupancy_origin
    return messages.make(
        "nav_msgs/msg/MapMetaData",
        map_load_time=stamp_message(messages, stamp),
        resolution=float(grid.resolution),
        width=grid.rows,
        height=grid.columns,
        origin=messages.make(
            "geometry_msgs/msg/Pose",
            position=messages.make("geometry_msgs/msg/Point", x=x, y=y, z=0.0),
            orientation=messages.make("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=0.0, w=1.0),
        ),
    )


def _read_grid(info: Any) -> GridSpec:
    """The grid; refuses one that does not lie symmetric ahead of the camera, as all of ours do."""
    # resolution is a float32: 0.1 comes back as 0.10000000149.
    grid = GridSpec(int(info.width), int(info.height), float(f"{info.resolution:.6g}"))
    position, turn = info.origin.position, info.origin.orientation
    x, y = grid.occupancy_origin
    if not (abs(position.x - x) < _CLOSE and abs(position.y - y) < _CLOSE):
        raise MessageError(f"info.origin.position: ({position.x}, {position.y}), want ({x}, {y}) for this size")
    if max(abs(turn.x), abs(turn.y), abs(turn.z)) > _CLOSE:
        raise MessageError(f"info.origin.orientation: ({turn.x}, {turn.y}, {turn.z}, {turn.w}), want no rotation")
    return grid


def _cells(data: Any, name: str, kind: type[np.generic], count: int) -> Any:
    values = np.asarray(data, kind) if isinstance(data, list) else np.frombuffer(data, kind)
    if len(values) != count:
        raise MessageError(f"{name}: {len(values)} values, but info.width x info.height and the classes make {count}")
    return values
