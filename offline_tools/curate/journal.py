# SPDX-License-Identifier: Apache-2.0
"""Answers of servers, a line for each as it comes, so that a killed job asks for nothing twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offline_tools.errors import DatasetError

ID, ANSWER, GONE = "id", "answer", "gone"

#: What is known of an id: {"answer": {...}} or {"gone": "why"}.
Line = Mapping[str, Any]


class Journal:
    """Of one unit of work. `lines` is what an earlier job has written, and grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines, whole = read_journal(path)
        try:
            self._stream = path.open("ab", buffering=0)
            self._stream.truncate(whole)
        except OSError as error:
            raise self._unwritable(error) from error

    def answer(self, id_: str, answer: Mapping[str, Any]) -> None:
        """An answer came."""
        self._add(id_, {ANSWER: answer})

    def gone(self, id_: str, why: str) -> None:
        """It is known that none will."""
        self._add(id_, {GONE: why})

    def close(self) -> None:
        """Give the file free; it stays."""
        self._stream.close()

    def remove(self) -> None:
        """When all that it says stands elsewhere."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _add(self, id_: str, line: Line) -> None:
        try:
            text = f"{json.dumps({ID: id_, **line})}\n".encode()
            while text:  # a disk that is almost full takes a part, which the next job drops
                text = text[self._stream.write(text) :]
        except OSError as error:
            raise self._unwritable(error) from error
        self.lines[id_] = line

    def _unwritable(self, error: OSError) -> DatasetError:
        return DatasetError(f"{self._path}: cannot be written: {error.strerror}")


def read_journal(path: Path) -> tuple[dict[str, Line], int]:
    """What stands in its whole lines, and the bytes that these take; nothing where there is no journal."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}, 0
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error
    whole = data.rfind(b"\n") + 1  # what follows was cut while it was written
    lines: dict[str, Line] = {}
    for text in data[:whole].splitlines():
        line = _parsed(text)
        if line is not None:
            lines[str(line.pop(ID))] = line
    return lines, whole


def _parsed(text: bytes) -> dict[str, Any] | None:
    """None for a line that is none of ours: what it was about is asked for again."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or not isinstance(line.get(ID), str):
        return None
    known = isinstance(line.get(ANSWER), dict) or isinstance(line.get(GONE), str)
    return line if known else None
