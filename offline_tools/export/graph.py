# SPDX-License-Identifier: Apache-2.0
"""MapperNet as one ONNX graph: uint8 image and camera in, probabilities and observed mask out, shapes fixed."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from offline_tools.export.operators import newest_opset
from offline_tools.network import MapperNet
from offline_tools.network.encoder import VitEncoder, normalised_bytes
from offline_tools.network.norm import InstanceNorm
from offline_tools.network.vit import PATCH

#: Names of the graph's inputs and outputs: what mia_ros.engine expects.
INPUTS, OUTPUTS = ("image", "camera"), ("probabilities", "observed")


class ExportNet(nn.Module):
    """Image (1, H, W, 3) uint8 RGB, camera (1, 4) float32 -> probabilities (1, 6, 100, 100), observed (1, 100, 100).

    In half precision, encoder and decoder compute in float16; the lift, whose positions need more digits, in float32.
    Gives the same bits on any number of threads, where the library's own operators do.
    """

    def __init__(self, net: MapperNet, height: int, width: int, half: bool = False) -> None:
        super().__init__()
        self.net = net
        self.half_precision = half
        if isinstance(net.encoder, VitEncoder):
            net.encoder.vit.freeze_positions(height // PATCH, width // PATCH)
        for part in net.modules():
            if isinstance(part, InstanceNorm):
                part.pooled = True
        if half:
            net.encoder.half()
            net.decoder.half()

    def forward(self, image: Tensor, camera: Tensor) -> tuple[Tensor, Tensor]:
        # To float before anything else: TensorRT takes uint8 into a cast and nothing else.
        pixels = normalised_bytes(image.to(torch.float32).permute(0, 3, 1, 2))
        features = self.net.encoder.body(pixels.half() if self.half_precision else pixels)
        ground, observed = self.net.ground(features.float(), camera, image.shape[2])
        logits = self.net.decoder(ground.half() if self.half_precision else ground)
        return torch.sigmoid(logits.float()), observed[:, :, :-1]


def write_onnx(model: ExportNet, height: int, width: int, path: Path) -> None:
    """Trace the model at one size and write it, weights inside."""
    image = torch.zeros(1, height, width, 3, dtype=torch.uint8)
    camera = torch.tensor([[width * 0.8, width * 0.8, (width - 1) / 2, (height - 1) / 2]])
    with _quietly():
        torch.onnx.export(
            model.eval(),
            (image, camera),
            str(path),
            dynamo=True,
            external_data=False,
            opset_version=newest_opset(),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
        )


@contextlib.contextmanager
def _quietly():  # type: ignore[no-untyped-def]
    """The exporter prints its progress and warns of its own internals; what matters is checked afterwards."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
