# SPDX-License-Identifier: Apache-2.0
"""Parts of blocks that wait in one file until all of a map is read, so that memory holds one block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from mia_ros.arrays import Array
from offline_tools.osm.store.features import Features, join

_COLUMNS = tuple(field.name for field in fields(Features))


class _Column(NamedTuple):
    dtype: str
    shape: tuple[int, ...]


class _Part(NamedTuple):
    offset: int
    columns: tuple[_Column, ...]


class Spill:
    """Features by the key of their block."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("w+b")
        self._end = 0
        self._parts: dict[int, list[_Part]] = {}

    def add(self, key: int, features: Features) -> None:
        """Append a part of a block."""
        columns = []
        offset = self._end
        for name in _COLUMNS:
            column = getattr(features, name)
            self._end += self._file.write(np.ascontiguousarray(column).tobytes())
            columns.append(_Column(column.dtype.str, column.shape))
        self._parts.setdefault(key, []).append(_Part(offset, tuple(columns)))

    def keys(self) -> list[int]:
        """The blocks that have features."""
        return sorted(self._parts)

    def block(self, key: int) -> Features:
        """All of a block, in the order in which it was added."""
        return join([self._read(part) for part in self._parts[key]])

    def parts(self) -> Iterator[Features]:
        """Part after part, of all blocks."""
        for parts in self._parts.values():
            for part in parts:
                yield self._read(part)

    def close(self) -> None:
        self._file.close()

    def _read(self, part: _Part) -> Features:
        self._file.seek(part.offset)
        return Features(**{name: self._column(column) for name, column in zip(_COLUMNS, part.columns, strict=True)})

    def _column(self, column: _Column) -> Array:
        size = int(np.prod(column.shape, dtype=np.int64)) * np.dtype(column.dtype).itemsize
        return np.frombuffer(self._file.read(size), column.dtype).reshape(column.shape)
