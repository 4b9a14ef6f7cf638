# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from offline_tools.errors import TrainingError
from offline_tools.evaluation.output import write_out
from tests.commands import python

FILES = {"metrics.json": b"{}", "report.html": b"<p>"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_files_are_there_and_nothing_beside_them(tmp_path: Path) -> None:
    write_out(tmp_path / "new/out", FILES)
    assert contents(tmp_path / "new/out") == FILES
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


def test_an_earlier_evaluation_is_replaced(tmp_path: Path) -> None:
    write_out(tmp_path / "out", {"metrics.json": b"old", "report.html": b"old"})
    write_out(tmp_path / "out", FILES)
    assert contents(tmp_path / "out") == FILES and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["notes.txt", "manifest.json"])
def test_other_folders_are_not_touched(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(TrainingError, match=f"holds '{name}'"):
        write_out(tmp_path, FILES)
    assert contents(tmp_path) == {name: b"mine"}


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(TrainingError, match="is a file"):
        write_out(tmp_path / "out", FILES)


def test_what_a_killed_evaluation_left_is_cleared_and_the_old_one_comes_back(tmp_path: Path) -> None:
    """Killed between its two renames: the old folder is aside, the new one beside it."""
    for word in ("old", "part"):
        (tmp_path / f".out.{word}").mkdir()
        (tmp_path / f".out.{word}/metrics.json").write_text(word)
    (tmp_path / ".out.old/strange").write_text("so that the next evaluation must refuse to replace it")
    with pytest.raises(TrainingError, match="holds 'strange'"):
        write_out(tmp_path / "out", FILES)
    assert (tmp_path / "out/metrics.json").read_text() == "old"


FULL = """
import resource, signal, sys
from pathlib import Path
from offline_tools.errors import TrainingError
from offline_tools.evaluation.output import write_out

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_out(Path("out"), {"metrics.json": b"{}", "report.html": bytes(5000)})
except TrainingError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_earlier_evaluation(tmp_path: Path) -> None:
    write_out(tmp_path / "out", FILES)
    answer = python("-c", FULL, cwd=tmp_path)
    assert "cannot be written: File too large" in answer.stdout, answer.stderr
    assert contents(tmp_path / "out") == FILES and len(list(tmp_path.iterdir())) == 1
