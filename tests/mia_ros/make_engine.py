# SPDX-License-Identifier: Apache-2.0
"""A small engine for the tests: a real graph of convolutions with the inputs and outputs of every engine.

Its frustum is that of 36 feature columns; its weights are random numbers of a seed.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mia_ros.engine.manifest import MODEL, EngineManifest
from mia_ros.grid import NETWORK_GRID
from mia_ros.hashing import sha256_of
from mia_ros.taxonomy import CLASS_NAMES

OPSET = 17


def make_engine(folder: Path, *, width: int = 512, height: int = 512, seed: int = 0, **changes: Any) -> Path:
    """Write an engine into `folder`; `changes` replace fields of its manifest."""
    save_engine(folder, small_graph(width, height, seed), width=width, height=height, **changes)
    return folder


def make_engine_of_heights(folder: Path, *heights: int, seed: int = 0, **changes: Any) -> Path:
    """An engine with a graph for each height, least first."""
    *lower, highest = heights
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(small_graph(height=highest, seed=seed).SerializeToString())
    files = {MODEL: sha256_of(folder / MODEL)}
    for height in lower:
        path = folder / f"model_{height}.onnx"
        path.write_bytes(small_graph(height=height, seed=seed).SerializeToString())
        files[path.name] = sha256_of(path)
    size = {"width": 512, "height": highest, "channels": "rgb", "size": 512, "cut_heights": lower}
    EngineManifest.model_validate(fields(folder, **{"input": size, "files": files, **changes})).save(folder)
    return folder


def save_engine(folder: Path, model: onnx.ModelProto | bytes, **changes: Any) -> EngineManifest:
    """Write a graph (or what claims to be one) and its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    written = EngineManifest.model_validate(fields(folder, **changes))
    written.save(folder)
    return written


def fields(folder: Path, *, width: int = 512, height: int = 512, **changes: Any) -> dict[str, Any]:
    """The manifest of the model that lies in `folder`."""
    return {
        "format": 1,
        "name": "small",
        "preset": "test",
        "classes": CLASS_NAMES,
        "grid": {"rows": 100, "columns": 100, "resolution": 0.5},
        "input": {"width": width, "height": height, "channels": "rgb", "size": 512},
        "feature_columns": 36,
        "precision": "fp32",
        "files": {MODEL: sha256_of(folder / MODEL)},
        "licence": "Apache-2.0",
        "training": "untrained",
        **changes,
    }


def make_bright_engine(folder: Path) -> Path:
    """An engine whose class building is there where the picture is bright, and whose other classes never are."""
    spots = np.zeros((8, 3, 4, 4), np.float32)
    spots[0] = 1 / 48  # the mean of each 4 x 4 pixels
    weights = np.zeros((6, 8, 3, 3), np.float32)
    weights[CLASS_NAMES.index("building"), 0, 1, 1] = 40
    steps = {"w1": spots, "b1": np.full(8, -0.75, np.float32), "w2": weights, "b2": np.full(6, -1, np.float32)}
    save_engine(folder, small_graph(constants=steps), name="bright")
    return folder


def make_slow_engine(folder: Path, rounds: int) -> Path:
    """An engine that multiplies matrices of 1024 x 1024 so often before it answers."""
    save_engine(folder, small_graph(rounds=rounds), name="slow")
    return folder


def small_graph(
    width: int = 512,
    height: int = 512,
    seed: int = 0,
    cells: int = 100,
    constants: dict[str, np.ndarray] | None = None,
    rounds: int = 0,
) -> onnx.ModelProto:
    """image -> two convolutions, resized to the grid -> probabilities; camera -> frustum."""
    given = constants or {}
    random = np.random.default_rng(seed)
    constants = {
        "scale": np.float32(1 / 255),
        "w1": random.normal(0, 0.3, (8, 3, 4, 4)).astype(np.float32),
        "b1": random.normal(0, 0.3, 8).astype(np.float32),
        "w2": random.normal(0, 0.5, (6, 8, 3, 3)).astype(np.float32),
        "b2": np.zeros(6, np.float32),
        "grid": np.array([1, 6, cells, cells], np.int64),
        **_frustum_constants(width, cells),
        **({"side": np.array([1, 3, 1024, 1024], np.int64), "nothing": np.float32(0)} if rounds else {}),
        **given,
    }
    nodes = [
        _node("Cast", "image", "float", to=TensorProto.FLOAT),
        _node("Transpose", "float", "planes", perm=[0, 3, 1, 2]),
        _node("Mul", "planes scale", "normal"),
        _node("Conv", "normal w1 b1", "c1", strides=[4, 4]),
        _node("Relu", "c1", "r1"),
        _node("Conv", "r1 w2 b2", "logits", pads=[1, 1, 1, 1]),
        *_slow_nodes(rounds),
        helper.make_node("Resize", ["slowed" if rounds else "logits", "", "", "grid"], ["sized"], mode="linear"),
        _node("Sigmoid", "sized", "probabilities"),
        *_frustum_nodes(),
    ]
    inputs = [_value("image", TensorProto.UINT8, 1, height, width, 3), _value("camera", TensorProto.FLOAT, 1, 4)]
    outputs = [
        _value("probabilities", TensorProto.FLOAT, 1, 6, cells, cells),
        _value("observed", TensorProto.BOOL, 1, cells, cells),
    ]
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _slow_nodes(rounds: int) -> list[onnx.NodeProto]:
    """Work that comes to nothing, and that no optimiser can know to."""
    if not rounds:
        return []
    nodes = [helper.make_node("Resize", ["normal", "", "", "side"], ["m0"], mode="nearest")]
    nodes += [_node("MatMul", f"m{k} m0", f"m{k + 1}") for k in range(rounds)]
    nodes += [_node("ReduceMax", f"m{rounds}", "most", keepdims=0), _node("Mul", "most nothing", "none")]
    return [*nodes, _node("Add", "logits none", "slowed")]


def _frustum_constants(width: int, cells: int) -> dict[str, np.ndarray]:
    x, z = NETWORK_GRID.centres()
    return {
        "slope": (x / z)[None, :cells, :cells].astype(np.float32),
        "columns": np.float32(36 / width),
        "half": np.float32(0.5),
        "last": np.float32(35.0001),
        "first": np.float32(-0.0001),
        "fx_at": np.array([0], np.int64),
        "cx_at": np.array([2], np.int64),
    }


def _frustum_nodes() -> list[onnx.NodeProto]:
    return [
        _node("Gather", "camera fx_at", "fx", axis=1),
        _node("Gather", "camera cx_at", "cx", axis=1),
        _node("Mul", "slope fx", "from_axis"),
        _node("Add", "from_axis cx", "column"),
        _node("Add", "column half", "edge"),
        _node("Mul", "edge columns", "feature_edge"),
        _node("Sub", "feature_edge half", "feature"),
        _node("GreaterOrEqual", "feature first", "right_of"),
        _node("LessOrEqual", "feature last", "left_of"),
        _node("And", "right_of left_of", "observed"),
    ]


def _node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def _value(name: str, kind: int, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
