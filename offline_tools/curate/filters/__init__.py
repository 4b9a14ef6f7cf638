# SPDX-License-Identifier: Apache-2.0
"""Which photos stay: recipes of filters on image metadata, and what each filter leaves."""

from offline_tools.curate.filters.apply import apply_recipe, count_yields, passed, sift
from offline_tools.curate.filters.columns import Columns, Table, open_table
from offline_tools.curate.filters.recipe import Recipe, load_recipe, recipe_names
from offline_tools.curate.filters.yields import StageYield, Yields, add

__all__ = [
    "Columns",
    "Recipe",
    "StageYield",
    "Table",
    "Yields",
    "add",
    "apply_recipe",
    "count_yields",
    "load_recipe",
    "open_table",
    "passed",
    "recipe_names",
    "sift",
]
