# SPDX-License-Identifier: Apache-2.0
"""A set of ids that takes eight bytes for each whole number, for tables of millions of poses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from mia_ros.arrays import BoolArray
from offline_tools.osm.elements import Int64Array

_BATCH = 100_000


class IdSet:
    """Ids as text; other text than whole numbers takes as much as Python strings do."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._numbers: Int64Array = np.zeros(0, np.int64)
        self._texts: set[str] = set()
        self.add(pl.Series(list(ids), dtype=pl.String))

    @classmethod
    def of_files(cls, folder: Path, suffix: str) -> IdSet:
        """What stands before `suffix` in the names of a folder's files; none where there is no folder."""
        ids = cls()
        if folder.is_dir():
            with os.scandir(folder) as entries:
                names = (entry.name for entry in entries if entry.name.endswith(suffix) and entry.name[0] != ".")
                while batch := [name.removesuffix(suffix) for name in islice(names, _BATCH)]:
                    ids.add(pl.Series(batch, dtype=pl.String))
        return ids

    def __len__(self) -> int:
        return len(self._numbers) + len(self._texts)

    def has(self, ids: pl.Series) -> BoolArray:
        """Which of them are in the set."""
        numbers, is_number = _numbers(ids)
        found = np.zeros(len(ids), bool)
        place = np.searchsorted(self._numbers, numbers[is_number])
        padded = np.append(self._numbers, 0)
        found[is_number] = (place < len(self._numbers)) & (padded[place] == numbers[is_number])
        found[~is_number] = [text in self._texts for text in ids.filter(pl.Series(~is_number)).to_list()]
        return found

    def add(self, ids: pl.Series) -> None:
        """Put them in."""
        fresh = ids.filter(pl.Series(~self.has(ids), dtype=pl.Boolean)).unique()
        numbers, is_number = _numbers(fresh)
        new = np.sort(numbers[is_number])
        self._numbers = np.insert(self._numbers, np.searchsorted(self._numbers, new), new)
        self._texts.update(fresh.filter(pl.Series(~is_number, dtype=pl.Boolean)).to_list())


def _numbers(ids: pl.Series) -> tuple[Int64Array, BoolArray]:
    """As numbers, and where they are numbers in the one way to write them ("7", not "07")."""
    numbers = ids.cast(pl.Int64, strict=False)
    is_number = (numbers.cast(pl.String) == ids).fill_null(value=False)
    return numbers.fill_null(0).to_numpy(), is_number.to_numpy()
