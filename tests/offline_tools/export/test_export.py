# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import copyfile, copytree

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

import onnx  # noqa: E402

from mia_ros.engine.choice import load_backend  # noqa: E402  # noqa: E402
from mia_ros.engine.manifest import EngineManifest  # noqa: E402
from offline_tools.errors import ExportError, WeightsError  # noqa: E402
from offline_tools.export.engine import ExportPlan, export_engine  # noqa: E402
from offline_tools.export.frames import drawn_frames, photo_frames  # noqa: E402
from offline_tools.export.operators import check_operators  # noqa: E402
from offline_tools.export.verify import expected  # noqa: E402
from offline_tools.network import build, load  # noqa: E402
from offline_tools.weights import WeightsManifest, write_folder  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("export") / "weights"

    def describe(sha256: str) -> WeightsManifest:
        return WeightsManifest(
            preset="mapper_edge", kind="complete", source="random", source_sha256=sha256, weights_sha256=sha256
        )

    write_folder(folder, build("mapper_edge").state_dict(), describe)
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for index, (image, _) in enumerate(drawn_frames(512, 6)):
        cv2.imwrite(str(folder / f"{index}.png"), image)
    return folder


@pytest.fixture(scope="module")
def exported(weights: Path, photos: Path) -> Callable[[str], Path]:
    """The engine of a precision; each is made once."""

    @cache
    def export(precision: str) -> Path:
        out = weights.parent / f"edge_{precision}"
        export_engine(ExportPlan(weights, out, precision, (288,), photos), print)
        return out

    return export


@pytest.fixture(scope="module")
def engine(exported: Callable[[str], Path]) -> Path:
    return exported("fp32")


def test_engine_agrees_with_torch(weights: Path, engine: Path) -> None:
    net, backend = load(weights), load_backend(engine, "onnx-cpu").backend
    for image, camera in drawn_frames(288):
        probabilities, observed = backend.run(image, camera)
        want, mask = expected(net, image, camera)
        assert np.abs(probabilities - want).max() < 1e-5
        assert (observed == mask).all()


def test_manifest_says_what_was_measured(engine: Path) -> None:
    manifest = EngineManifest.load(engine)
    assert manifest.preset == "mapper_edge"
    assert (manifest.input.width, manifest.input.height, manifest.feature_columns) == (512, 288, 64)
    assert 0 < manifest.verification["probability_error_max"] < 1e-4
    assert manifest.verification["frames"] == 6
    assert manifest.verification["cut_rows_error_mean"] > 0
    assert manifest.made_with["torch"] == torch.__version__


def test_graph_takes_bytes_and_has_fixed_shapes(engine: Path) -> None:
    graph = onnx.load(str(engine / "model.onnx")).graph
    shapes = {
        value.name: [side.dim_value for side in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert shapes == {
        "image": [1, 288, 512, 3],
        "camera": [1, 4],
        "probabilities": [1, 6, 100, 100],
        "observed": [1, 100, 100],
    }
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    users = [node.op_type for node in graph.node if "image" in node.input]
    assert users == ["Cast"], "TensorRT takes uint8 into a cast and nothing else"


def test_graph_holds_only_operators_that_tensorrt_parses(engine: Path) -> None:
    check_operators(engine / "model.onnx")
    model = onnx.load(str(engine / "model.onnx"))
    assert model.opset_import[0].version <= 17


def test_operators_beyond_the_list_are_refused(engine: Path, tmp_path: Path) -> None:
    model = onnx.load(str(engine / "model.onnx"))
    model.graph.node[3].op_type = "DeformConv"
    onnx.save(model, str(tmp_path / "bad.onnx"))
    with pytest.raises(ExportError, match=r"bad\.onnx: operators .*: DeformConv"):
        check_operators(tmp_path / "bad.onnx")
    model = onnx.load(str(engine / "model.onnx"))
    model.opset_import[0].version = 19
    onnx.save(model, str(tmp_path / "new.onnx"))
    with pytest.raises(ExportError, match="opset 19, newer than 17"):
        check_operators(tmp_path / "new.onnx")


@pytest.mark.parametrize(("precision", "mean"), [("fp16", 2e-3), ("int8", 5e-2)])
def test_short_precisions(exported: Callable[[str], Path], precision: str, mean: float) -> None:
    engine = exported(precision)
    verification = EngineManifest.load(engine).verification
    assert 0 < verification["probability_error_mean"] < mean
    assert verification["observed_cells_changed"] == 0
    check_operators(engine / "model.onnx")
    assert (engine / "model.onnx").stat().st_size < 0.6 * 4 * 5.2e6


@pytest.mark.parametrize("name", ["onnx-cpu", "openvino"])
def test_int8_gives_the_same_bits_on_any_number_of_threads(exported: Callable[[str], Path], name: str) -> None:
    """Quantisation makes of a last bit a step of 1 in 255, so agreeing nearly is not enough."""
    pytest.importorskip(name.split("-", maxsplit=1)[0].replace("onnx", "onnxruntime"))
    alone, *others = (load_backend(exported("int8"), name, threads).backend for threads in (1, 2, 3))
    for image, camera in drawn_frames(288):
        expected = alone.run(image, camera)[0]
        for each in others:
            np.testing.assert_array_equal(each.run(image, camera)[0], expected)


def test_int8_keeps_the_lift_in_float(exported: Callable[[str], Path]) -> None:
    graph = onnx.load(str(exported("int8") / "model.onnx")).graph
    zero_points = [t for t in graph.initializer if t.name.endswith("zero_point")]
    assert zero_points
    assert all(not onnx.numpy_helper.to_array(t).any() for t in zero_points), "TensorRT wants zero points of 0"


def test_an_engine_of_two_heights_has_a_graph_for_each(weights: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "edge"
    manifest = export_engine(ExportPlan(weights, out, "fp32", (288, 384), photos), print)
    assert (manifest.input.height, manifest.input.cut_heights) == (384, (288,))
    assert set(manifest.files) == {"model.onnx", "model_288.onnx"} == {path.name for path in out.glob("*.onnx")}
    assert 0 < manifest.verification["probability_error_max"] < 1e-4
    assert 0 < manifest.verification["probability_error_max_288"] < 1e-4
    net, backend = load(weights), load_backend(out, "onnx-cpu").backend
    for height in (384, 288):
        image, camera = drawn_frames(height, 1)[0]
        np.testing.assert_allclose(backend.run(image, camera)[0], expected(net, image, camera)[0], atol=1e-4)


def test_an_old_engine_is_replaced_and_nothing_else_is_left(weights: Path, engine: Path, tmp_path: Path) -> None:
    out = tmp_path / "edge"
    copytree(engine, out)
    copyfile(out / "model.onnx", out / "model_256.onnx")  # as of an engine of two heights
    export_engine(ExportPlan(weights, out, "fp32", (288,)), print)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edge"]
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "model.onnx"]
    assert json.loads((out / "manifest.json").read_text())["name"] == "edge"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"precision": "fp8"}, "precision: 'fp8' is none of fp32, fp16, int8"),
        ({"heights": (512, 300)}, "height: 512, 300 rows, want 512 or 384 or 288"),
        ({"precision": "int8"}, "frames: int8 is calibrated on photos"),
    ],
)
def test_impossible_plans_are_refused(weights: Path, tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        export_engine(ExportPlan(weights, tmp_path / "out", **changes), print)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_what_is_no_engine_is_not_overwritten(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("words")
    with pytest.raises(ExportError, match="exists and is not an engine"):
        export_engine(ExportPlan(weights, tmp_path / "thesis"), print)
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "words"


def test_missing_weights_and_photos_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such folder"):
        export_engine(ExportPlan(tmp_path / "none", tmp_path / "out"), print)
    with pytest.raises(ExportError, match=r"frames .*: no photo"):
        photo_frames(tmp_path, 288, 4)
