# SPDX-License-Identifier: Apache-2.0
"""Parts of a replay that are done: a kill costs what was made since the last one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from mia_ros.errors import ReplayError
from mia_ros.pictures import write_bytes
from offline_tools.replay.table import read_table, write_table

MAPS, TABLE, FACTS = "maps", "frames.parquet", "facts.json"
_MAKING = "making"


class Parts:
    """The folder `root` with a folder for each finished part, and one for what is being made."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def done(self) -> list[Path]:
        """Finished parts, from the first without a gap."""
        found: list[Path] = []
        while (part := self._root / f"{len(found):06d}").is_dir():
            found.append(part)
        return found

    @property
    def images(self) -> int:
        """In all finished parts."""
        return sum(len(read_table(part / TABLE)) for part in self.done)

    def begin(self) -> Path:
        """An empty folder for the next part."""
        making = self._root / _MAKING
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        return making

    def finish(self, rows: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]) -> None:
        """What was begun is done."""
        making = self._root / _MAKING
        write_table(making / TABLE, rows)
        write_json(making / FACTS, facts)
        making.rename(self._root / f"{len(self.done):06d}")

    def facts(self) -> list[dict[str, Any]]:
        """Of each finished part."""
        return [read_json(part / FACTS) for part in self.done]

    def table(self) -> pl.DataFrame:
        """Of all of them."""
        return pl.concat([read_table(part / TABLE) for part in self.done])

    def remove(self) -> None:
        """They have been joined."""
        shutil.rmtree(self._root, ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReplayError(f"{path}: cannot be read: {error}; remove it, and run `mia replay` again") from error
    if not isinstance(found, dict):
        raise ReplayError(f"{path}: is no record of a replay")
    return found


def write_json(path: Path, content: Mapping[str, Any], plain: Callable[[Any], Any] = str) -> None:
    """There as a whole, or as it was before. Numbers that are none become null."""
    text = json.dumps(_finite(content), indent=1, default=plain, allow_nan=False)
    write_bytes(path, f"{text}\n".encode())


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None  # NaN compares as False
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
