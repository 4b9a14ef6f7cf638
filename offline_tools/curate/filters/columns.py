# SPDX-License-Identifier: Apache-2.0
"""A table of image metadata and its columns: opened lazily, a column that is missing or of a wrong type refused.

Numbers may be text, and text may be empty: what is no finite number is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import polars as pl

from offline_tools.errors import DatasetError

Table: TypeAlias = str | Path | pl.DataFrame | pl.LazyFrame

_TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Null)


class Columns:
    """What filters read of a table, as expressions; `where` is what messages call the table."""

    def __init__(self, schema: pl.Schema, where: str) -> None:
        self.schema = schema
        self.where = where

    def number(self, name: str) -> pl.Expr:
        """As Float64; null where it is no finite number."""
        kind, column = self._kind(name), pl.col(name)
        if kind == pl.String:
            column = column.str.strip_chars()
        elif not (kind.is_numeric() or kind == pl.Null):
            raise DatasetError(f"{self.where}: column '{name}' is {kind}, want numbers or text of numbers")
        value = column.cast(pl.Float64, strict=False)
        return pl.when(value.is_finite()).then(value)

    def text(self, name: str) -> pl.Expr:
        """As String."""
        if self._kind(name) not in _TEXT:
            raise DatasetError(f"{self.where}: column '{name}' is {self.schema[name]}, want text")
        return pl.col(name).cast(pl.String)

    def key(self, name: str) -> pl.Expr:
        """As String, of text or whole numbers; floats have lost the last digits of an id."""
        if self._kind(name).is_integer():
            return pl.col(name).cast(pl.String)
        return self.text(name)

    def present(self, name: str) -> pl.Expr:
        """Whether there is a value, of any type."""
        column = pl.col(name)
        known = column.is_not_null()
        return known & column.is_not_nan() if self._kind(name).is_float() else known

    def has(self, name: str) -> bool:
        """Whether the column is there."""
        return name in self.schema

    def _kind(self, name: str) -> pl.DataType:
        if name not in self.schema:
            there = ", ".join(self.schema)[:200] or "no columns"
            raise DatasetError(f"{self.where}: no column '{name}'; it has {there}")
        return self.schema[name]


def open_table(table: Table) -> tuple[pl.LazyFrame, Columns]:
    """A Parquet file, a folder of them in the order of their names, or a frame."""
    if isinstance(table, (str, Path)):
        path = Path(table)
        with reading(str(path)):
            frame = pl.scan_parquet(_files(path), glob=False)
            return frame, Columns(frame.collect_schema(), str(path))
    if not isinstance(table, (pl.DataFrame, pl.LazyFrame)):
        raise DatasetError(f"table: a {type(table).__name__}: want a path of Parquet or a frame of polars")
    with reading("table"):
        frame = table.lazy()
        return frame, Columns(frame.collect_schema(), "table")


@contextmanager
def reading(where: str) -> Iterator[None]:
    """What a damaged table raises becomes one line."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        line = " ".join(str(error).split())[:200]
        raise DatasetError(f"{where}: cannot be read as a table in Parquet: {line}") from error


def refuse_empty(rows: int, where: str) -> None:
    """A table without rows is a mistake of an earlier step."""
    if rows == 0:
        raise DatasetError(f"{where}: the table has no rows; look at the step that made it")


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DatasetError(f"{path}: there is no such table")
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise DatasetError(f"{path}: the folder holds no .parquet")
    return files
