# SPDX-License-Identifier: Apache-2.0
"""What TensorRT's parsers take: the graph is held against this list before it is shipped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import onnx
import yaml

from offline_tools.errors import ExportError

_LIST = Path(__file__).parent / "tensorrt_operators.yaml"


@lru_cache
def _supported() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(_LIST.read_text(encoding="utf-8"))
    return content


def newest_opset() -> int:
    """The newest ONNX operator set that all supported parsers read."""
    return int(_supported()["newest_opset"])


def check_operators(path: Path) -> None:
    """Refuse a graph with an operator, or an operator set, that a supported TensorRT does not parse."""
    model = onnx.load(str(path), load_external_data=False)
    unknown = sorted({node.op_type for node in model.graph.node} - set(_supported()["operators"]))
    if unknown:
        raise ExportError(f"{path}: operators that TensorRT 8.6 or 10 does not parse: {', '.join(unknown)}")
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset > newest_opset():
        raise ExportError(
            f"{path}: opset {opset}, newer than {newest_opset()}, which is the newest that TensorRT 8.6 reads"
        )
