# SPDX-License-Identifier: Apache-2.0
"""fp32 graph -> statically quantised int8, calibrated on given frames."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

#: One frame as the graph takes it: image (H, W, 3) uint8 RGB, camera (4,) float32.
Frame = tuple[np.ndarray, np.ndarray]


class _Frames(CalibrationDataReader):
    """Hands the frames to the calibrator one by one."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._left: Iterator[Frame] = iter(frames)

    def get_next(self) -> dict[str, Any] | None:
        frame = next(self._left, None)
        return None if frame is None else {"image": frame[0][None], "camera": frame[1][None].astype(np.float32)}


def quantise(source: Path, target: Path, frames: Sequence[Frame]) -> None:
    """Write `target`: weights per channel, activations per tensor, symmetric, as TensorRT wants them.

    The lift keeps float32: its positions and its depth distribution need more than 256 values.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Frames(frames),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"],
            nodes_to_exclude=unquantised_nodes(prepared),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"ActivationSymmetric": True, "WeightSymmetric": True},
        )


def unquantised_nodes(path: Path) -> list[str]:
    """Matrix products of two computed matrices (attention, lift), and the convolution that makes the logits."""
    graph = onnx.load(str(path)).graph
    weights = {tensor.name for tensor in graph.initializer}
    products = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    kept = [node.name for node in products if not weights & set(node.input)]
    # Scores of the scales: the one product with a weight of 32 columns.
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    kept += [node.name for node in products if any(shapes.get(name, [0])[-1] == 32 for name in node.input)]
    last = [node.name for node in graph.node if node.op_type == "Conv"][-1]
    return [*kept, last]
