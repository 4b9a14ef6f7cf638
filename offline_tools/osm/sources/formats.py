# SPDX-License-Identifier: Apache-2.0
"""Which kind of map file a file is, told by its content: names lie."""

from __future__ import annotations

import bz2
import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from offline_tools.errors import MapSourceError

_HEAD = 1 << 16  # bytes that are looked at
_BOUNDS = re.compile(r"<bounds\s[^>]*>")
_ATTRIBUTE = re.compile(r"""\b(minlon|minlat|maxlon|maxlat)\s*=\s*["']([^"']*)["']""")
WANTED = "want .osm, .osm.gz, .osm.bz2, .osm.pbf, or an Overpass answer in JSON"


@dataclass(frozen=True)
class MapFormat:
    """`osmium` is the name of the format in pyosmium, None for Overpass JSON; `head` is the beginning of the text."""

    osmium: str | None
    compression: str  # "", "gz" or "bz2"
    head: str

    def open(self, path: Path) -> IO[bytes]:
        """The file without its compression."""
        return _open(path, self.compression)


def map_format(path: Path) -> MapFormat:
    """The format of a file, by its first bytes."""
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
    except FileNotFoundError as error:
        raise MapSourceError(f"map {path}: no such file") from error
    except OSError as error:
        raise MapSourceError(f"map {path}: cannot be read: {error.strerror}") from error
    if not start:
        raise MapSourceError(f"map {path}: is empty; download it again")
    if b"OSMHeader" in start[:32]:
        return MapFormat("pbf", "", "")
    compression = "gz" if start.startswith(b"\x1f\x8b") else "bz2" if start.startswith(b"BZh") else ""
    return _text_format(path, compression, _head(path, compression))


def _text_format(path: Path, compression: str, head: str) -> MapFormat:
    text = head.lstrip("\ufeff\x00 \t\r\n")
    if text.startswith("{"):
        return MapFormat(None, compression, text)
    if "<osmChange" in text:
        raise MapSourceError(f"map {path}: is a list of changes, not a map; {WANTED}")
    if "<osm" in text and text.startswith("<"):
        return MapFormat(f"osm.{compression}" if compression else "osm", compression, text)
    found = "an HTML page, an error of its server perhaps" if "<html" in text.lower() else "no map file"
    raise MapSourceError(f"map {path}: is {found}; {WANTED}")


def _head(path: Path, compression: str) -> str:
    try:
        with _open(path, compression) as stream:
            data = stream.read(_HEAD)
    except (OSError, EOFError, ValueError) as error:
        raise MapSourceError(f"map {path}: damaged or cut off ({error}); download it again") from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return data.decode(encoding, errors="replace")


def _open(path: Path, compression: str) -> IO[bytes]:
    if compression == "gz":
        return cast(IO[bytes], gzip.open(path))
    return bz2.open(path) if compression == "bz2" else path.open("rb")


def bounds_in(head: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the `bounds` of an XML file; west > east where they cross the antimeridian."""
    element = _BOUNDS.search(head)
    values = dict(_ATTRIBUTE.findall(element[0])) if element else {}
    try:
        return tuple(float(values[name]) for name in ("minlon", "minlat", "maxlon", "maxlat"))  # type: ignore[return-value]
    except (KeyError, ValueError):
        return None
