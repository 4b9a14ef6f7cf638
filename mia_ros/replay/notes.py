# SPDX-License-Identifier: Apache-2.0
"""Notes: what was noticed of a recording, for people."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """level: info, warn or error. line: what is wrong and what to do."""

    key: str
    level: str
    line: str


class NoteBook:
    """Each key once, in the order in which they came; what is said first holds."""

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}

    def info(self, key: str, line: str) -> None:
        """Worth knowing."""
        self._add(Note(key, "info", line))

    def warn(self, key: str, line: str) -> None:
        """Something is off."""
        self._add(Note(key, "warn", line))

    def error(self, key: str, line: str) -> None:
        """There are no maps because of it."""
        self._add(Note(key, "error", line))

    def all(self) -> list[Note]:
        """What was noticed."""
        return list(self._notes.values())

    def _add(self, note: Note) -> None:
        self._notes.setdefault(note.key, note)
