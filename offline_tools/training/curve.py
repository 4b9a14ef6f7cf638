# SPDX-License-Identifier: Apache-2.0
"""A curve on disk: one JSON line a step, which a run that goes on cuts back to where it goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offline_tools.errors import TrainingError


class Curve:
    """Lines {"step": N, ...} in the order of their steps."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """One line more; NaN becomes null, which JSON has."""
        line = json.dumps({"step": step, **{key: _plain(value) for key, value in values.items()}})
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise TrainingError(f"out {self._path}: cannot be written: {error.strerror}; make room, go on") from error

    def cut(self, step: int) -> None:
        """Keep what was after at most so many steps."""
        kept = "".join(f"{json.dumps(line)}\n" for line in read_curve(self._path) if line["step"] <= step)
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            part.write_text(kept, encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            raise TrainingError(f"out {self._path}: cannot be written: {error.strerror}; make room, go on") from error


def read_curve(path: Path) -> list[dict[str, Any]]:
    """The lines; a last one that was cut off by a kill is left out."""
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]
    except (OSError, ValueError) as error:
        raise TrainingError(f"out {path}: damaged: {error}; remove it to go on without what it held") from error


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
