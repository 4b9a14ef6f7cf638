# SPDX-License-Identifier: Apache-2.0
"""World: all that a camera needs, as arrays in one file. Nothing here needs more than numpy and numba."""

from __future__ import annotations

import json
import os
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mia_ros.arrays import Float32Array, FloatArray, UInt8Array
from offline_tools.errors import SimulationError
from offline_tools.simworld.frame import LocalFrame
from offline_tools.simworld.world.appearance import Light
from offline_tools.simworld.world.cells import CELL, Cells, mask_at
from offline_tools.simworld.world.layers import LAYER_INDEX, LAYERS
from offline_tools.simworld.world.solids import Solids

_FORMAT = 1


@dataclass(frozen=True, eq=False)
class World:
    """A square piece of the earth, `frame`'s x east, y north, z up in metres; the ground is at z = 0.

    Make one with `build_world`. All positions inside are metres from `corner`, its south-west corner.
    """

    frame: LocalFrame
    corner: tuple[float, float]  # x, y in the frame
    style: str
    seed: int
    weather: str
    light: Light
    shaded: bool
    cells: Cells
    materials: UInt8Array  # (layers, TILE, TILE, 3) BGR
    turns: Float32Array  # (layers, 3) cos, sin of the pattern's angle, share that is worn away
    far: UInt8Array  # (rows, columns, 3) BGR
    shadow: UInt8Array  # (rows, columns, 2) sunlight, openness
    solids: Solids
    tiles: UInt8Array  # (tiles, SIZE, SIZE, 4)
    occluders: FloatArray  # (n, 5) x, y, radius, first and one past the last solid
    noise: UInt8Array  # (256, 256), repeats

    @property
    def size(self) -> float:
        """Metres along each edge."""
        return self.cells.mask.shape[0] * CELL

    @cached_property
    def origin(self) -> FloatArray:
        """(3,) the corner, at ground level."""
        return np.array([*self.corner, 0.0])

    def holds(self, x: float, y: float, margin: float = 0.5) -> bool:
        """Whether a place lies in the world, and not at its very edge."""
        east, north = x - self.corner[0], y - self.corner[1]
        return margin <= east <= self.size - margin and margin <= north <= self.size - margin

    def layer_at(self, x: float, y: float) -> str:
        """Name of the ground that is seen at a place; see `layers`."""
        return LAYERS[max(int(self._mask(x, y)).bit_length() - 1, 0)]

    def in_building(self, x: float, y: float) -> bool:
        """Whether a place lies under a building."""
        return bool(self._mask(x, y) >> LAYER_INDEX["building"] & 1)

    def outline(self, layer: str) -> FloatArray:
        """(n, 4) the border of a layer of the ground: edges from x, y to x, y in the frame's metres, ring by ring."""
        if layer not in LAYER_INDEX:
            raise SimulationError(f"world: there is no layer '{layer}'; layers are {', '.join(LAYERS)}")
        edges = self.cells.edges[self.cells.layer == LAYER_INDEX[layer]]
        return edges.astype(np.float64) + np.tile(self.corner, 2)

    def save(self, path: str | Path) -> Path:
        """Write it as .npz; the file is there as a whole or not at all."""
        target = Path(path)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez_compressed(file, **self._arrays())
            part.replace(target)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise SimulationError(
                f"world {target}: cannot be written: {error.strerror}; choose another place"
            ) from error
        return target

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read what `save` wrote."""
        try:
            with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return _from_arrays(arrays)
        except OSError as error:
            raise SimulationError(f"world {path}: cannot be read: {error.strerror or error}") from error
        except (zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError) as error:
            raise SimulationError(f"world {path}: is no saved world ({error}); build it again") from error

    def _mask(self, x: float, y: float) -> int:
        return int(mask_at(self.cells, x - self.corner[0], y - self.corner[1]))

    def _arrays(self) -> dict[str, Any]:
        head = {
            "format": _FORMAT,
            "frame": asdict(self.frame),
            "corner": self.corner,
            "style": self.style,
            "seed": self.seed,
            "weather": self.weather,
            "light": asdict(self.light),
            "shaded": self.shaded,
            "columns": self.solids.columns,
            "top": self.solids.top,
        }
        arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)}
        arrays |= {name: getattr(self, name) for name in _PLAIN}
        arrays |= {f"cells_{name}": getattr(self.cells, name) for name in Cells._fields}
        arrays |= {f"solids_{name}": getattr(self.solids, name) for name in _OF_SOLIDS}
        return arrays


_PLAIN = ("materials", "turns", "far", "shadow", "tiles", "occluders", "noise")
_OF_SOLIDS = ("geometry", "look", "corners", "starts", "items")


def _from_arrays(arrays: dict[str, Any]) -> World:
    head = json.loads(arrays["head"].tobytes())
    if head["format"] != _FORMAT:
        raise ValueError(f"format {head['format']}, want {_FORMAT}")
    light: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in head["light"].items()
    }
    solids: dict[str, Any] = {name: arrays[f"solids_{name}"] for name in _OF_SOLIDS}
    return World(
        frame=LocalFrame(**head["frame"]),
        corner=(head["corner"][0], head["corner"][1]),
        style=head["style"],
        seed=head["seed"],
        weather=head["weather"],
        light=Light(**light),
        shaded=head["shaded"],
        cells=Cells(*(arrays[f"cells_{name}"] for name in Cells._fields)),
        solids=Solids(**solids, columns=head["columns"], top=head["top"]),
        **{name: arrays[name] for name in _PLAIN},
    )
