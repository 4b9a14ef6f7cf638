# SPDX-License-Identifier: Apache-2.0
"""Engines on OpenVINO: Intel and AMD CPUs, in fp32 or bf16, and int8 where the engine is quantised."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, UInt8Array
from mia_ros.engine.backend import Backend, Crew, Graphs, Tensor, check_graph, one_line
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import BackendUnavailable, EngineError

_DTYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "u8": "uint8", "boolean": "bool"}


class OpenVinoBackend(Backend):
    """An engine compiled by OpenVINO for the CPU. `precision`: f32 or bf16, of what is not quantised."""

    def __init__(self, folder: Path, manifest: EngineManifest, precision: str, crew: Crew, first: int) -> None:
        super().__init__(manifest, first)
        self.name = "openvino-bf16" if precision == "bf16" else "openvino"
        openvino = _openvino(self.name)
        core = _core(openvino)
        if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise BackendUnavailable(f"backend {self.name}: this CPU has no bf16 instructions; use openvino")
        self._core, self._crew, self._settings = core, crew, _settings(precision, crew)
        self._requests = Graphs(folder, manifest, first, self._compiled)
        device = core.get_property("CPU", "FULL_DEVICE_NAME").strip()
        version = openvino.get_version().split("-")[0]
        self.description = f"OpenVINO {version}, {device}, {precision}, {crew}"

    def _compiled(self, file: Path, height: int) -> SimpleQueue[Any]:
        """A request for each caller. It is one set of buffers: one frame at a time, and its results are copied out."""
        try:
            model = self._core.read_model(str(file))
            compiled = self._core.compile_model(model, "CPU", self._settings)
        except RuntimeError as error:
            raise EngineError(f"engine {file}: OpenVINO cannot load it: {_reason(error)}") from error
        check_graph(self.manifest, height, file, _tensors(model.inputs), _tensors(model.outputs))
        requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self._crew.callers):
            requests.put(compiled.create_infer_request())
        return requests

    def prepare(self, height: int) -> None:
        self._requests[height]

    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        requests = self._requests[image.shape[1]]
        request = requests.get()
        try:
            request.infer({"image": image, "camera": camera}, share_inputs=True)
            probabilities = np.array(request.get_tensor("probabilities").data, np.float32)
            observed = np.array(request.get_tensor("observed").data, np.bool_)
        except RuntimeError as error:
            raise EngineError(f"engine {self.manifest.name}: {self.name} fails: {one_line(error)}") from error
        finally:
            requests.put(request)
        return probabilities, observed

    def _release(self) -> None:
        del self._requests


def import_openvino() -> Any:
    """The package `openvino`, without its telemetry, which would report every import to a server.

    It does without where that part is not installed, and so it does where Python finds None in its place.
    """
    quiet = "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules
    if quiet:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        if quiet:
            del sys.modules["openvino_telemetry"]


def _openvino(name: str) -> Any:
    try:
        return import_openvino()
    except ImportError as error:
        raise BackendUnavailable(
            f"backend {name}: openvino cannot be imported ({one_line(error)}): pip install openvino"
        ) from error


@lru_cache(1)
def _core(openvino: Any) -> Any:
    """One for the process, never let go: with the last one, plugins would be unloaded under their own threads."""
    return openvino.Core()


def _settings(precision: str, crew: Crew) -> dict[str, Any]:
    at_once = {"NUM_STREAMS": crew.callers, "ENABLE_CPU_PINNING": False} if crew.callers > 1 else {}
    return {
        "PERFORMANCE_HINT": "THROUGHPUT" if at_once else "LATENCY",
        **at_once,
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": max(crew.threads, crew.callers),
        # A cache would hand back what another version, or another file of that name, was compiled to.
        "CACHE_DIR": "",
    }


def _reason(error: RuntimeError) -> str:
    """Of pages about its own source files, what OpenVINO sums up at the end."""
    return one_line(RuntimeError(str(error).split("Summary:")[-1]))


def _tensors(ports: Any) -> list[Tensor]:
    return [
        Tensor(
            port.get_any_name(),
            _DTYPES.get(port.element_type.get_type_name(), port.element_type.get_type_name()),
            tuple(side.get_length() if side.is_static else -1 for side in port.partial_shape),
        )
        for port in ports
    ]
