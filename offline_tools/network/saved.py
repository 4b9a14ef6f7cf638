# SPDX-License-Identifier: Apache-2.0
"""Networks from folders of weights."""

from __future__ import annotations

from pathlib import Path

from offline_tools.errors import WeightsError
from offline_tools.network.mapper_net import MapperNet
from offline_tools.network.presets import build
from offline_tools.weights import read_weights


def load(folder: str | Path) -> MapperNet:
    """The network of a folder that `mia weights import` or a training made, in eval mode."""
    manifest, tensors = read_weights(Path(folder))
    if manifest.kind != "complete":
        raise WeightsError(f"{folder}: holds the encoder only; train it first, or import a complete checkpoint")
    net = build(manifest.preset)
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{folder}: not weights of {manifest.preset} as it is now: {reason}; import again"
        ) from error
    return net
