# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from offline_tools.curate.journal import Journal, read_journal
from offline_tools.errors import DatasetError


def lines_after(path: Path, data: bytes) -> dict:
    path.write_bytes(data)
    return read_journal(path)[0]


def test_what_was_written_is_known_the_next_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "000000.jsonl")
    journal.answer("7", {"make": "Höhe\n", "width": 4})
    journal.gone("8", "deleted")
    journal.close()
    again = Journal(tmp_path / "000000.jsonl")
    again.close()
    assert again.lines == {"7": {"answer": {"make": "Höhe\n", "width": 4}}, "8": {"gone": "deleted"}}


def test_a_line_is_on_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "000000.jsonl")
    journal.answer("7", {})
    assert json.loads((tmp_path / "000000.jsonl").read_text()) == {"id": "7", "answer": {}}
    journal.close()


@pytest.mark.parametrize("kept", range(1, 25))
def test_a_line_that_was_cut_anywhere_is_dropped_and_written_over(tmp_path: Path, kept: int) -> None:
    whole, cut = b'{"id": "1", "answer": {}}\n', b'{"id": "2", "answer": {}}\n'[:kept]
    path = tmp_path / "000000.jsonl"
    path.write_bytes(whole + cut)
    journal = Journal(path)
    journal.gone("3", "deleted")
    journal.close()
    assert path.read_bytes() == whole + b'{"id": "3", "gone": "deleted"}\n'
    assert list(journal.lines) == ["1", "3"]


@pytest.mark.parametrize(
    "line", [b"", b"\xff\x00", b"[1]", b'{"answer": {}}', b'{"id": 4, "gone": ""}', b'{"id": "4"}']
)
def test_a_damaged_line_is_as_if_it_was_never_written(tmp_path: Path, line: bytes) -> None:
    found = lines_after(tmp_path / "j", line + b'\n{"id": "1", "gone": "x"}\n')
    assert found == {"1": {"gone": "x"}}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"absent/j: cannot be written: No such file"):
        Journal(tmp_path / "absent" / "j")


def test_it_goes_when_all_that_it_says_stands_elsewhere(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.answer("7", {})
    journal.remove()
    assert not list(tmp_path.iterdir())
