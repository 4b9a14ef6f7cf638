# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch")
pytest.importorskip("safetensors", reason="needs safetensors")

from offline_tools.errors import WeightsError  # noqa: E402
from offline_tools.network import build, load  # noqa: E402
from offline_tools.weights import import_weights, read_weights  # noqa: E402
from offline_tools.weights.official import MAPPER_UNUSED  # noqa: E402
from tests.offline_tools.weights.checkpoints import (  # noqa: E402
    dinov2_state,
    foreign_class,
    official_state,
    parameters,
    saved,
    zipped_pickle,
)


def refusal(file: Path, preset: str, out: Path) -> str:
    """The message, after nothing was written."""
    before = sorted(out.parent.iterdir())
    with pytest.raises(WeightsError) as caught:
        import_weights(file, preset, out)
    assert sorted(out.parent.iterdir()) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder of ours with random weights, imported from a checkpoint of a training of ours."""
    folder = tmp_path_factory.mktemp("edge")
    state = build("mapper_edge").state_dict()
    file = saved(folder / "last.ckpt", {"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}})
    import_weights(file, "mapper_edge", folder / "weights")
    return folder / "weights", state


@pytest.mark.parametrize("preset", ["mapper_vits", pytest.param("mapper_vitb", marks=pytest.mark.slow)])
def test_an_official_checkpoint_arrives_complete(tmp_path: Path, preset: str) -> None:
    wanted = parameters(preset)
    file = saved(tmp_path / "model.ckpt", {"epoch": 1, "state_dict": official_state(preset)})
    manifest = import_weights(file, preset, tmp_path / "out")
    assert (manifest.kind, manifest.preset, manifest.source, manifest.missing) == ("complete", preset, "model.ckpt", ())
    read, tensors = read_weights(tmp_path / "out")
    assert read == manifest
    assert all(torch.equal(tensors[name], tensor) for name, tensor in wanted.items())
    assert list(load(tmp_path / "out").state_dict()) == list(wanted)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.ckpt", "out"]


@pytest.mark.slow
def test_the_published_key_set_arrives_complete(tmp_path: Path, shared: Path) -> None:
    keys = json.loads((shared / "fixtures/mapper/keys.json").read_text())["keys"]
    state = {
        name: torch.zeros(1, dtype=getattr(torch, entry["dtype"])).reshape(()).expand(entry["shape"])
        for name, entry in keys.items()
    }
    manifest = import_weights(saved(tmp_path / "model.ckpt", {"state_dict": state}), "mapper_vitb", tmp_path / "out")
    assert manifest.kind == "complete"


def test_hyperparameters_callbacks_and_optimiser_states_are_left_behind(tmp_path: Path, config: Any) -> None:
    content = {
        "state_dict": {f"model.{name}": tensor for name, tensor in parameters("mapper_edge").items()},
        "hyper_parameters": config,
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(1000)}}, "param_groups": [{"lr": 1e-3}]}],
    }
    manifest = import_weights(saved(tmp_path / "last.ckpt", content), "mapper_edge", tmp_path / "out")
    assert manifest.kind == "complete"


@pytest.fixture
def config() -> Iterator[Any]:
    before = set(sys.modules)
    made = foreign_class("omegaconf.dictconfig", "DictConfig")()
    made.__dict__["_content"] = {"model": 1}
    yield made
    for name in set(sys.modules) - before:
        if name.startswith("omegaconf"):
            del sys.modules[name]


def test_an_encoder_alone_says_what_is_missing(tmp_path: Path) -> None:
    file = saved(tmp_path / "dinov2.pth", dinov2_state("mapper_vits"))
    manifest = import_weights(file, "mapper_vits", tmp_path / "out")
    assert manifest.kind == "encoder"
    assert {name.split(".")[0] for name in manifest.missing} == {"encoder", "lift", "decoder"}
    assert not any(name.startswith("encoder.vit.") for name in manifest.missing)
    _, tensors = read_weights(tmp_path / "out")
    assert set(tensors) | set(manifest.missing) == set(parameters("mapper_vits"))
    with pytest.raises(WeightsError, match="encoder only"):
        load(tmp_path / "out")
    again = import_weights(tmp_path / "out", "mapper_vits", tmp_path / "again")
    assert (again.kind, again.weights_sha256) == ("encoder", manifest.weights_sha256)


def test_our_own_round_trip(edge: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, state = edge
    from_file = import_weights(folder / "weights.safetensors", "mapper_edge", tmp_path / "a")
    from_folder = import_weights(folder, "mapper_edge", tmp_path / "b")
    assert from_file.weights_sha256 == from_folder.weights_sha256 == read_weights(folder)[0].weights_sha256
    for name, tensor in load(tmp_path / "b").state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_a_folder_of_ours_may_be_replaced_and_nothing_else(edge: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_weights(edge[0], "mapper_edge", out)
    import_weights(out, "mapper_edge", out)
    assert read_weights(out)[0].preset == "mapper_edge"
    (out / "notes.txt").write_text("mine")
    assert "holds 'notes.txt', so it is no folder of weights" in refusal(edge[0], "mapper_edge", out)
    (tmp_path / "file").write_text("mine")
    assert "is a file; give a folder" in refusal(edge[0], "mapper_edge", tmp_path / "file")
    assert (out / "notes.txt").read_text() == "mine"


def test_what_an_interrupted_import_left_is_put_right(edge: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "weights.safetensors").write_bytes(b"half")
    import_weights(edge[0], "mapper_edge", tmp_path / ".out.old")
    import_weights(edge[0], "mapper_edge", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_missing_extra_and_misshapen_keys_are_named_and_counted(tmp_path: Path) -> None:
    state = official_state("mapper_vitb")
    for name in [name for name in state if ".blocks.3." in name]:
        del state[name]
    state["model.scale_classifier.weight"] = torch.zeros(1).expand(33, 128)
    state["model.extra.weight"] = torch.zeros(1)
    message = refusal(saved(tmp_path / "model.ckpt", {"state_dict": state}), "mapper_vitb", tmp_path / "out")
    assert "does not fit preset mapper_vitb: 14 missing: model.image_encoder.backbone_model.blocks.3." in message
    assert "and 10 more; 1 unknown: model.extra.weight; 1 misshapen: " in message
    assert message.endswith("model.scale_classifier.weight is 33 x 128, want 32 x 128")


@pytest.mark.parametrize("key", [MAPPER_UNUSED, "model.decoder.bn1.num_batches_tracked", "model.scale_classifier.bias"])
def test_every_single_key_is_required(tmp_path: Path, key: str) -> None:
    state = official_state("mapper_vitb")
    del state[key]
    message = refusal(saved(tmp_path / "model.ckpt", {"state_dict": state}), "mapper_vitb", tmp_path / "out")
    assert message.endswith(f"does not fit preset mapper_vitb: 1 missing: {key}")


@pytest.mark.parametrize(
    ("made_for", "given"),
    [("mapper_vitb", "mapper_vits"), ("mapper_vits", "mapper_vitb"), ("mapper_vitb", "mapper_edge")],
)
def test_a_wrong_preset_hears_the_right_one(tmp_path: Path, made_for: str, given: str) -> None:
    official = saved(tmp_path / "model.ckpt", {"state_dict": official_state(made_for)})
    assert f"its shapes are those of preset {made_for} (give --preset {made_for})" in refusal(
        official, given, tmp_path / "out"
    )
    encoder = saved(tmp_path / "dinov2.pth", dinov2_state(made_for))
    assert f"(give --preset {made_for})" in refusal(encoder, given, tmp_path / "out")


def test_an_unknown_preset_and_a_folder_of_another(edge: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    assert "no preset 'mapper_huge'; there are mapper_vitb" in refusal(edge[0], "mapper_huge", tmp_path / "out")
    assert "made for preset mapper_edge, not mapper_vits" in refusal(edge[0], "mapper_vits", tmp_path / "out")


def test_files_that_are_refused_leave_nothing(tmp_path: Path) -> None:
    whole = saved(tmp_path / "model.ckpt", {"state_dict": official_state("mapper_vitb")})
    whole.write_bytes(whole.read_bytes()[:-1000])
    assert "damaged or cut short" in refusal(whole, "mapper_vitb", tmp_path / "out")
    evil = zipped_pickle(tmp_path / "evil.ckpt", b"cos\nsystem\n(S'true'\ntR.")
    assert "refuses global os.system" in refusal(evil, "mapper_vitb", tmp_path / "out")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite(tmp_path: Path, value: float) -> None:
    state = dict(parameters("mapper_edge"))
    state["lift.scale_scores.weight"] = torch.full_like(state["lift.scale_scores.weight"], value)
    message = refusal(saved(tmp_path / "model.pth", state), "mapper_edge", tmp_path / "out")
    assert "lift.scale_scores.weight holds values that are not finite" in message


def test_values_of_another_type(tmp_path: Path) -> None:
    state = parameters("mapper_edge")
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    import_weights(saved(tmp_path / "half.pth", half), "mapper_edge", tmp_path / "out")
    assert {tensor.dtype for tensor in read_weights(tmp_path / "out")[1].values()} == {torch.float32, torch.int64}
    whole = {name: tensor.long() for name, tensor in state.items()}
    assert "holds torch.int64, want float32" in refusal(
        saved(tmp_path / "whole.pth", whole), "mapper_edge", tmp_path / "other"
    )


def test_weights_that_changed_on_disk(edge: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_weights(edge[0], "mapper_edge", out)
    data = bytearray((out / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (out / "weights.safetensors").write_bytes(data)
    with pytest.raises(WeightsError, match=r"weights.safetensors: its sha256 is [0-9a-f]{64}, manifest.json says"):
        read_weights(out)
    assert "its sha256 is" in refusal(out, "mapper_edge", tmp_path / "other")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"preset": None}, "preset"),
        ({"kind": "half"}, "kind"),
        ({"format": "mia_ros weights 9"}, "format"),
        ({"weights_sha256": "abc"}, "weights_sha256"),
        ({"licens": "MIT"}, "unknown key 'licens'"),
    ],
)
def test_a_manifest_with_a_wrong_field(
    edge: tuple[Path, dict[str, Any]], tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    out = tmp_path / "out"
    import_weights(edge[0], "mapper_edge", out)
    path = out / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(WeightsError, match=f"^weights {path}: {problem}"):
        read_weights(out)


def test_a_folder_without_manifest_and_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such folder; make it with 'mia weights import"):
        read_weights(tmp_path / "none")
    with pytest.raises(WeightsError, match="manifest.json: cannot be read"):
        read_weights(tmp_path)


def test_absent_parts_get_one_line(tmp_path: Path) -> None:
    """A folder named like a part hides the real one, as a broken installation would."""
    (tmp_path / "safetensors").mkdir()
    (tmp_path / "safetensors" / "__init__.py").write_text("raise ImportError('not\\nhere')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
    code += "sys.argv = 'mia weights import x --preset mapper_edge --out out'.split(); "
    code += "from mia_ros.cli import main; from offline_tools.cli import register; from mia_ros.cli import app; "
    code += "register(app); main()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr == "mia: this needs safetensors (not here): pip install 'mia_ros[offline]'\n"
