# SPDX-License-Identifier: Apache-2.0
"""render.json beside the maps of a location: how they were drawn, from what, and what became of each pose.

It is there before the first map, so that another configuration cannot slip in between.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from offline_tools.dataset.files import remove_parts, write_json
from offline_tools.dataset.layout import SEMANTIC_MASK, VISIBILITY_MASK
from offline_tools.errors import DatasetError

RECORD = "render.json"
MADE = (SEMANTIC_MASK, VISIBILITY_MASK)


class Configuration(BaseModel):
    """All that a map depends on but its pose; a folder holds maps of one configuration only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    source_digest: str
    style: str
    style_digest: str
    infer_sidewalks: bool
    driving_side: str
    size: tuple[int, int]
    resolution: float
    visibility: bool
    compress: bool
    software: str

    def differs(self, other: Configuration) -> str:
        """What is not alike, in words; a map file may have another name."""
        mine, others = self.model_dump(), other.model_dump()
        names = [name for name in mine if name != "source" and mine[name] != others[name]]
        return ", ".join(f"{name} {others[name]} instead of {mine[name]}" for name in names)


class Record(BaseModel):
    """The file. `state` is running also when the job was killed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["mia_ros render 1"] = "mia_ros render 1"
    state: Literal["running", "stopped", "finished"] = "running"
    configuration: Configuration
    licence: str
    poses: str
    poses_digest: str
    partial: bool
    left_out_of_map: dict[str, int]
    summary: dict[str, Any] = {}

    def write(self, folder: Path) -> None:
        """Into the folder of a location."""
        write_json(folder / RECORD, self.model_dump(mode="json"), indent=2)


def begin(folder: Path, record: Record, overwrite: bool) -> str:
    """Start or go on in a location's folder, if its maps are of the same configuration; a note, or nothing.

    `overwrite` throws away maps of another one. A job that is killed while it does so is refused the next time
    without it, as the maps that are left have no record then.
    """
    problem, note = _compared(folder, record)
    if problem and not overwrite:
        raise DatasetError(f"{problem}; give another folder, or --overwrite to throw those maps away")
    if problem:
        (folder / RECORD).unlink(missing_ok=True)
        for path in _maps(folder):
            path.unlink(missing_ok=True)
        note = ""
    for kind in MADE:
        remove_parts(folder / kind.folders[0])
    remove_parts(folder)
    record.write(folder)
    return note


def _compared(folder: Path, record: Record) -> tuple[str, str]:
    """Why the maps that are there cannot stay, and what to know if they can."""
    try:
        before = Record.model_validate_json((folder / RECORD).read_bytes())
    except FileNotFoundError:
        has_maps = next(iter(_maps(folder)), None) is not None
        return (f"{folder}: holds maps without {RECORD}, so how they were drawn is not known" if has_maps else ""), ""
    except OSError as error:
        raise DatasetError(f"{folder / RECORD}: cannot be read: {error.strerror}") from error
    except ValidationError:
        return f"{folder / RECORD}: of another version, or damaged", ""
    different = before.configuration.differs(record.configuration)
    if different:
        return f"{folder}: holds maps of another configuration (now {different})", ""
    if before.poses_digest != record.poses_digest:
        return "", f"{record.poses} is not the table of the last run: maps that are there stay, also of moved poses"
    return "", ""


def _maps(folder: Path) -> list[Path]:
    return [kind.path(folder, id_, variant) for kind in MADE for id_, variant in kind.scan(folder).items()]
