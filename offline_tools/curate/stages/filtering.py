# SPDX-License-Identifier: Apache-2.0
"""Which photos stay: the recipe, and what each of its filters leaves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from offline_tools.curate.filters import Yields, load_recipe, sift
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.stage import At, Outcome, Stage
from offline_tools.errors import DatasetError


class Filters(Stage):
    """In one pass."""

    name = "filters"
    unit = "photos"
    after = ("metadata",)

    def settings(self, at: At) -> Any:
        return load_recipe(at.config.recipe).model_dump(mode="json", exclude={"description"})

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.filtered]

    def work(self, at: At) -> Outcome:
        yields = sift(load_recipe(at.config.recipe), at.paths.metadata, at.paths.filtered)
        at.report(self, yields.rows, yields.rows)
        if not yields.kept:
            raise DatasetError(f"{at.location.name}: {_nothing_left(yields)}")
        return Outcome(1, yields.kept, asdict(yields))


def _nothing_left(yields: Yields) -> str:
    last = next(stage for stage in yields.stages if not stage.kept)
    return (
        f"the recipe '{yields.recipe}' keeps none of {yields.rows} photos: {last.name} takes the last {last.before} "
        f"(alone it keeps {last.alone}); take another recipe"
    )
