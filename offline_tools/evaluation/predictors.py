# SPDX-License-Identifier: Apache-2.0
"""What makes the maps that are evaluated: an engine, run as the robot runs it, or a checkpoint, run as published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from mia_ros.arrays import BoolArray, Float32Array, UInt8Array
from mia_ros.camera import Camera
from mia_ros.engine.backend import Backend
from mia_ros.engine.choice import BackendChoice, load_backend
from mia_ros.gravity import Gravity
from mia_ros.mapper import Mapper
from mia_ros.rectify import INPUT_SIZE, Rectifier, View
from offline_tools.errors import TrainingError, need

if TYPE_CHECKING:
    import torch

#: Rectifiers that are kept: data sets have many cameras, and a set-up takes some megabytes.
_CAMERAS = 8


@dataclass(frozen=True, eq=False)
class Prediction:
    """probabilities: (6, 100, 100) float32. frustum: (100, 100) bool, the network's. view: what it saw, RGB."""

    probabilities: Float32Array
    frustum: BoolArray
    view: View


class Predictor(Protocol):
    """Frame (H, W, 3) uint8 RGB, its camera and gravity -> Prediction."""

    def __call__(self, frame: UInt8Array, camera: Camera, gravity: Gravity) -> Prediction: ...

    def record(self) -> dict[str, Any]:
        """What it is, for the resolved configuration."""


class EnginePredictor:
    """An engine's folder, through Mapper: the fast levelling and the checks of the robot."""

    def __init__(self, folder: str | Path, backend: str = "auto", threads: int | None = None) -> None:
        choice = load_backend(folder, backend, threads)
        self._folder = Path(folder)
        self._kept = _KeptFrustum(choice.backend)
        self._mapper = Mapper(BackendChoice(self._kept, choice.reasons))

    def __call__(self, frame: UInt8Array, camera: Camera, gravity: Gravity) -> Prediction:
        view = self._mapper.level(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False), camera, gravity)
        found = self._mapper.map_view(view, 0, None)
        return Prediction(found.probabilities, self._kept.frustum, replace(view, image=view.image[..., ::-1]))

    def record(self) -> dict[str, Any]:
        manifest, backend = self._mapper.manifest, self._mapper.choice.backend
        return {
            "kind": "engine",
            "path": str(self._folder),
            "name": manifest.name,
            "preset": manifest.preset,
            "precision": manifest.precision,
            "sha256": manifest.model_sha256,
            "input": [manifest.input.width, manifest.input.height],
            "levelling": "the robot's (fast)",
            "backend": backend.name,
            "backend_description": backend.description,
            "training": manifest.training,
        }


class CheckpointPredictor:
    """A folder of weights, through the network in torch, float32: the published levelling and nothing rounded."""

    def __init__(self, folder: str | Path, device: str = "auto", size: int = INPUT_SIZE) -> None:
        need("torch", "safetensors")
        from offline_tools.network import load
        from offline_tools.weights.folder import check_folder

        self._folder, self._size = Path(folder), size
        self._manifest = check_folder(self._folder)
        self._device = _device(device)
        self._net = load(self._folder).to(self._device)
        self._rectifier = lru_cache(_CAMERAS)(lambda camera: Rectifier(camera, size, exact=True))

    def __call__(self, frame: UInt8Array, camera: Camera, gravity: Gravity) -> Prediction:
        import torch

        view = self._rectifier(camera)(frame, gravity)
        level = view.camera
        image = torch.from_numpy(np.ascontiguousarray(view.image.transpose(2, 0, 1)))[None].to(self._device)
        with torch.inference_mode():
            output = self._net(image, torch.tensor([[level.fx, level.fy, level.cx, level.cy]], device=self._device))
        observed = output.observed[0, :, :-1].cpu().numpy()
        return Prediction(output.probabilities[0].float().cpu().numpy(), observed, view)

    def record(self) -> dict[str, Any]:
        import torch

        return {
            "kind": "checkpoint",
            "path": str(self._folder),
            "name": self._folder.resolve().name,
            "preset": self._manifest.preset,
            "precision": "fp32",
            "sha256": self._manifest.weights_sha256,
            "input": [self._size, self._size],
            "levelling": "the published (exact)",
            "backend": f"torch-{self._device.type}",
            "backend_description": f"torch {torch.__version__}",
            "training": self._manifest.note or self._manifest.source,
        }


class _KeptFrustum(Backend):
    """Another backend, of whose last run the frustum is kept: a map's `observed` excludes more than the metric does."""

    frustum: BoolArray

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner.manifest, inner.first)
        self._inner = inner
        self.name, self.description = inner.name, inner.description

    def prepare(self, height: int) -> None:
        self._inner.prepare(height)

    def _infer(self, image: UInt8Array, camera: Float32Array) -> tuple[Float32Array, BoolArray]:
        probabilities, observed = self._inner.run(image[0], camera[0])
        self.frustum = observed
        return probabilities[None], observed[None]

    def _release(self) -> None:
        self._inner.close()


def _device(name: str) -> torch.device:
    import torch

    if name not in ("auto", "cpu", "cuda"):
        raise TrainingError(f"device: '{name}' is unknown; there are auto, cpu, cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device: cuda is not there; use cpu, or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
