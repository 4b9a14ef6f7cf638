# SPDX-License-Identifier: Apache-2.0
"""The published network's numbers, from the published key names, with stand-in weights made by a rule."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from mia_ros.engine.choice import load_backend  # noqa: E402  # noqa: E402
from offline_tools.export.engine import ExportPlan, export_engine  # noqa: E402
from offline_tools.network import load  # noqa: E402
from offline_tools.weights import import_weights  # noqa: E402

CASES = ("case_a", "case_b", "case_c", "case_d_nonsquare")


@pytest.fixture(scope="module")
def weights(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Lightning checkpoint with the official keys, imported."""
    folder = shared / "fixtures" / "mapper"
    spec = importlib.util.spec_from_file_location("weights_rule", folder / "weights_rule.py")
    assert spec is not None and spec.loader is not None
    rule = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rule)
    keys = json.loads((folder / "keys.json").read_text())["keys"]
    state = {key: torch.from_numpy(array) for key, array in rule.make_all(keys).items()}
    home = tmp_path_factory.mktemp("published")
    torch.save({"state_dict": state, "epoch": 14, "global_step": 1}, home / "official.ckpt")
    import_weights(home / "official.ckpt", "mapper_vitb", home / "weights")
    (home / "official.ckpt").unlink()
    return home / "weights"


def case(shared: Path, name: str) -> Any:
    return np.load(shared / "fixtures" / "mapper" / f"{name}.npz")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_torch(shared: Path, weights: Path, name: str) -> None:
    want = case(shared, name)
    images = torch.from_numpy(want["image"]).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        out = load(weights)(images, torch.from_numpy(want["camera"][2:])[None])
    assert np.abs(out.logits[0].numpy() - want["logits"]).max() < 1e-4
    assert np.abs(out.probabilities[0].numpy() - want["probs"]).max() < 3e-5
    assert (out.observed[0].numpy() == want["valid_bev"]).all()


@pytest.mark.slow
def test_exported_engine(shared: Path, weights: Path, tmp_path: Path) -> None:
    export_engine(ExportPlan(weights, tmp_path / "engine"), print)
    backend = load_backend(tmp_path / "engine", "onnx-cpu").backend
    for name in CASES[:3]:
        want = case(shared, name)
        probabilities, observed = backend.run(want["image"], want["camera"][2:].astype(np.float32))
        assert np.abs(probabilities - want["probs"]).max() < 1e-4
        inside = (want["probs"] > 1e-3) & (want["probs"] < 1 - 1e-3)
        logits = np.log(probabilities.astype(np.float64) / (1 - probabilities.astype(np.float64)))
        assert np.abs(logits - want["logits"])[inside].max() < 1e-3
        assert (observed == want["valid_bev"][:, :-1]).all()
