# SPDX-License-Identifier: Apache-2.0
"""Backend: what runs an engine, and what every engine's graph must look like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, UInt8Array
from mia_ros.engine.manifest import MANIFEST, EngineManifest
from mia_ros.errors import EngineError

T = TypeVar("T")


class Tensor(NamedTuple):
    """An input or output of a graph: name, NumPy's name of its type, shape with -1 where it is not fixed."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join('?' if side < 0 else str(side) for side in self.shape)})"


class Crew(NamedTuple):
    """CPU threads of a backend, and how many callers it serves at once, who share them."""

    threads: int
    callers: int

    @property
    def share(self) -> int:
        """Threads for one caller."""
        return max(1, self.threads // self.callers)

    def __str__(self) -> str:
        at_once = f", {self.callers} maps at once" if self.callers > 1 else ""
        return f"{self.threads} CPU threads{at_once}"


class Graphs(Generic[T]):
    """The graphs of an engine by the height of their pictures: one at once, another one when it is asked for."""

    def __init__(self, folder: Path, manifest: EngineManifest, first: int, load: Callable[[Path, int], T]) -> None:
        self._folder, self._input = folder, manifest.input
        self._load = load
        self._lock = Lock()
        self._loaded: dict[int, T] = {}
        self[first]  # what does not work is to be known now

    def __getitem__(self, height: int) -> T:
        with self._lock:
            if height not in self._loaded:
                self._loaded[height] = self._load(self._folder / self._input.model_name(height), height)
            return self._loaded[height]


class Backend(ABC):
    """Runs one engine. `name` as in BACKENDS; `description`: library, version, device, threads.

    Any threads may call `run`; as many at once as it was made for.
    """

    name: str
    description: str

    def __init__(self, manifest: EngineManifest, first: int) -> None:
        """`first`: height of the pictures that it is ready for."""
        self.manifest = manifest
        self.first = first
        self._open = True

    def run(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        """Picture and camera -> probabilities (6, rows, columns) float32 and the frustum (rows, columns) bool.

        image: (height, width, 3) uint8 RGB of the manifest's width and one of its heights. camera: (4,) float32, fx,
        fy, cx, cy in pixels of it, (0, 0) being the centre of its first pixel.
        """
        if not self._open:
            raise EngineError(f"engine {self.manifest.name}: its backend {self.name} is closed; load it again")
        size = self.manifest.input
        height = len(image) if image.ndim == 3 and len(image) in size.heights else size.height
        _check_array("image", image, "uint8", (height, size.width, 3))
        _check_array("camera", camera, "float32", (4,))
        probabilities, observed = self._infer(np.ascontiguousarray(image[None]), np.ascontiguousarray(camera[None]))
        return probabilities[0], observed[0]

    def warm_up(self) -> None:
        """Run once on black: what is prepared at a first run is ready then."""
        width, height = self.manifest.input.width, self.first
        self.run(np.zeros((height, width, 3), np.uint8), np.array([width, width, width / 2, height / 2], np.float32))

    def close(self) -> None:
        """Give back memory and device; the backend runs no more."""
        self._open = False
        self._release()

    @abstractmethod
    def prepare(self, height: int) -> None:
        """Load what pictures of that height need, if it is not there: the first of them need not wait for it then."""

    @abstractmethod
    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        """Like `run`, with a batch axis of 1 in front of everything."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of what the library holds."""


def expected_inputs(manifest: EngineManifest, height: int) -> list[Tensor]:
    """What the graph of a height takes for this manifest."""
    return [Tensor("image", "uint8", (1, height, manifest.input.width, 3)), Tensor("camera", "float32", (1, 4))]


def expected_outputs(manifest: EngineManifest) -> list[Tensor]:
    """What a graph gives for this manifest."""
    grid = manifest.grid
    return [
        Tensor("probabilities", "float32", (1, len(manifest.classes), grid.rows, grid.columns)),
        Tensor("observed", "bool", (1, grid.rows, grid.columns)),
    ]


def check_graph(
    manifest: EngineManifest, height: int, file: Path, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> None:
    """Refuse a graph whose inputs and outputs are not what the manifest says."""
    for kind, found, wanted in (
        ("input", inputs, expected_inputs(manifest, height)),
        ("output", outputs, expected_outputs(manifest)),
    ):
        names, known = [tensor.name for tensor in found], [tensor.name for tensor in wanted]
        if sorted(names) != sorted(known):
            raise EngineError(f"engine {file}: {kind}s are {', '.join(names) or 'none'}; want {', '.join(known)}")
        for tensor in wanted:
            other = found[names.index(tensor.name)]
            if other != tensor:
                raise EngineError(f"engine {file}: {kind} {tensor.name} is {other}, but {MANIFEST} says {tensor}")


def one_line(error: Exception) -> str:
    """What a library says, short enough for one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


def _check_array(field: str, array: Array, dtype: str, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise EngineError(f"{field}: {array.dtype} {array.shape}, but the engine takes {dtype} {shape}")
