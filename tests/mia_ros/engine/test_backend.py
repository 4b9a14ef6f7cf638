# SPDX-License-Identifier: Apache-2.0
import hashlib
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from mia_ros.engine import AUTO_ORDER, BACKENDS, Backend, load_backend
from mia_ros.engine.manifest import EngineManifest
from mia_ros.errors import BackendUnavailable, EngineError
from mia_ros.grid import NETWORK_GRID
from mia_ros.hashing import sha256_of
from tests.mia_ros.make_engine import make_engine, make_engine_of_heights, save_engine, small_graph

ROOT = Path(__file__).resolve().parents[3]
CAMERA = np.array([300, 310, 255.5, 143.5], np.float32)
CPU_BACKENDS = ("onnx-cpu", "openvino")
PROBE = """
import hashlib, sys
import numpy as np
from mia_ros.engine import load_backend
image = np.random.default_rng(3).integers(0, 256, (512, 512, 3), dtype=np.uint8)
camera = np.array([300, 310, 255.5, 143.5], np.float32)
probabilities, observed = load_backend(sys.argv[1], sys.argv[2]).backend.run(image, camera)
print(hashlib.sha256(probabilities.tobytes() + observed.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_engine(tmp_path_factory.mktemp("engines") / "small")


def noise(seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (512, 512, 3), dtype=np.uint8)


def loaded(engine: Path, name: str, threads: int | None = None) -> Backend:
    if name.startswith("openvino"):
        pytest.importorskip("openvino")
    return load_backend(engine, name, threads).backend


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_runs_and_says_on_what(engine: Path, name: str) -> None:
    backend = loaded(engine, name, threads=1)
    probabilities, observed = backend.run(noise(), CAMERA)
    assert probabilities.shape == (6, 100, 100) and probabilities.dtype == np.float32
    assert observed.shape == (100, 100) and observed.dtype == np.bool_
    assert probabilities.std() > 0.01
    assert backend.name == name
    assert "1 CPU threads" in backend.description


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_the_camera_bounds_what_is_observed(engine: Path, name: str) -> None:
    x, z = NETWORK_GRID.centres()
    feature = (CAMERA[0] * x / z + CAMERA[2] + 0.5) * 36 / 512 - 0.5
    expected = (feature >= -1e-4) & (feature <= 35 + 1e-4)
    np.testing.assert_array_equal(loaded(engine, name).run(noise(), CAMERA)[1], expected)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_equal_bits_whatever_ran_before_and_in_another_process(engine: Path, name: str) -> None:
    backend = loaded(engine, name)
    first = backend.run(noise(), CAMERA)
    kept = first[0].copy()
    backend.run(noise(4), CAMERA * 1.1)
    again = backend.run(noise(), CAMERA)
    np.testing.assert_array_equal(first[0], kept, "a later run wrote into an earlier result")
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    answer = python(PROBE, str(engine), name)
    assert answer.stdout.strip() == hashlib.sha256(first[0].tobytes() + first[1].tobytes()).hexdigest(), answer.stderr


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_one_and_two_threads_agree(engine: Path, name: str) -> None:
    one, two = (loaded(engine, name, threads).run(noise(), CAMERA) for threads in (1, 2))
    np.testing.assert_allclose(one[0], two[0], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(one[1], two[1])


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_callers_at_once_get_what_one_alone_gets(engine: Path, name: str) -> None:
    if name == "openvino":
        pytest.importorskip("openvino")
    alone = load_backend(engine, name, threads=1).backend
    together = load_backend(engine, name, threads=3, callers=3).backend
    assert "3 maps at once" in together.description and "at once" not in alone.description
    with ThreadPoolExecutor(6) as callers:  # more than it was made for: some wait
        found = list(callers.map(lambda seed: together.run(noise(seed), CAMERA), range(24)))
    for seed, (probabilities, observed) in enumerate(found):
        expected = alone.run(noise(seed), CAMERA)
        np.testing.assert_array_equal(probabilities, expected[0])
        np.testing.assert_array_equal(observed, expected[1])


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_a_picture_goes_to_the_graph_of_its_height(tmp_path: Path, name: str) -> None:
    both = loaded(make_engine_of_heights(tmp_path / "both", 288, 512), name)
    for height in (288, 512):
        alone = loaded(make_engine(tmp_path / str(height), height=height), name)
        picture = np.ascontiguousarray(noise()[:height])
        np.testing.assert_array_equal(both.run(picture, CAMERA)[0], alone.run(picture, CAMERA)[0])
    with pytest.raises(EngineError, match=r"image: uint8 \(384, 512, 3\), but the engine takes uint8 \(512, 512, 3\)"):
        both.run(np.ascontiguousarray(noise()[:384]), CAMERA)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_a_lower_graph_of_another_height_is_named_when_it_is_needed(tmp_path: Path, name: str) -> None:
    folder = make_engine_of_heights(tmp_path / "both", 288, 512)
    manifest = EngineManifest.load(folder)
    (folder / "model_288.onnx").write_bytes(small_graph(height=384).SerializeToString())
    files = {**manifest.files, "model_288.onnx": sha256_of(folder / "model_288.onnx")}
    manifest.model_copy(update={"files": files}).save(folder)
    backend = loaded(folder, name)
    backend.run(noise(), CAMERA)
    with pytest.raises(EngineError, match=r"model_288.onnx: input image is uint8 \(1, 384, 512, 3\), but manifest"):
        backend.run(np.ascontiguousarray(noise()[:288]), CAMERA)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_the_graph_of_the_pictures_that_will_come_is_loaded_first(tmp_path: Path, name: str) -> None:
    """Which is seen by breaking the other one."""
    if name == "openvino":
        pytest.importorskip("openvino")
    folder = make_engine_of_heights(tmp_path / "both", 288, 512)
    manifest = EngineManifest.load(folder)
    (folder / "model.onnx").write_bytes(b"broken")
    files = {**manifest.files, "model.onnx": sha256_of(folder / "model.onnx")}
    manifest.model_copy(update={"files": files}).save(folder)
    backend = load_backend(folder, name, rows=200).backend
    assert backend.run(np.ascontiguousarray(noise()[:288]), CAMERA)[0].std() > 0.01
    for rows in (289, None):
        with pytest.raises(EngineError, match=r"model.onnx: .* cannot load it"):
            load_backend(folder, name, rows=rows)
    with pytest.raises(EngineError, match=r"model.onnx: .* cannot load it"):
        backend.prepare(512)
    backend.run(np.ascontiguousarray(noise()[:288]), CAMERA)


def test_onnx_and_openvino_agree(engine: Path) -> None:
    ours, theirs = (loaded(engine, name).run(noise(), CAMERA) for name in CPU_BACKENDS)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_bf16_is_near_fp32(engine: Path) -> None:
    try:
        rough = loaded(engine, "openvino-bf16").run(noise(), CAMERA)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    exact = loaded(engine, "openvino").run(noise(), CAMERA)
    assert 0 < np.abs(rough[0] - exact[0]).max() < 0.05
    np.testing.assert_array_equal(rough[1], exact[1])


def test_auto_takes_the_first_that_works_and_says_what_it_skipped(
    engine: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("openvino")
    with caplog.at_level(logging.INFO, "mia_ros"):
        choice = load_backend(engine)
    position = AUTO_ORDER.index(choice.backend.name)
    assert [reason.split(":")[0] for reason in choice.reasons] == [f"backend {name}" for name in AUTO_ORDER[:position]]
    assert AUTO_ORDER == ("tensorrt", "onnx-cuda", "openvino", "onnx-cpu")
    assert f"runs on {choice.backend.name}" in caplog.text
    assert all(reason in caplog.text for reason in choice.reasons)


def test_auto_falls_back_where_openvino_is_not_installed(engine: Path, tmp_path: Path) -> None:
    """A folder named like the package hides the real one, as a broken installation would."""
    (tmp_path / "openvino.py").write_text("raise ImportError('broken')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom mia_ros.engine import load_backend\n"
    code += "c = load_backend(sys.argv[1]); print(c.backend.name, c.reasons[-1], sep='|')"
    answer = python(code, str(engine))
    if answer.stdout.startswith("onnx-cuda"):
        pytest.skip("a GPU comes first here")
    assert answer.stdout.startswith("onnx-cpu|"), answer.stderr
    assert "backend openvino: openvino cannot be imported (broken): pip install openvino" in answer.stdout


@pytest.mark.parametrize(
    ("module", "name"), [("openvino", "openvino"), ("openvino", "openvino-bf16"), ("onnxruntime", "onnx-cpu")]
)
def test_a_missing_package_gets_the_command_that_installs_it(
    engine: Path, tmp_path: Path, module: str, name: str
) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError('broken')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom mia_ros.engine import load_backend\n"
    code += "from mia_ros.errors import BackendUnavailable\n"
    code += "try:\n    load_backend(sys.argv[1], sys.argv[2])\nexcept BackendUnavailable as error:\n    print(error)"
    answer = python(code, str(engine), name)
    assert answer.stdout.startswith(f"backend {name}: {module} cannot be imported"), answer.stderr
    assert answer.stdout.endswith(f"pip install {module}\n")


@pytest.mark.parametrize(("device", "provider"), [("cuda", "CUDA"), ("openvino", "OpenVINO")])
def test_a_missing_provider_is_named(engine: Path, device: str, provider: str) -> None:
    import onnxruntime

    if f"{provider}ExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has it")
    with pytest.raises(BackendUnavailable, match=rf"no {provider}ExecutionProvider: pip install onnxruntime-"):
        load_backend(engine, f"onnx-{device}")


def test_tensorrt_says_that_it_is_not_there_yet(engine: Path) -> None:
    with pytest.raises(BackendUnavailable, match="backend tensorrt: not in this version"):
        load_backend(engine, "tensorrt")


@pytest.mark.parametrize(
    ("backend", "threads", "message"),
    [("tflite", None, f"'tflite' is unknown; there are {', '.join(BACKENDS)}"), ("onnx", 0, "threads: 0")],
)
def test_impossible_settings(engine: Path, backend: str, threads: int | None, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        load_backend(engine, backend, threads)


def test_a_backend_for_nobody_is_refused(engine: Path) -> None:
    with pytest.raises(EngineError, match="callers: 0, want 1 or more"):
        load_backend(engine, "onnx-cpu", callers=0)


@pytest.mark.parametrize("name", ["auto", "onnx", *CPU_BACKENDS])
def test_a_corrupt_graph_names_its_file(tmp_path: Path, name: str) -> None:
    save_engine(tmp_path, small_graph().SerializeToString()[:3000])
    with pytest.raises(EngineError, match=r"model.onnx: .* cannot load it") as caught:
        loaded(tmp_path, name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_an_unknown_operator_is_named(tmp_path: Path, name: str) -> None:
    graph = small_graph()
    next(node for node in graph.graph.node if node.op_type == "Relu").op_type = "Levitate"
    save_engine(tmp_path, graph)
    with pytest.raises(EngineError, match=r"model.onnx: .*Levitate"):
        loaded(tmp_path, name)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_an_output_of_another_grid_is_named(tmp_path: Path, name: str) -> None:
    save_engine(tmp_path, small_graph(cells=50))
    message = r"model.onnx: output probabilities is float32 \(1, 6, 50, 50\), but manifest.json .* \(1, 6, 100, 100\)"
    with pytest.raises(EngineError, match=message):
        loaded(tmp_path, name)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_an_input_of_another_size_is_named(tmp_path: Path, name: str) -> None:
    save_engine(tmp_path, small_graph(), height=288)
    message = r"input image is uint8 \(1, 512, 512, 3\), but manifest.json says uint8 \(1, 288, 512, 3\)"
    with pytest.raises(EngineError, match=message):
        loaded(tmp_path, name)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_a_graph_with_a_free_axis_is_refused(tmp_path: Path, name: str) -> None:
    graph = small_graph()
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    save_engine(tmp_path, graph)
    with pytest.raises(EngineError, match=r"input image is uint8 \(\?, 512, 512, 3\)"):
        loaded(tmp_path, name)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_other_outputs_are_named(tmp_path: Path, name: str) -> None:
    graph = small_graph()
    graph.graph.node.append(helper.make_node("Identity", ["c1"], ["features"]))
    graph.graph.output.append(helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, [1, 8, 128, 128]))
    save_engine(tmp_path, graph)
    with pytest.raises(EngineError, match=r"outputs are .*features; want probabilities, observed"):
        loaded(tmp_path, name)


@pytest.mark.parametrize(
    ("image", "camera", "message"),
    [
        (np.zeros((288, 512, 3), np.uint8), CAMERA, r"image: uint8 \(288, 512, 3\), but the engine takes uint8"),
        (np.zeros((512, 512, 3), np.float32), CAMERA, "image: float32"),
        (np.zeros((512, 512, 3), np.uint8), CAMERA[:3], r"camera: float32 \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit(engine: Path, image: np.ndarray, camera: np.ndarray, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        loaded(engine, "onnx-cpu").run(image, camera)


@pytest.mark.parametrize("name", CPU_BACKENDS)
def test_a_closed_backend_says_so(engine: Path, name: str) -> None:
    backend = loaded(engine, name)
    backend.close()
    with pytest.raises(EngineError, match="is closed"):
        backend.run(noise(), CAMERA)


def test_openvino_reports_nothing_to_its_makers(engine: Path, tmp_path: Path) -> None:
    """Its telemetry keeps a client's number in the home folder before it sends anything."""
    pytest.importorskip("openvino")
    answer = python(PROBE, str(engine), "openvino", HOME=str(tmp_path), CI="")
    assert answer.returncode == 0, answer.stderr
    assert list(tmp_path.iterdir()) == []
