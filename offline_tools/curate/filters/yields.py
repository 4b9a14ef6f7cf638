# SPDX-License-Identifier: Apache-2.0
"""What each filter leaves: the numbers of a run, of a part of it, and their table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from offline_tools.errors import DatasetError


@dataclass(frozen=True)
class StageYield:
    """Photos that came to a filter, that it kept, and that it would keep of all if it were the only one."""

    name: str
    before: int
    kept: int
    alone: int


@dataclass(frozen=True)
class Yields:
    """One recipe on `rows` photos."""

    recipe: str
    rows: int
    stages: tuple[StageYield, ...]

    @property
    def kept(self) -> int:
        """Photos that all filters keep."""
        return self.stages[-1].kept

    def markdown(self) -> str:
        """A table, one row a filter: counts and shares."""
        head = (
            f"| {self.recipe} | photos before | kept | of those before | of all | alone, of all |\n"
            "|---|---:|---:|---:|---:|---:|"
        )
        rows = [
            f"| {stage.name} | {stage.before:,} | {stage.kept:,} | {_share(stage.kept, stage.before)} "
            f"| {_share(stage.kept, self.rows)} | {_share(stage.alone, self.rows)} |"
            for stage in self.stages
        ]
        return "\n".join([head, *rows]) + "\n"


def add(parts: Iterable[Yields]) -> Yields:
    """The yields of all parts of a run, tiles or chunks, together."""
    parts = list(parts)
    if len({(part.recipe, tuple(stage.name for stage in part.stages)) for part in parts}) != 1:
        raise DatasetError("yields: want those of one recipe, at least one part")
    stages = zip(*(part.stages for part in parts), strict=True)
    return Yields(parts[0].recipe, sum(part.rows for part in parts), tuple(_sum(stage) for stage in stages))


def _sum(parts: tuple[StageYield, ...]) -> StageYield:
    return StageYield(
        parts[0].name,
        sum(part.before for part in parts),
        sum(part.kept for part in parts),
        sum(part.alone for part in parts),
    )


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "-"
