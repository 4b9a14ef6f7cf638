# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from offline_tools.weights import read_catalogue
from tests.commands import mia
from tests.offline_tools.weights.servers import Site, served


@pytest.mark.parametrize("verb", ["import", "fetch"])
def test_help_with_an_example(tmp_path: Path, verb: str) -> None:
    answer = mia("weights", verb, "--help", cwd=tmp_path)
    assert answer.returncode == 0
    assert f"Example: mia weights {verb} " in answer.stdout


def test_help_names_what_can_be_fetched(tmp_path: Path) -> None:
    answer = mia("weights", "fetch", "--help", cwd=tmp_path)
    assert all(name in answer.stdout for name in read_catalogue())


def test_import_for_people_and_programs(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch")
    pytest.importorskip("safetensors", reason="needs safetensors")
    from tests.offline_tools.weights.checkpoints import parameters, saved

    saved(tmp_path / "model.pth", parameters("mapper_edge"))
    answer = mia("weights", "import", "model.pth", "--preset", "mapper_edge", "--out", "a", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "wrote a: complete weights for mapper_edge, licence not known" in answer.stdout
    answer = mia("weights", "import", "a", "--preset", "mapper_edge", "--out", "b", "--json", cwd=tmp_path)
    assert json.loads(answer.stdout)["kind"] == "complete"
    assert json.loads((tmp_path / "b/manifest.json").read_text())["preset"] == "mapper_edge"


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch")
    (tmp_path / "model.ckpt").write_text("no checkpoint")
    answer = mia("weights", "import", "model.ckpt", "--preset", "mapper_vitb", "--out", "out", cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "mia: weights model.ckpt: neither a torch checkpoint nor a .safetensors file\n"
    assert not (tmp_path / "out").exists()


def test_fetch_shows_the_licence_and_the_hash(tmp_path: Path) -> None:
    pytest.importorskip("requests", reason="needs requests")
    with served(Site(b"numbers")) as site:
        entry = {"description": "some [numbers]", "url": site.url, "file": "n.bin", "preset": "mapper_edge"}
        entry.update(licence="MIT", demands="Keep the notice.")
        (tmp_path / "c.yaml").write_text(yaml.safe_dump({"numbers": entry}))
        arguments = ("weights", "fetch", "numbers", "--out", "d", "--catalogue", "c.yaml")
        first = mia(*arguments, cwd=tmp_path)
        assert first.returncode == 0, first.stderr
        second = mia(*arguments, "--json", cwd=tmp_path)
    assert "some [numbers]" in first.stderr and "licence: MIT. Keep the notice." in first.stderr
    assert "seen for the first time and pinned" in first.stdout
    assert "next: mia weights import d/n.bin --preset mapper_edge" in first.stdout
    answer = json.loads(second.stdout)
    assert (answer["known_from"], answer["downloaded"], answer["licence"]) == ("pin", False, "MIT")
    assert answer["sha256"] in first.stdout
