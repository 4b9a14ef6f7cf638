# SPDX-License-Identifier: Apache-2.0
"""Tables of units -> one table, without holding it in memory, and the same each time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.tables import Schema
from offline_tools.errors import DatasetError

_GROUP = 100_000  # rows that are written together; a fixed number, so that equal tables give equal files


def scan(tables: Sequence[Path]) -> pl.LazyFrame:
    """Their rows, in the order of the tables."""
    with reading(str(tables[0].parent)):
        return pl.scan_parquet(list(tables), glob=False)


def gather(tables: Sequence[Path], schema: Schema, out: Path, keep: pl.Expr | None = None) -> int:
    """Write the rows of all, or those to keep; how many there are."""
    rows = scan(tables) if keep is None else scan(tables).filter(keep)
    with _whole(out) as part:
        rows.select(list(schema)).sink_parquet(
            part, compression="zstd", compression_level=3, row_group_size=_GROUP, maintain_order=True
        )
    with reading(str(out)):
        return int(pl.scan_parquet(out, glob=False).select(pl.len()).collect().item())


def write_large(out: Path, frame: pl.DataFrame) -> None:
    """A table that fills the memory already; its file does not have to fit beside it."""
    with _whole(out) as part:
        frame.write_parquet(part, compression="zstd", compression_level=3, row_group_size=_GROUP)


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A file that becomes OUT when it is whole."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(out)
    except (pl.exceptions.PolarsError, OSError) as error:
        part.unlink(missing_ok=True)
        told = " ".join(str(error).split())[:200]
        raise DatasetError(f"{out}: cannot be written: {told}") from error
