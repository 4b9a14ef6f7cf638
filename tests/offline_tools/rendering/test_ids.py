# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from offline_tools.rendering.ids import IdSet

IDS = st.lists(st.one_of(st.integers(-(2**70), 2**70).map(str), st.sampled_from(["07", "7", "a", "-0", "0", "1e3"])))


def has(ids: IdSet, *asked: str) -> list[bool]:
    return ids.has(pl.Series(asked, dtype=pl.String)).tolist()


@given(IDS, IDS, IDS)
def test_is_a_set(first: list[str], second: list[str], asked: list[str]) -> None:
    ids = IdSet(first)
    ids.add(pl.Series(second, dtype=pl.String))
    assert has(ids, *asked) == [id_ in {*first, *second} for id_ in asked]
    assert len(ids) == len({*first, *second})


def test_numbers_written_in_two_ways_are_two_ids() -> None:
    assert has(IdSet(["7"]), "7", "07", "+7", "7.0", " 7") == [True, False, False, False, False]


def test_ids_of_files(tmp_path: Path) -> None:
    for name in ("7.npz", "b.npz", ".8.npz", "9.npy", ".10.npz.77.part"):
        (tmp_path / name).touch()
    ids = IdSet.of_files(tmp_path, ".npz")
    assert len(ids) == 2 and has(ids, "7", "b", "8", "9") == [True, True, False, False]
    assert len(IdSet.of_files(tmp_path / "nothing", ".npz")) == 0
