# SPDX-License-Identifier: Apache-2.0
"""Photos -> pinhole pictures, unit by unit, wherever the executor has them done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.paths import Paths
from offline_tools.curate.stages.photos import file_of
from offline_tools.curate.stages.stage import At, Outcome, Stage, begin_units, remove_tables
from offline_tools.curate.stages.tables import scan
from offline_tools.errors import DatasetError

if TYPE_CHECKING:
    from offline_tools.curate.product.undistorting import UndistortUnit


class Undistortion(Stage):
    """A unit is the photos of a unit of downloads."""

    name = "undistortion"
    unit = "photos"
    after = ("keyframes", "photos")
    has_units = True

    def settings(self, at: At) -> Any:
        return [at.config.units.photos, at.config.undistortion.model_dump()]

    def outputs(self, _paths: Paths) -> list[Path]:
        return []

    def work(self, at: At) -> Outcome:
        from offline_tools.curate.product.undistorting import undistort_unit

        begin_units(at.paths.units(self.name), at.key, remove_tables)
        units = _units(at)
        photos, missing = sum(unit.count for unit in units), [unit for unit in units if not unit.table.is_file()]
        done = photos - sum(unit.count for unit in missing)
        at.report(self, done, photos)
        for unit, _ in at.job.executor.run(undistort_unit, missing):
            done += unit.count
            at.report(self, done, photos)
            _let_go(at, [unit])
        _let_go(at, units)
        counts = _counted([unit.table for unit in units])
        if not counts["pictures"]:
            why = ", ".join(f"{count} x {problem}" for problem, count in list(counts["problems"].items())[:3])
            raise DatasetError(f"{at.location.name}: none of {photos} photos became a picture: {why}")
        return Outcome(len(units), counts["pictures"], counts)


def _units(at: At) -> list[UndistortUnit]:
    from offline_tools.curate.product.undistorting import UndistortUnit

    paths, size = at.paths, at.config.units.photos
    with reading(str(paths.keyframes)):
        rows = int(pl.scan_parquet(paths.keyframes, glob=False).select(pl.len()).collect().item())
    return [
        UndistortUnit(
            rows=paths.keyframes.absolute(),
            first=first,
            count=min(size, rows - first),
            photos=paths.photos.absolute(),
            out=paths.out.absolute(),
            location=paths.name,
            table=paths.units("undistortion").absolute() / f"{number:06d}.parquet",
            size=at.config.undistortion.size,
            cut_panoramas=at.config.undistortion.cut_panoramas,
        )
        for number, first in enumerate(range(0, rows, size))
    ]


def _let_go(at: At, units: Iterable[UndistortUnit]) -> None:
    """Remove photos that became pictures, where they are not to be kept."""
    if at.config.keep_photos:
        return
    for unit in units:
        for id_ in scan([unit.table]).select("id").collect()["id"]:
            file_of(unit.photos, id_).unlink(missing_ok=True)


def _counted(tables: list[Path]) -> dict[str, Any]:
    problems = scan(tables).select("problem").collect()["problem"]
    why = problems.drop_nulls().value_counts().sort(["count", "problem"], descending=[True, False])
    return {"pictures": problems.null_count(), "problems": dict(why.head(20).rows())}
