# SPDX-License-Identifier: Apache-2.0
"""Files of Rerun, read back with its own reader."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

chunks = pytest.importorskip("rerun.chunk", reason="needs a rerun-sdk that reads its files back")


class Logged(NamedTuple):
    """What was logged once under a path: the timelines' values (None: static), components by their names."""

    stamp: int | None
    frame: int | None
    parts: dict[str, Any]


class Recording:
    """All of a file, by path."""

    def __init__(self, path: Path) -> None:
        reader = chunks.RrdReader(path)
        self.blueprints = len(reader.blueprints())
        self.logged: dict[str, list[Logged]] = {}
        for chunk in reader.stream():
            for row in _rows(chunk.to_record_batch()):
                self.logged.setdefault(str(chunk.entity_path), []).append(row)
        for rows in self.logged.values():
            rows.sort(key=lambda row: (row.stamp or 0, row.frame or 0))

    def paths(self) -> set[str]:
        """Without those that Rerun adds."""
        return {path for path in self.logged if not path.startswith("/__")}

    def of(self, path: str) -> list[Logged]:
        """What changes over time."""
        return [row for row in self.logged.get(path, []) if row.stamp is not None]

    def static(self, path: str) -> dict[str, Any]:
        """What was logged for all times."""
        return next(row.parts for row in self.logged[path] if row.stamp is None)

    def numbers(self, name: str) -> list[tuple[int, float]]:
        """Stamps and values of a plot's line."""
        return [(row.stamp, row.parts["Scalars:scalars"][0]) for row in self.of(f"/numbers/{name}")]

    def cells(self, path: str) -> list[np.ndarray]:
        """Images of one byte a pixel."""
        found = []
        for row in self.of(path):
            size = next(value for name, value in row.parts.items() if name.endswith(":format"))[0]
            data = next(value for name, value in row.parts.items() if name.endswith(":buffer"))
            found.append(np.frombuffer(data, np.uint8).reshape(size["height"], size["width"]))
        return found

    def files(self, path: str) -> list[bytes]:
        """Pictures as they were encoded."""
        return [row.parts["EncodedImage:blob"] for row in self.of(path)]


def _rows(batch):
    names = [name for name in batch.schema.names if name not in {"rerun.controls.RowId", "log_time", "log_tick"}]
    columns = {name: batch.column(batch.schema.get_field_index(name)) for name in names}
    stamps = columns.pop("stamp", None)
    frames = columns.pop("frame", None)
    for index in range(batch.num_rows):
        parts = {name: _value(column[index]) for name, column in columns.items()}
        yield Logged(
            None if stamps is None else stamps.cast("int64")[index].as_py(),
            None if frames is None else frames[index].as_py(),
            {name: value for name, value in parts.items() if value is not None},
        )


def _value(scalar):
    """Plain Python; bytes for one list of bytes, which would make thousands of numbers."""
    if str(scalar.type).count("uint8") and str(scalar.type).startswith("list<item: list<") and scalar.is_valid:
        return scalar.values[0].values.to_numpy().tobytes()
    return scalar.as_py()
