# SPDX-License-Identifier: Apache-2.0
"""What a finished stage says of itself, and by what it is told that nothing has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mia_ros.hashing import sha256_of
from offline_tools.dataset.files import write_json
from offline_tools.errors import DatasetError

_FORMAT = 1  # of what the stages leave; another one is made anew


class Record(BaseModel):
    """key: of the stage's configuration and of what the stages before it have made. outputs: sha256 by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    units: int
    rows: int
    counts: dict[str, Any] = {}
    outputs: dict[str, str] = {}

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        write_json(path, self.model_dump(mode="json"), indent=2)


def read_record(path: Path) -> Record | None:
    """None where there is none, or one of another version."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from error


def digest(value: Any) -> str:
    """Of what JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def key_of(stage: str, settings: Any, before: Mapping[str, Record]) -> str:
    """Changes with the configuration of a stage, and with what it works on."""
    return digest([_FORMAT, stage, settings, {name: record.outputs for name, record in sorted(before.items())}])


def outputs_of(files: Iterable[Path], folders: Iterable[Path]) -> dict[str, str]:
    """sha256 of files, and of all tables of folders together."""
    found = {path.name: sha256_of(path) for path in files}
    for folder in folders:
        found[f"{folder.name}/"] = digest([(path.name, sha256_of(path)) for path in sorted(folder.glob("*.parquet"))])
    return found
