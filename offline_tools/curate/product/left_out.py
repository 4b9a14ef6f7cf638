# SPDX-License-Identifier: Apache-2.0
"""Why photos that were wanted did not become samples, counted."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from offline_tools.curate.product.undistorting import NOT_THERE

NO_PICTURE, NO_MAP = "no picture was made", "no map was drawn"
_LONGEST = 160


def reasons(
    keyframes: pl.DataFrame,
    views: pl.DataFrame,
    maps: pl.DataFrame,
    samples: pl.Series,
    fetched: pl.DataFrame | None = None,
) -> dict[str, int]:
    """How often, the most frequent first; of a photo that is cut into views, each of them counts.

    samples: ids of the views that became one. fetched: why photos have no file, where it is known.
    """
    lost = views.filter(~pl.col("view_id").is_in(samples.implode()))
    told = lost.join(maps.select("view_id", undrawn="problem"), "view_id", "left")
    if fetched is not None:
        told = told.join(fetched.select("id", unfetched="problem").unique("id"), "id", "left").with_columns(
            problem=pl.when(pl.col("problem") == NOT_THERE)
            .then(pl.coalesce("unfetched", "problem"))
            .otherwise("problem")
        )
    problems = told.select(pl.coalesce("problem", "undrawn", pl.lit(NO_MAP))).to_series()
    counts = Counter(kind_of(text) for text in problems.to_list())
    silent = len(keyframes.filter(~pl.col("id").is_in(views["id"].implode())))
    counts.update({NO_PICTURE: silent} if silent else {})
    return by_count(counts)


def kind_of(problem: str) -> str:
    """A problem without its numbers and quotations, so that those of many photos are counted together."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", "...", " ".join(problem.split()))
    return re.sub(r"\d+(\.\d+)?", "N", plain)[:_LONGEST]


def by_count(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first, and as many in the order of their names."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
