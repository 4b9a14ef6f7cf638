# SPDX-License-Identifier: Apache-2.0
"""`map.json` of a store: what it was made from, what it holds, and what had to be left out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from offline_tools.errors import MapSourceError

MANIFEST = "map.json"
FORMAT: Final = "mia_ros map 1"
LICENCE = "ODbL 1.0, (c) OpenStreetMap contributors"

_WHOLE = 64 << 20  # bytes up to which all of a file is hashed
_END = 16 << 20  # bytes at either end of a larger one


class Source(BaseModel):
    """The map file. `digest` is the sha256 of its bytes; of a large file, of its size, time and both ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    size: int
    digest: str


class Counts(BaseModel):
    """How many there are of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ways: int
    areas: int
    nodes: int


class MapManifest(BaseModel):
    """See the module; `blocks` are the keys of the blocks that hold anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["mia_ros map 1"] = FORMAT
    source: Source
    licence: str = LICENCE
    bounds: tuple[float, float, float, float]
    bounds_declared: bool
    counts: Counts
    skipped: dict[str, int]
    examples: dict[str, tuple[int, ...]]
    blocks: tuple[int, ...]


def source_of(path: Path) -> Source:
    """What tells a map file from all others."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return Source(name=path.name, size=size, digest=_digest(stream, size, path.stat().st_mtime_ns))
    except FileNotFoundError as error:
        raise MapSourceError(f"map {path}: no such file") from error
    except OSError as error:
        raise MapSourceError(f"map {path}: cannot be read: {error.strerror}") from error


def _digest(stream: BinaryIO, size: int, mtime: int) -> str:
    if size <= _WHOLE:
        return hashlib.sha256(stream.read()).hexdigest()
    digest = hashlib.sha256(f"{size} {mtime}".encode())
    digest.update(stream.read(_END))
    stream.seek(size - _END)
    digest.update(stream.read(_END))
    return digest.hexdigest()


def read_manifest(folder: Path) -> MapManifest:
    """The manifest of a store."""
    try:
        return MapManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise MapSourceError(f"map {folder}: a folder without {MANIFEST}, so no map store; give a map file") from error
    except OSError as error:
        raise MapSourceError(f"map {folder / MANIFEST}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise MapSourceError(
            f"map {folder}: a store of another version, or damaged; open the map file instead"
        ) from error


def is_store_of(folder: Path, source: Source) -> bool:
    """Whether a folder is a whole store of a map file, in today's format."""
    try:
        found = read_manifest(folder).source
    except MapSourceError:
        return False
    return (found.digest, found.size) == (source.digest, source.size)
