# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.errors import TrainingError  # noqa: E402
from offline_tools.training.checkpoints import Checkpoints  # noqa: E402


def tensors(step: int) -> dict[str, torch.Tensor]:
    return {"net.a": torch.full((3, 2), float(step)), "optimiser.a.step": torch.tensor(float(step))}


def test_the_newest_is_read_as_it_was_written(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "kept")
    for step in (5, 12):
        kept.save(step, "run", tensors(step))
    found, problems = Checkpoints(tmp_path / "kept").newest()
    assert (found.step, found.run, problems) == (12, "run", [])
    assert all(torch.equal(value, found.tensors[name]) for name, value in tensors(12).items())


def test_two_are_kept(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    for step in (1, 2, 30, 4000):
        kept.save(step, "run", tensors(step))
    assert [path.name for path in kept.paths()] == ["step-00000030.safetensors", "step-00004000.safetensors"]


def test_a_new_run_has_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "new" / "kept").newest() == (None, [])


def test_a_damaged_one_is_named_and_the_one_before_it_is_taken(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    for step in (1, 2):
        kept.save(step, "run", tensors(step))
    last = kept.paths()[-1]
    last.write_bytes(last.read_bytes()[:-7])
    found, problems = kept.newest()
    assert found.step == 1
    assert len(problems) == 1 and "step-00000002.safetensors: damaged" in problems[0]


def test_when_all_are_damaged_it_says_so_instead_of_starting_anew(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    kept.save(1, "run", tensors(1)).write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="step-00000001.safetensors: damaged.*to start anew"):
        kept.newest()


def test_what_a_killed_writer_left_is_removed_by_the_owner(tmp_path: Path) -> None:
    part = tmp_path / ".step-00000007.safetensors.part"
    part.write_bytes(b"half")
    assert Checkpoints(tmp_path, owner=False).paths() == [] and part.exists()
    assert Checkpoints(tmp_path).paths() == [] and not part.exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="out .*file/kept: cannot be written: Not a directory"):
        Checkpoints(tmp_path / "file" / "kept")
