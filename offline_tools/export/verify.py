# SPDX-License-Identifier: Apache-2.0
"""How far an exported engine is from the network in torch, on frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mia_ros.engine.backend import Backend
from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.export.quantise import Frame
from offline_tools.network import MapperNet


def compare(net: MapperNet, backend: Backend, frames: Sequence[Frame]) -> dict[str, float]:
    """Errors of the probabilities inside the observed cells, and the share of decisions at 0.5 that differ."""
    worst, total, flips, masks, cells = 0.0, 0.0, 0, 0, 0
    for image, camera in frames:
        want, mask = expected(net, image, camera)
        got, seen = backend.run(image, camera.astype(np.float32))
        error = np.abs(got - want)[:, mask]
        worst, total = max(worst, float(error.max())), total + float(error.sum())
        flips += int(((got >= 0.5) != (want >= 0.5))[:, mask].sum())
        masks += int((seen != mask).sum())
        cells += int(mask.sum()) * len(CLASS_NAMES)
    return {
        "frames": float(len(frames)),
        "probability_error_max": worst,
        "probability_error_mean": total / cells,
        "decisions_changed_share": flips / cells,
        "observed_cells_changed": float(masks),
    }


def expected(net: MapperNet, image: np.ndarray, camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (6, 100, 100) and observed (100, 100) by the network itself, float32."""
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        output = net(pixels, torch.from_numpy(np.asarray(camera, np.float32))[None])
    return output.probabilities[0].numpy(), output.observed[0, :, :-1].numpy()
