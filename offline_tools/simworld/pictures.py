# SPDX-License-Identifier: Apache-2.0
"""Pictures of a place: its world, built around it, and cameras in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mia_ros.arrays import FloatArray, UInt8Array
from mia_ros.camera import Camera
from offline_tools.simworld.camera import Sensor, WorldCamera
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.truth import Drawing
from offline_tools.simworld.world import WEATHERS, Appearance, World, build_world

__all__ = ["WEATHERS", "Photographer", "Scenery", "build_scenery", "drawn_sensor", "plain_sensor"]


class Photographer:
    """A camera in a world; positions are in `frame`."""

    def __init__(self, world: World, camera: Camera, sensor: Sensor | None) -> None:
        self.frame = world.frame
        self._camera = WorldCamera(world, camera, sensor)

    def __call__(self, position: FloatArray, rotation: FloatArray) -> UInt8Array:
        """(3,) metres and (3, 3) optical frame to world -> (H, W, 3) uint8 BGR."""
        return self._camera((position, rotation))


@dataclass(frozen=True, eq=False)
class Scenery:
    """A world and how it looks."""

    world: World
    seed: int
    weather: str

    @property
    def frame(self) -> LocalFrame:
        """Of the positions in it."""
        return self.world.frame

    def camera(self, camera: Camera, sensor: Sensor | None = None) -> Photographer:
        """A camera in it."""
        return Photographer(self.world, camera, sensor)


def build_scenery(drawing: Drawing, lat: float, lon: float, reach: float, seed: int, weather: str = "") -> Scenery:
    """The world `reach` metres around a place; its looks follow from the seed, and the weather where none is given."""
    look = Appearance.from_seed(seed)
    if weather:
        look = look.under(weather)
    world = build_world(
        drawing.store,
        (lat, lon),
        reach,
        style=drawing.style,
        infer_sidewalks=drawing.infer_sidewalks,
        appearance=look,
    )
    return Scenery(world, seed, look.weather)


def drawn_sensor(random: np.random.Generator) -> Sensor:
    """The sensor of one picture."""
    return Sensor.from_seed(int(random.integers(1 << 31)))


def plain_sensor(seed: int) -> Sensor:
    """The sensor of a film: clean, and its blur does not depend on how it moves, so there is none."""
    return replace(Sensor.from_seed(seed), motion_blur=0.0, dirt=0.0, jpeg=0)
