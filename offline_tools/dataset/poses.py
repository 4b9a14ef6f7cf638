# SPDX-License-Identifier: Apache-2.0
"""A table of poses, CSV or Parquet, in windows: millions of rows are never in memory at once.

A row that is wrong is kept, with what is wrong in `problem`; a table without a column that is needed is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl

from offline_tools.dataset.layout import SAFE_NAME
from offline_tools.errors import DatasetError

WINDOW = 50_000  # rows
NO_ID, UNSAFE_ID = "no id", "id is no safe file name"

#: Names of each column, the first that is there counts; the last ones are of Mapillary's metadata.
COLUMNS = {
    "id": ("id",),
    "lat": ("lat", "latitude", "computed_geometry.lat"),
    "lon": ("lon", "longitude", "computed_geometry.long"),
    "heading": ("heading", "heading_deg", "computed_compass_angle"),
}
_LIMITS = {"lat": 90, "lon": 180, "heading": 360}
_EXACT = 2**53  # up to here, floats are exact whole numbers


class PoseTable:
    """`rows` is how many rows there are; of a CSV it is an estimate, from its lines."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._is_csv = self.path.suffix.lower() in {".csv", ".txt"}
        if not self._is_csv and self.path.suffix.lower() not in {".parquet", ".pq"}:
            raise DatasetError(f"poses {self.path}: want a table that ends in .csv or .parquet")
        try:
            self._columns = self._found_columns()
            self.rows = max(_lines(self.path) - 1, 0) if self._is_csv else self._parquet_rows()
        except OSError as error:
            raise DatasetError(f"poses {self.path}: cannot be read: {error.strerror or _line(error)}") from error
        except (pl.exceptions.PolarsError, csv.Error) as error:
            raise DatasetError(f"poses {self.path}: damaged or of another kind: {_line(error)}") from error

    def windows(self, size: int = WINDOW) -> Iterator[pl.DataFrame]:
        """Columns row (1 is the first below the header), id, lat, lon, heading, and problem (null: none)."""
        first = 1
        for raw in self._csv_windows(size) if self._is_csv else self._parquet_windows(size):
            rows = pl.Series("row", range(first, first + len(raw)), dtype=pl.Int64)
            yield _checked(raw.select(rows, *raw.columns))
            first += len(raw)

    def _found_columns(self) -> dict[str, str]:
        names = self._header() if self._is_csv else list(self._scan().collect_schema())
        found = {}
        for column, choices in COLUMNS.items():
            chosen = next((choice for choice in choices if choice in names), None)
            if chosen is None:
                there = ", ".join(names)[:200] or "no columns"
                raise DatasetError(f"poses {self.path}: no column '{' or '.join(choices)}'; it has {there}")
            found[column] = chosen
        return found

    def _header(self) -> list[str]:
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            return [name.strip() for name in next(csv.reader(stream), [])]

    def _csv_windows(self, size: int) -> Iterator[pl.DataFrame]:
        places = [self._header().index(name) for name in self._columns.values()]
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = _rows(stream, places)
            next(rows, None)
            while chunk := list(islice(rows, size)):
                schema = dict.fromkeys(self._columns, pl.String)
                yield pl.DataFrame(chunk, schema=schema, orient="row").with_columns(
                    pl.all().str.strip_chars().replace("", None)
                )

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path, glob=False)

    def _parquet_rows(self) -> int:
        schema = self._scan().collect_schema()
        for name in self._columns.values():
            if not (schema[name].is_numeric() or schema[name] == pl.String):
                raise DatasetError(f"poses {self.path}: column '{name}' is {schema[name]}, want numbers or text")
        return int(self._scan().select(pl.len()).collect().item())

    def _parquet_windows(self, size: int) -> Iterator[pl.DataFrame]:
        for first in range(0, self.rows, size):
            yield self._parquet_window(first, size)

    def _parquet_window(self, first: int, size: int) -> pl.DataFrame:
        chosen = [pl.col(name).alias(column) for column, name in self._columns.items()]
        try:
            return self._scan().select(chosen).slice(first, size).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DatasetError(f"poses {self.path}: damaged near row {first + 1}: {_line(error)}") from error


def _rows(stream: Iterator[str], places: list[int]) -> Iterator[list[str | None]]:
    """The cells at some places of each row; None where a row is too short. Blank lines are no rows."""
    reader = csv.reader(stream)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell too long to be one: a row without any
            row = [""]
        if row:
            yield [row[place] if place < len(row) else None for place in places]


def _checked(raw: pl.DataFrame) -> pl.DataFrame:
    numbers = {name: pl.col(name).cast(pl.Float64, strict=False) for name in _LIMITS}
    id_ = _id_text(raw["id"])
    problem = pl.when(id_.is_null()).then(pl.lit(NO_ID)).when(~id_.str.contains(SAFE_NAME)).then(pl.lit(UNSAFE_ID))
    for name, limit in _LIMITS.items():
        value = numbers[name]
        problem = (
            problem.when(pl.col(name).is_null())
            .then(pl.lit(f"no {name}"))
            .when(value.is_null() | ~value.is_finite())
            .then(pl.lit(f"{name} is no number"))
            .when(value.abs() > limit)
            .then(pl.lit(f"{name} is outside -{limit} to {limit} degrees"))
        )
    checked = problem.otherwise(pl.lit(None, pl.String)).alias("problem")
    return raw.select("row", id_.alias("id"), *numbers.values(), checked)


def _id_text(ids: pl.Series) -> pl.Expr:
    """Ids as text; whole numbers that pandas has made floats become whole again."""
    column = pl.col("id")
    if ids.dtype.is_float():
        whole = column.is_finite() & (column == column.floor()) & (column.abs() <= _EXACT)
        return pl.when(whole).then(column.cast(pl.Int64, strict=False)).otherwise(None).cast(pl.String)
    return column.cast(pl.String)


def _lines(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
