# SPDX-License-Identifier: Apache-2.0
"""TornSqlite: what SQLite still gives of a .db3 file that was cut off or is damaged."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rosbags.interfaces import Connection, ConnectionExtRosbag2

from mia_ros.bag.source import definition, types_of
from mia_ros.errors import BagError


def has_journal(path: Path) -> bool:
    """Whether rows may be in a journal beside the file."""
    return path.with_name(f"{path.name}-wal").exists()


class TornSqlite:
    """A Source. Rows are read in the order in which they were written, without the indices, which may be gone."""

    is2 = True

    def __init__(self, path: Path) -> None:
        self.path = path
        # What a recorder that was killed left in a journal is read too; otherwise nothing beside the file is touched.
        self._rows = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro{'' if has_journal(path) else '&immutable=1'}",
            uri=True,
            check_same_thread=False,
        )
        try:
            # Otherwise a file that is shorter than its head says is refused as a whole.
            self._rows.execute("PRAGMA writable_schema = ON")
            self.start_time, self.end_time, counts = self._surveyed()
            self.connections = self._topics(counts)
            self.typestore = types_of(self.connections)
        except sqlite3.Error as error:
            self._rows.close()
            raise BagError(f"{path}: SQLite gives nothing of it: {error}") from error
        except BaseException:
            self._rows.close()
            raise

    def messages(
        self, connections: Collection[Connection] = (), start: int | None = None, stop: int | None = None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        """As far as they can be read."""
        wanted = {each.id: each for each in connections or self.connections}
        low, high = start or 0, 2**63 - 1 if stop is None else stop
        try:
            for topic, time, data in self._rows.execute(
                "SELECT topic_id, timestamp, data FROM messages NOT INDEXED ORDER BY rowid"
            ):
                if topic in wanted and isinstance(time, int) and low <= time < high and isinstance(data, bytes):
                    yield wanted[topic], time, data
        except sqlite3.Error:
            return

    def deserialize(self, rawdata: bytes, typ: str) -> Any:
        """A message of its bytes."""
        return self.typestore.deserialize_cdr(rawdata, typ)

    def close(self) -> None:
        """Let the file go."""
        self._rows.close()

    def _surveyed(self) -> tuple[int, int, Counter[int]]:
        """Times of the first message and past the last, and how many there are by topic."""
        first, last, counts = 2**63 - 1, 0, Counter[int]()
        rows = self._rows.execute("SELECT topic_id, timestamp FROM messages NOT INDEXED ORDER BY rowid")
        try:
            for topic, time in rows:
                if isinstance(time, int):  # of a damaged row it may be anything
                    counts[topic] += 1
                    first, last = min(first, time), max(last, time + 1)
        except sqlite3.DatabaseError:
            pass  # so far it goes
        return first, last, counts

    def _topics(self, counts: Counter[int]) -> list[Connection]:
        definitions = self._definitions()
        return [
            Connection(
                number,
                name,
                kind,
                definition(*definitions.get(kind, ("", ""))),
                "",
                counts[number],
                ConnectionExtRosbag2("cdr", []),
                self,
            )
            for number, name, kind in self._rows.execute("SELECT id, name, type FROM topics").fetchall()
        ]

    def _definitions(self) -> dict[str, tuple[str, str]]:
        """Formats and texts by type; older recordings have none."""
        query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
        try:
            return {kind: (encoding, text) for kind, encoding, text in self._rows.execute(query)}
        except sqlite3.Error:
            return {}
