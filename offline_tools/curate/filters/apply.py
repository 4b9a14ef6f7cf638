# SPDX-License-Identifier: Apache-2.0
"""Recipes on tables: ids, counts, or the rows that stay, without holding the table in memory."""

from __future__ import annotations

import os
from itertools import compress
from pathlib import Path

import polars as pl

from offline_tools.curate.filters.columns import Columns, Table, open_table, reading, refuse_empty
from offline_tools.curate.filters.recipe import Recipe, load_recipe
from offline_tools.curate.filters.yields import StageYield, Yields
from offline_tools.errors import DatasetError

AnyRecipe = str | Path | Recipe


def apply_recipe(recipe: AnyRecipe, table: Table) -> list[tuple[str, list[str]]]:
    """The ids that are left after each filter, in the table's order; a filter that leaves none is the last one."""
    chosen = _recipe(recipe)
    frame, columns = open_table(table)
    wanted = frame.select(columns.key("id").alias("id"), passed(chosen, columns).alias("passed"))
    with reading(columns.where):
        found = wanted.collect(engine="streaming")
    refuse_empty(len(found), columns.where)
    ids, counts = found["id"].to_list(), found["passed"].to_numpy()
    stages: list[tuple[str, list[str]]] = []
    for number, name in enumerate(chosen.names, start=1):
        stages.append((name, list(compress(ids, (counts >= number).tolist()))))
        if not stages[-1][1]:
            break
    return stages


def count_yields(recipe: AnyRecipe, table: Table) -> Yields:
    """How many photos each filter keeps, in one pass over the columns that are needed."""
    chosen = _recipe(recipe)
    frame, columns = open_table(table)
    masks = [f"alone_{place}" for place in range(len(chosen.filters))]
    rules = [keep.alias(mask) for keep, mask in zip(_keeps(chosen, columns), masks, strict=True)]
    chain = frame.select(rules).with_columns(_chain([pl.col(mask) for mask in masks]).alias("passed"))
    left = [(pl.col("passed") > place).sum().alias(f"kept_{place}") for place in range(len(masks))]
    with reading(columns.where):
        counts = chain.select(pl.len().alias("rows"), pl.col(masks).sum(), *left).collect(engine="streaming")
    rows, *numbers = (int(number) for number in counts.row(0))
    refuse_empty(rows, columns.where)
    alone, kept = numbers[: len(masks)], numbers[len(masks) :]
    stages = zip(chosen.names, [rows, *kept[:-1]], kept, alone, strict=True)
    return Yields(chosen.name, rows, tuple(StageYield(*stage) for stage in stages))


def sift(recipe: AnyRecipe, table: Table, out: Path) -> Yields:
    """Write the rows that stay as Parquet, whole or not at all, and count."""
    chosen = _recipe(recipe)
    yields = count_yields(chosen, table)
    frame, columns = open_table(table)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    kept = frame.filter(passed(chosen, columns) == len(chosen.filters))
    try:
        kept.sink_parquet(part)
        part.replace(out)
    except (pl.exceptions.PolarsError, OSError) as error:
        part.unlink(missing_ok=True)
        raise DatasetError(f"{out}: cannot be written: {' '.join(str(error).split())[:200]}") from error
    return yields


def passed(recipe: Recipe, columns: Columns) -> pl.Expr:
    """How many filters a row passes, from the first, until one refuses it."""
    return _chain(_keeps(recipe, columns))


def _keeps(recipe: Recipe, columns: Columns) -> list[pl.Expr]:
    """A row without an id cannot be asked for: no filter keeps it."""
    named = columns.key("id").is_not_null()
    return [named & rule.keeps(columns).fill_null(value=False) for rule in recipe.filters]


def _chain(keeps: list[pl.Expr]) -> pl.Expr:
    count = pl.lit(len(keeps), pl.UInt8)
    for place in range(len(keeps) - 1, -1, -1):
        count = pl.when(keeps[place]).then(count).otherwise(pl.lit(place, pl.UInt8))
    return count


def _recipe(recipe: AnyRecipe) -> Recipe:
    return recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
