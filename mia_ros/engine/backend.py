# SPDX-License-Identifier: Apache-2.0
"""Backends: what runs an engine, and which one is chosen."""

from __future__ import annotations

import logging
import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mia_ros.arrays import Array, BoolArray, Float32Array, UInt8Array
from mia_ros.engine.manifest import MANIFEST, MODEL, EngineManifest, engine_folder
from mia_ros.errors import BackendUnavailable, EngineError

log = logging.getLogger(__name__)

#: What `auto` tries, in this order: what is fastest where it is there, and last what runs everywhere.
AUTO_ORDER = ("tensorrt", "onnx-cuda", "openvino", "onnx-cpu")
#: Names that stand for several backends, of which the first that works is taken.
ORDERS = {"auto": AUTO_ORDER, "onnx": ("onnx-cuda", "onnx-cpu")}
#: Every name that `load_backend` takes.
BACKENDS = (*ORDERS, "onnx-cpu", "onnx-cuda", "onnx-openvino", "openvino", "openvino-bf16", "tensorrt")

_X86 = ("x86_64", "amd64", "i686")


class Tensor(NamedTuple):
    """An input or output of a graph: name, NumPy's name of its type, shape with -1 where it is not fixed."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join('?' if side < 0 else str(side) for side in self.shape)})"


class Backend(ABC):
    """Runs one engine. `name` as in BACKENDS; `description`: library, version, device, threads."""

    name: str
    description: str

    def __init__(self, manifest: EngineManifest) -> None:
        self.manifest = manifest
        self._open = True

    def run(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        """Picture and camera -> probabilities (6, rows, columns) float32 and the frustum (rows, columns) bool.

        image: (height, width, 3) uint8 RGB of the manifest's size. camera: (4,) float32, fx, fy, cx, cy in pixels of
        it, (0, 0) being the centre of its first pixel.
        """
        if not self._open:
            raise EngineError(f"engine {self.manifest.name}: its backend {self.name} is closed; load it again")
        size = self.manifest.input
        _check_array("image", image, "uint8", (size.height, size.width, 3))
        _check_array("camera", camera, "float32", (4,))
        probabilities, observed = self._infer(np.ascontiguousarray(image[None]), np.ascontiguousarray(camera[None]))
        return probabilities[0], observed[0]

    def warm_up(self) -> None:
        """Run once on black: what is prepared at a first run is ready then."""
        size = self.manifest.input
        camera = np.array([size.width, size.width, size.width / 2, size.height / 2], np.float32)
        self.run(np.zeros((size.height, size.width, 3), np.uint8), camera)

    def close(self) -> None:
        """Give back memory and device; the backend runs no more."""
        self._open = False
        self._release()

    @abstractmethod
    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        """Like `run`, with a batch axis of 1 in front of everything."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of what the library holds."""


@dataclass(frozen=True)
class BackendChoice:
    """A loaded backend; `reasons`: one line for each that was tried before and skipped."""

    backend: Backend
    reasons: tuple[str, ...] = ()


def load_backend(path: str | Path, backend: str = "auto", threads: int | None = None) -> BackendChoice:
    """Load the engine at `path` (its folder or manifest.json) into a backend of BACKENDS, and warm it up.

    A name that stands for several falls back from one to the next and says why; a backend asked for by its own name
    works or raises. `threads` are the CPU's; None takes its usable cores.
    """
    if backend not in BACKENDS:
        raise EngineError(f"backend: '{backend}' is unknown; there are {', '.join(BACKENDS)}")
    if threads is not None and threads < 1:
        raise EngineError(f"threads: {threads}, want 1 or more, or None for all cores")
    manifest = EngineManifest.load(path)
    reasons: list[str] = []
    *others, last = ORDERS.get(backend, (backend,))
    for name in others:
        loaded = _tried(name, engine_folder(path), manifest, threads or usable_cores())
        if isinstance(loaded, Backend):
            return BackendChoice(loaded, tuple(reasons))
        log.info("engine %s: skipped %s", manifest.name, loaded)
        reasons.append(str(loaded))
    return BackendChoice(_load(last, engine_folder(path), manifest, threads or usable_cores()), tuple(reasons))


def _tried(name: str, folder: Path, manifest: EngineManifest, threads: int) -> Backend | EngineError:
    """The backend, or why not."""
    try:
        _check_worth(name)
        return _load(name, folder, manifest, threads)
    except EngineError as error:
        return error


def _check_worth(name: str) -> None:
    """Refuse what may run here and yet is not worth being taken unasked."""
    if name == "openvino" and platform.machine().lower() not in _X86:
        raise BackendUnavailable(f"backend openvino: auto takes it on x86 CPUs only, this is {platform.machine()}")


def _load(name: str, folder: Path, manifest: EngineManifest, threads: int) -> Backend:
    loaded = _make(name, folder, manifest, threads)
    loaded.warm_up()
    log.info("engine %s: runs on %s (%s)", manifest.name, name, loaded.description)
    return loaded


def _make(name: str, folder: Path, manifest: EngineManifest, threads: int) -> Backend:
    if name == "tensorrt":
        raise BackendUnavailable("backend tensorrt: not in this version of mia_ros; use onnx or openvino")
    if name.startswith("openvino"):
        from mia_ros.engine.openvino import OpenVinoBackend

        return OpenVinoBackend(folder, manifest, "bf16" if name == "openvino-bf16" else "f32", threads)
    from mia_ros.engine.onnx import OnnxBackend

    return OnnxBackend(folder, manifest, name.removeprefix("onnx-"), threads)


def usable_cores() -> int:
    """CPU cores that this process may use; two threads of one core count once."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len({_siblings(cpu) for cpu in usable}))


def _siblings(cpu: int) -> str:
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return str(cpu)


def expected_inputs(manifest: EngineManifest) -> list[Tensor]:
    """What a graph takes for this manifest."""
    size = manifest.input
    return [Tensor("image", "uint8", (1, size.height, size.width, 3)), Tensor("camera", "float32", (1, 4))]


def expected_outputs(manifest: EngineManifest) -> list[Tensor]:
    """What a graph gives for this manifest."""
    grid = manifest.grid
    return [
        Tensor("probabilities", "float32", (1, len(manifest.classes), grid.rows, grid.columns)),
        Tensor("observed", "bool", (1, grid.rows, grid.columns)),
    ]


def check_graph(manifest: EngineManifest, file: Path, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
    """Refuse a graph whose inputs and outputs are not what the manifest says."""
    for kind, found, wanted in (
        ("input", inputs, expected_inputs(manifest)),
        ("output", outputs, expected_outputs(manifest)),
    ):
        names, known = [tensor.name for tensor in found], [tensor.name for tensor in wanted]
        if sorted(names) != sorted(known):
            raise EngineError(f"engine {file}: {kind}s are {', '.join(names) or 'none'}; want {', '.join(known)}")
        for tensor in wanted:
            other = found[names.index(tensor.name)]
            if other != tensor:
                raise EngineError(f"engine {file}: {kind} {tensor.name} is {other}, but {MANIFEST} says {tensor}")


def model_file(folder: Path) -> Path:
    """Where an engine's graph lies."""
    return folder / MODEL


def one_line(error: Exception) -> str:
    """What a library says, short enough for one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


def _check_array(field: str, array: Array, dtype: str, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise EngineError(f"{field}: {array.dtype} {array.shape}, but the engine takes {dtype} {shape}")
