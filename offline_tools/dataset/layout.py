# SPDX-License-Identifier: Apache-2.0
"""Names of folders and files in a data set: all that the published tools write or read, of which we write the first."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from offline_tools.errors import DatasetError

SPLIT = "split.json"
DUMP = "dump.json"
#: What a simulated data set says of itself. Its ground is level and lies at height 0.
SIMULATION = "simulation.json"

#: Ids and names of locations become names of files: no separators, no hidden files, nothing that a shell would mind.
SAFE_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$"
_SAFE = re.compile(SAFE_NAME)


@dataclass(frozen=True)
class Kind:
    """One of the files that make a sample: the folders in which it may lie, and how its name goes on after the id."""

    name: str
    folders: tuple[str, ...]
    suffixes: tuple[str, ...]

    def path(self, location: Path, id_: str, variant: int = 0) -> Path:
        """Where the file of a sample is; variant 0 is the one that we write."""
        folder, suffix = divmod(variant, len(self.suffixes))
        return location / self.folders[folder] / f"{id_}{self.suffixes[suffix]}"

    def scan(self, location: Path) -> dict[str, int]:
        """The variant of each id that has such a file; of several, the one that comes first here."""
        found: dict[str, int] = {}
        for rank, folder in reversed(list(enumerate(self.folders))):
            first = rank * len(self.suffixes)
            for name in _files(location / folder):
                suffix = self._suffix_of(name)
                if suffix is None:
                    continue
                id_ = name[: -len(suffix[0])]
                variant = first + suffix[1]
                found[id_] = min(variant, found.get(id_, variant))
        return found

    def _suffix_of(self, name: str) -> tuple[str, int] | None:
        if name.startswith("."):
            return None
        return next((pair for pair in self._longest_first if name.endswith(pair[0]) and name != pair[0]), None)

    @cached_property
    def _longest_first(self) -> list[tuple[str, int]]:
        ranked = [(suffix, rank) for rank, suffix in enumerate(self.suffixes)]
        return sorted(ranked, key=lambda pair: -len(pair[0]))


IMAGE = Kind("image", ("images",), ("_undistorted.jpg", "_undistorted.jpeg", "_undistorted.png", ".jpg", ".png"))
SEMANTIC_MASK = Kind("semantic mask", ("semantic_masks",), (".npz", ".npz.npy", ".npy"))
VISIBILITY_MASK = Kind("visibility mask", ("flood_fill", "flood_masks"), (".npz", ".npz.npy", ".npy", ".png"))
#: What the published loader wants of a sample.
KINDS = (IMAGE, SEMANTIC_MASK, VISIBILITY_MASK)


def is_safe(name: str) -> bool:
    """Whether a name may become a file's."""
    return _SAFE.fullmatch(name) is not None


def checked_name(name: str | int, what: str) -> str:
    """A sample's id or a location's name as text, refused where it would be no plain file name."""
    text = str(name)
    if not is_safe(text):
        raise DatasetError(
            f"{what} {text[:80]!r}: want 1 to 120 letters, digits, '-', '_' or '.', of which '.' is not the first"
        )
    return text


def in_order(id_: str) -> tuple[int, str]:
    """Sorts whole numbers as numbers."""
    return len(id_), id_


def _files(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DatasetError(f"data set {folder}: cannot be listed: {error.strerror}") from error
