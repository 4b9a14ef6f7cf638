# SPDX-License-Identifier: Apache-2.0
"""What is left of a damaged recording, and a line that says what is not."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from mia_ros.bag.messages import typestore
from mia_ros.bag.source import Source
from mia_ros.bag.torn_mcap import TornMcap, lacks_index
from mia_ros.bag.torn_sqlite import TornSqlite, has_journal
from mia_ros.errors import BagError

_TORN: dict[str, type[TornMcap | TornSqlite]] = {".mcap": TornMcap, ".db3": TornSqlite}


def salvage(path: Path, reason: str) -> tuple[Source, str]:
    """What can be read of a bag that could not be opened for that reason, and what is wrong with it, in one line.

    Raises a BagError with the reason where nothing can.
    """
    files = [path] if path.is_file() else storage_files(path)
    opened = [_opened(file) for file in files]
    sources = [source for source, _ in opened if source is not None]
    if not sources:
        raise BagError(reason)
    lines = [line for _, line in opened if line] or [f"{path}: its metadata.yaml is missing or damaged"]
    joined = sources[0] if len(sources) == 1 else _Joined(sources)
    return joined, f"{'; '.join(lines)}; {_extent(joined)}"


def hides_something(path: Path) -> bool:
    """Whether a bag can be opened that then would not give all its messages: rows in a journal, or no index."""
    files = [path] if path.is_file() else storage_files(path)
    return any(has_journal(file) or lacks_index(file) for file in files)


def storage_files(folder: Path) -> list[Path]:
    """The files of a rosbag2 folder that hold messages, in the order of their numbers."""
    return sorted((each for each in folder.iterdir() if each.suffix in _TORN), key=_by_number)


def _by_number(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def _opened(file: Path) -> tuple[Source | None, str]:
    """A file as it is, or what is left of it; and what is wrong with it."""
    if has_journal(file) or lacks_index(file):  # rosbags reads no journals, and without an index only what is in order
        return _torn(file)
    try:
        whole = AnyReader([file], default_typestore=typestore())
        whole.open()
    except Exception:  # noqa: BLE001 - a damaged file makes the parsers fail in any way there is
        return _torn(file)
    return whole, ""


def _torn(file: Path) -> tuple[Source | None, str]:
    kind = _TORN.get(file.suffix)
    if kind is None:
        return None, ""
    try:
        torn = kind(file)
    except Exception as error:  # noqa: BLE001 - as above
        return None, f"{file}: cannot be read: {' '.join(str(error).split())}"
    where = f", at byte {torn.end} of {file.stat().st_size}" if isinstance(torn, TornMcap) else ""
    what = "its index is missing" if isinstance(torn, TornMcap) and torn.complete else f"it was cut off{where}"
    return torn, f"{file}: {what}"


def _extent(source: Source) -> str:
    """How much there is."""
    messages = sum(each.msgcount for each in source.connections)
    seconds = max(0, source.end_time - source.start_time) * 1e-9 if messages else 0.0
    return f"{messages} messages of {seconds:.1f} s can be read"


class _Joined:
    """Several files as one Source."""

    is2 = True

    def __init__(self, sources: list[Source]) -> None:
        self._sources = sources
        self.connections = [each for source in sources for each in source.connections]
        self.typestore = sources[0].typestore

    @property
    def start_time(self) -> int:
        return min(each.start_time for each in self._sources)

    @property
    def end_time(self) -> int:
        return max(each.end_time for each in self._sources)

    def messages(
        self, connections: Collection[Connection] = (), start: int | None = None, stop: int | None = None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        wanted = {id(each) for each in connections or self.connections}
        chosen = [[each for each in source.connections if id(each) in wanted] for source in self._sources]
        streams = [s.messages(each, start, stop) for s, each in zip(self._sources, chosen, strict=True) if each]
        yield from heapq.merge(*streams, key=lambda entry: entry[1])

    def deserialize(self, rawdata: bytes, typ: str) -> Any:
        source = next((each for each in self._sources if typ in each.typestore.types), self._sources[0])
        return source.deserialize(rawdata, typ)

    def close(self) -> None:
        for each in self._sources:
            each.close()
