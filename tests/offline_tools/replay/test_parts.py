# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from mia_ros.errors import ReplayError
from offline_tools.replay.parts import FACTS, TABLE, Parts, read_json, write_json


def rows(first, count):
    return [{"index": k, "stamp": 10 * k, "problem": ""} for k in range(first, first + count)]


def add(parts, first, count):
    parts.begin()
    parts.finish(rows(first, count), {"first": first})


def test_parts_are_counted_and_joined_in_their_order(tmp_path):
    parts = Parts(tmp_path / "parts")
    assert parts.done == [] and parts.images == 0
    for k in range(12):
        add(parts, 3 * k, 3)
    assert parts.images == 36
    assert parts.table()["index"].to_list() == list(range(36))
    assert [each["first"] for each in parts.facts()] == list(range(0, 36, 3))


def test_what_was_being_made_does_not_count_and_is_made_anew(tmp_path):
    parts = Parts(tmp_path / "parts")
    add(parts, 0, 5)
    folder = parts.begin()
    (folder / "half").write_text("a map that is not whole")
    again = Parts(tmp_path / "parts")
    assert again.images == 5
    assert list(again.begin().iterdir()) == []
    again.finish(rows(5, 1), {})
    assert again.images == 6 and not folder.exists()


def test_a_part_behind_a_gap_is_not_done(tmp_path):
    parts = Parts(tmp_path / "parts")
    add(parts, 0, 2)
    (tmp_path / "parts" / "000002").mkdir()
    assert [path.name for path in parts.done] == ["000000"]


def test_they_can_be_removed_twice(tmp_path):
    parts = Parts(tmp_path / "parts")
    add(parts, 0, 2)
    parts.remove()
    parts.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [FACTS, TABLE])
def test_a_part_that_is_damaged_is_named(tmp_path, name):
    parts = Parts(tmp_path / "parts")
    add(parts, 0, 2)
    (tmp_path / "parts" / "000000" / name).write_bytes(b"{")
    with pytest.raises(ReplayError, match=f"000000/{name}: cannot be read"):
        parts.table(), parts.facts()


def test_numbers_that_are_none_become_null(tmp_path):
    path = tmp_path / "deep" / "record.json"
    write_json(path, {"a": [float("nan"), 1.5], "b": {"c": float("-inf"), 4: (2, None)}, "d": tmp_path})
    assert json.loads(path.read_text()) == {"a": [None, 1.5], "b": {"c": None, "4": [2, None]}, "d": str(tmp_path)}
    assert read_json(path)["a"] == [None, 1.5]


@pytest.mark.parametrize(("text", "line"), [("[1]", "is no record"), ("{", "cannot be read"), (None, "cannot be read")])
def test_a_record_that_is_none_is_one_line(tmp_path, text, line):
    path = tmp_path / "record.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ReplayError, match=line) as caught:
        read_json(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
