# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.dataset import IMAGE, KINDS, SEMANTIC_MASK, VISIBILITY_MASK
from offline_tools.dataset.layout import checked_name, is_safe
from offline_tools.errors import DatasetError

WRITTEN = {
    IMAGE: "images/7_undistorted.jpg",
    SEMANTIC_MASK: "semantic_masks/7.npz",
    VISIBILITY_MASK: "flood_fill/7.npz",
}
READ = [
    (IMAGE, "images/7_undistorted.png"),
    (IMAGE, "images/7.jpg"),
    (SEMANTIC_MASK, "semantic_masks/7.npy"),
    (SEMANTIC_MASK, "semantic_masks/7.npz.npy"),
    (VISIBILITY_MASK, "flood_fill/7.npz.npy"),
    (VISIBILITY_MASK, "flood_fill/7.npy"),
    (VISIBILITY_MASK, "flood_masks/7.npz"),
    (VISIBILITY_MASK, "flood_masks/7.png"),
]


def touch(location: Path, *names: str) -> None:
    for name in names:
        path = location / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_where_a_file_is_written(kind, tmp_path: Path) -> None:
    assert kind.path(tmp_path, "7") == tmp_path / WRITTEN[kind]


@pytest.mark.parametrize(("kind", "name"), [*WRITTEN.items(), *READ])
def test_every_published_name_is_found(kind, name: str, tmp_path: Path) -> None:
    touch(tmp_path, name)
    ((id_, variant),) = kind.scan(tmp_path).items()
    assert id_ == "7" and kind.path(tmp_path, id_, variant) == tmp_path / name


def test_of_several_files_the_one_that_we_write_counts(tmp_path: Path) -> None:
    touch(tmp_path, *(name for kind, name in READ if kind is VISIBILITY_MASK), WRITTEN[VISIBILITY_MASK])
    assert VISIBILITY_MASK.scan(tmp_path) == {"7": 0}


def test_parts_and_other_files_are_no_samples(tmp_path: Path) -> None:
    touch(tmp_path, "semantic_masks/.7.npz.99.part", "semantic_masks/.8.npz", "semantic_masks/notes.txt")
    touch(tmp_path, "semantic_masks/.npz")
    assert SEMANTIC_MASK.scan(tmp_path) == {}


@given(st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}", fullmatch=True))
def test_the_id_comes_back_from_every_file_that_is_written(id_: str) -> None:
    assert is_safe(id_)
    for kind in KINDS:
        name = kind.path(Path(), id_).name
        suffix = kind._suffix_of(name)
        assert suffix == (kind.suffixes[0], 0) and name.removesuffix(suffix[0]) == id_


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", ".hidden", "a b", "a\n", "\0", "é", "x" * 121, "../../etc"]
)
def test_names_that_are_no_plain_file_names_are_refused(name: str) -> None:
    with pytest.raises(DatasetError, match=re.escape(f"sample {name[:80]!r}: want 1 to 120 letters")):
        checked_name(name, "sample")


def test_a_number_is_a_name() -> None:
    assert checked_name(1234567890123456, "sample") == "1234567890123456"
