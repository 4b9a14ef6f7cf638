# SPDX-License-Identifier: Apache-2.0
"""Engines on OpenVINO: Intel and AMD CPUs, in fp32 or bf16, and int8 where the engine is quantised."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, UInt8Array
from mia_ros.engine.backend import Backend, Tensor, check_graph, model_file, one_line
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import BackendUnavailable, EngineError

_DTYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "u8": "uint8", "boolean": "bool"}


class OpenVinoBackend(Backend):
    """An engine compiled by OpenVINO for the CPU. `precision`: f32 or bf16, of what is not quantised."""

    def __init__(self, folder: Path, manifest: EngineManifest, precision: str, threads: int) -> None:
        super().__init__(manifest)
        self.name = "openvino-bf16" if precision == "bf16" else "openvino"
        openvino = _openvino(self.name)
        core = openvino.Core()
        if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise BackendUnavailable(f"backend {self.name}: this CPU has no bf16 instructions; use openvino")
        file = model_file(folder)
        try:
            model = core.read_model(str(file))
            compiled = core.compile_model(model, "CPU", _settings(precision, threads))
        except RuntimeError as error:
            raise EngineError(f"engine {file}: OpenVINO cannot load it: {_reason(error)}") from error
        check_graph(manifest, file, _tensors(model.inputs), _tensors(model.outputs))
        self._request = compiled.create_infer_request()
        self._lock = Lock()
        device = core.get_property("CPU", "FULL_DEVICE_NAME").strip()
        version = openvino.get_version().split("-")[0]
        self.description = f"OpenVINO {version}, {device}, {precision}, {threads} CPU threads"

    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        # A request is one set of buffers: one frame at a time, and what it gives is copied out of them.
        with self._lock:
            try:
                self._request.infer({"image": image, "camera": camera}, share_inputs=True)
            except RuntimeError as error:
                raise EngineError(f"engine {self.manifest.name}: {self.name} fails: {one_line(error)}") from error
            probabilities = np.array(self._request.get_tensor("probabilities").data, np.float32)
            observed = np.array(self._request.get_tensor("observed").data, np.bool_)
        return probabilities, observed

    def _release(self) -> None:
        del self._request


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


def _settings(precision: str, threads: int) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
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
