# SPDX-License-Identifier: Apache-2.0
"""What is known of each photo: one request for each point."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from offline_tools.curate.filters.columns import reading
from offline_tools.curate.journal import ANSWER, GONE, Line, read_journal
from offline_tools.curate.paths import Paths
from offline_tools.curate.services.flatten import flatten
from offline_tools.curate.stages.connection import asked, mapillary
from offline_tools.curate.stages.fetching import Fetching, Unit
from offline_tools.curate.stages.stage import At, Outcome, Stage, begin_units
from offline_tools.curate.stages.tables import gather, scan
from offline_tools.curate.tables import METADATA, Schema, empty, write_table
from offline_tools.dataset.files import make_folder
from offline_tools.errors import DatasetError

#: Of a unit: as METADATA, and why a photo is not there any more.
_ROWS: Schema = {**METADATA, GONE: pl.String}


class Metadata(Stage):
    """A unit is some thousand points, in their order. Answers about other points are used where they are asked for."""

    name = "metadata"
    unit = "photos"
    after = ("tiles",)
    has_units = True

    def settings(self, at: At) -> Any:
        return at.config.units.metadata

    def outputs(self, paths: Paths) -> list[Path]:
        return [paths.metadata]

    def work(self, at: At) -> Outcome:
        with reading(str(at.paths.points)):
            ids = pl.read_parquet(at.paths.points, columns=["id"])
        folder = begin_units(at.paths.units(self.name), at.key, _set_aside)
        size = at.config.units.metadata
        tables = [folder / f"{number:06d}.parquet" for number in range(-(-len(ids) // size))]
        asked(self._fetch(at, ids, folder, tables))
        there = gather(tables, METADATA, at.paths.metadata, pl.col(GONE).is_null())
        if not there:
            raise DatasetError(f"{at.location.name}: none of {len(ids)} photos is there any more")
        for path in _before(folder).glob("*"):
            path.unlink()
        return Outcome(len(tables), there, {"asked": len(ids), "there": there, "gone": self._gone(tables)})

    async def _fetch(self, at: At, ids: pl.DataFrame, folder: Path, tables: list[Path]) -> None:
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            done += more
            at.report(self, done, len(ids))

        earlier = _Earlier(_before(folder))
        size = at.config.units.metadata
        units = (_Points(number, ids.slice(number * size, size), table, earlier) for number, table in enumerate(tables))
        if all(table.is_file() for table in tables):
            return
        async with mapillary(at.config) as server:

            async def ask(item: Mapping[str, Any]) -> dict[str, Any]:
                return {**await server.image(item["id"]), "id": item["id"]}

            await Fetching(ask, at.config.services.in_flight, progress).run(units)

    def _gone(self, tables: list[Path]) -> dict[str, int]:
        gone = scan(tables).select(GONE).drop_nulls().group_by(GONE).len().sort(GONE).collect()
        return dict(gone.rows())


class _Earlier:
    """Answers about the points of another area, or of other units; only the ids are held in memory."""

    def __init__(self, folder: Path) -> None:
        self._tables = sorted(folder.glob("*.parquet"))
        parts = [pl.read_parquet(path, columns=["id"]) for path in self._tables]
        numbered = [part.with_columns(table=pl.lit(number, pl.UInt32)) for number, part in enumerate(parts)]
        self._where = pl.concat(numbered).unique("id", keep="first") if numbered else None
        self.lines: dict[str, Line] = {}
        for path in sorted(folder.glob("*.jsonl")):
            self.lines.update(read_journal(path)[0])

    def rows(self, ids: pl.Series) -> pl.DataFrame:
        """Of those that are known."""
        if self._where is None:
            return empty(_ROWS)
        wanted = self._where.filter(pl.col("id").is_in(ids.implode()))
        tables = [self._tables[number] for number in wanted["table"].unique().sort()]
        if not tables:
            return empty(_ROWS)
        known = scan(tables).filter(pl.col("id").is_in(ids.implode())).collect()
        return known.unique("id", keep="first", maintain_order=True)


class _Points(Unit):
    def __init__(self, number: int, items: pl.DataFrame, table: Path, earlier: _Earlier) -> None:
        super().__init__(number, items, table)
        self._earlier = earlier
        self._rows = empty(_ROWS)

    def known(self) -> Mapping[str, Line]:
        self._rows = self._earlier.rows(self.items["id"])
        known: dict[str, Line] = {id_: {} for id_ in self._rows["id"]}
        return known | {id_: self._earlier.lines[id_] for id_ in self.items["id"] if id_ in self._earlier.lines}

    def finish(self, lines: Mapping[str, Line]) -> None:
        answers = flatten(line[ANSWER] for line in lines.values() if ANSWER in line)
        lost = [{"id": id_, GONE: line[GONE]} for id_, line in lines.items() if GONE in line]
        gone = pl.DataFrame(lost, schema={"id": pl.String, GONE: pl.String})
        found = pl.concat([answers, gone, self._rows], how="diagonal")
        rows = self.items.select("id").join(
            found.unique("id", keep="first", maintain_order=True), "id", "left", maintain_order="left"
        )
        write_table(self.table, rows.select(list(_ROWS)))


def _before(folder: Path) -> Path:
    return folder / "before"


def _set_aside(folder: Path) -> None:
    """Answers about other points stay until all is done; names of two earlier runs do not meet."""
    aside = make_folder(_before(folder))
    count = sum(1 for _ in aside.iterdir())
    for number, path in enumerate([*sorted(folder.glob("*.parquet")), *sorted(folder.glob("*.jsonl"))], start=count):
        path.replace(aside / f"{number:06d}{path.suffix}")
