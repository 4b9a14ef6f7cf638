# SPDX-License-Identifier: Apache-2.0
"""Engines on ONNX Runtime: on any CPU, on NVIDIA GPUs with its CUDA provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mia_ros.arrays import BoolArray, Float32Array, UInt8Array
from mia_ros.engine.backend import Backend, Crew, Graphs, Tensor, check_graph, one_line
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import BackendUnavailable, EngineError

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "openvino": "OpenVINOExecutionProvider"}
_PACKAGES = {"cpu": "onnxruntime", "cuda": "onnxruntime-gpu", "openvino": "onnxruntime-openvino"}
_DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


class OnnxBackend(Backend):
    """An engine in an ONNX Runtime session. `device`: cpu, cuda or openvino, ONNX Runtime's provider of that name."""

    def __init__(self, folder: Path, manifest: EngineManifest, device: str, crew: Crew, first: int) -> None:
        super().__init__(manifest, first)
        self.name = f"onnx-{device}"
        self._device, self._crew = device, crew
        self._runtime = _runtime(device)
        self._sessions = Graphs(folder, manifest, first, self._session)
        self.description = f"onnxruntime {self._runtime.__version__}, {_PROVIDERS[device]}, {crew}"

    def _session(self, file: Path, height: int) -> Any:
        runtime, device = self._runtime, self._device
        try:
            session = runtime.InferenceSession(
                str(file), _options(runtime, self._crew.share), providers=_providers(runtime, device)
            )
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise EngineError(f"engine {file}: onnxruntime cannot load it: {one_line(error)}") from error
        # A provider that does not start is left out with no more than a line on stderr.
        if _PROVIDERS[device] not in session.get_providers():
            raise BackendUnavailable(
                f"backend {self.name}: onnxruntime has {_PROVIDERS[device]}, but it does not start here; "
                f"are its driver and libraries installed?"
            )
        check_graph(self.manifest, height, file, _tensors(session.get_inputs()), _tensors(session.get_outputs()))
        return session

    def prepare(self, height: int) -> None:
        self._sessions[height]

    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        session = self._sessions[image.shape[1]]
        try:
            probabilities, observed = session.run(["probabilities", "observed"], {"image": image, "camera": camera})
        except Exception as error:  # as above
            raise EngineError(f"engine {self.manifest.name}: {self.name} fails: {one_line(error)}") from error
        return probabilities, observed

    def _release(self) -> None:
        del self._sessions


def _runtime(device: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise BackendUnavailable(
            f"backend onnx-{device}: onnxruntime cannot be imported ({one_line(error)}): "
            f"pip install {_PACKAGES[device]}"
        ) from error
    provider = _PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f"backend onnx-{device}: this onnxruntime has no {provider}: pip install {_PACKAGES[device]}"
        )
    return onnxruntime


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # A pattern is one more block as large as all activations: a third of the memory, for no time that we could measure.
    options.enable_mem_pattern = False
    # Errors only: its warnings tell of optimisations that it did not make.
    options.log_severity_level = 3
    if hasattr(options, "use_deterministic_compute"):
        options.use_deterministic_compute = True
    return options


def _providers(runtime: Any, device: str) -> list[Any]:
    if device == "cpu":
        return [_PROVIDERS["cpu"]]
    options: dict[str, str] = {}
    if device == "cuda":
        # Not chosen by timing them, which could choose another one, with other bits, at the next start.
        options["cudnn_conv_algo_search"] = "HEURISTIC"
        # 10 bits of mantissa in fp32 products, unless told not to; older versions do not know the option.
        if tuple(int(part) for part in runtime.__version__.split(".")[:2]) >= (1, 18):
            options["use_tf32"] = "0"
    return [(_PROVIDERS[device], options), _PROVIDERS["cpu"]]


def _tensors(nodes: Any) -> list[Tensor]:
    return [Tensor(node.name, _dtype(node.type), tuple(map(_side, node.shape))) for node in nodes]


def _dtype(name: str) -> str:
    return _DTYPES.get(name, name.removeprefix("tensor(").removesuffix(")"))


def _side(side: int | str | None) -> int:
    return side if isinstance(side, int) else -1
