# SPDX-License-Identifier: Apache-2.0
"""Units of work that ask a server for each of their items; a journal has what came until their table is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from offline_tools.curate.journal import Journal, Line
from offline_tools.curate.stages.crowd import each
from offline_tools.curate.web import WebError
from offline_tools.dataset.files import make_folder
from offline_tools.errors import DatasetError

#: Of a unit, this many and this share of its items may fail in a way that might pass and is not the item's fault.
_FEW, _FEW_OF_MANY = 10, 0.01
#: What tables say of an item for which there is no answer; the server's own words differ from time to time.
_WHY = {
    "gone": "deleted",
    "refused": "refused by the server",
    "expired": "its address runs out at once",
    "limit": "the server's limit",
    "server": "the server fails at it",
    "broken": "no whole answer comes",
}


class Unit(ABC):
    """`items` are rows with an id. The journal and the table lie side by side."""

    def __init__(self, number: int, items: pl.DataFrame, table: Any) -> None:
        self.number, self.items, self.table = number, items, table

    @abstractmethod
    def known(self) -> Mapping[str, Line]:
        """What need not be asked for, beyond what the journal knows."""

    @abstractmethod
    def finish(self, lines: Mapping[str, Line]) -> None:
        """Write the table, of a line for each item."""


Ask = Callable[[Mapping[str, Any]], Any]


@dataclass
class _Open:
    """A unit that is worked at; `failed` came to nothing in a way that might pass."""

    unit: Unit
    journal: Journal
    left: int
    failed: list[tuple[str, WebError]]

    def check(self) -> None:
        """Refuse to take for the items' fault what is the server's or the connection's."""
        items = len(self.unit.items)
        if self.failed and (len(self.failed) > _FEW + _FEW_OF_MANY * items or len(self.failed) == items):
            _, error = self.failed[-1]
            raise DatasetError(f"{error} ({len(self.failed)} of {items} requests of a unit failed; the others stay)")


class Fetching:
    """Works through units, in order, many items at a time."""

    def __init__(self, ask: Ask, in_flight: int, progress: Callable[[int], None]) -> None:
        self._ask, self._in_flight, self._progress = ask, in_flight, progress
        self._open: dict[int, _Open] = {}

    async def run(self, units: Iterator[Unit]) -> None:
        """All units that have no table yet."""
        try:
            await each(self._items(units), self._fetch, self._in_flight)
        finally:
            for opened in self._open.values():
                opened.journal.close()

    def _items(self, units: Iterator[Unit]) -> Iterator[tuple[_Open, Mapping[str, Any]]]:
        for unit in units:
            if unit.table.is_file():
                self._progress(len(unit.items))
                continue
            make_folder(unit.table.parent)
            opened = self._opened(unit)
            wanted = unit.items.filter(~pl.col("id").is_in(list(opened.journal.lines)))
            self._progress(len(unit.items) - len(wanted))
            opened.left = len(wanted)
            if not opened.left:
                self._finish(opened)
            for item in wanted.iter_rows(named=True):
                yield opened, item

    def _opened(self, unit: Unit) -> _Open:
        journal = Journal(unit.table.with_suffix(".jsonl"))
        for id_, line in unit.known().items():
            journal.lines.setdefault(id_, line)
        self._open[unit.number] = _Open(unit, journal, 0, [])
        return self._open[unit.number]

    async def _fetch(self, work: tuple[_Open, Mapping[str, Any]]) -> None:
        opened, item = work
        try:
            opened.journal.answer(item["id"], await self._ask(item))
        except WebError as error:
            if error.kind == "token":
                raise
            self._note(opened, item["id"], error)
        self._progress(1)
        opened.left -= 1
        if opened.left == 0:
            self._finish(opened)

    def _note(self, opened: _Open, id_: str, error: WebError) -> None:
        if error.kind == "gone":
            opened.journal.gone(id_, _WHY[error.kind])
            return
        opened.failed.append((id_, error))
        if len(opened.failed) > _FEW + _FEW_OF_MANY * len(opened.unit.items):
            opened.check()

    def _finish(self, opened: _Open) -> None:
        opened.check()
        for id_, error in opened.failed:
            opened.journal.gone(id_, _WHY[error.kind])
        opened.unit.finish(opened.journal.lines)
        opened.journal.remove()
        del self._open[opened.unit.number]
