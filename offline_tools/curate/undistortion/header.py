# SPDX-License-Identifier: Apache-2.0
"""What a photo file says of itself, read before anything is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from offline_tools.curate.undistortion.picture import LARGEST_SIDE, SMALLEST_SIDE
from offline_tools.errors import DatasetError

#: No street camera takes more; decoded, it is 360 MB.
_MOST_PIXELS = 120_000_000
_MOST_BYTES = 128 << 20
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
#: Markers that a size follows, and those without any payload.
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))


class PhotoError(DatasetError):
    """A photo cannot be used; others can."""


@dataclass(frozen=True)
class PhotoHeader:
    """JPEG or PNG, and the size in pixels as stored."""

    format: str
    width: int
    height: int


def read_photo(path: Path) -> bytes:
    """The bytes of a photo file."""
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise PhotoError(f"{path}: {size >> 20} MB, more than the {_MOST_BYTES >> 20} MB that a photo may have")
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read: {error.strerror}") from error


def read_header(data: bytes, name: str) -> PhotoHeader:
    """Refuses what is no photo, ends too early, or is of a size that no photo has."""
    if not data:
        raise PhotoError(f"{name}: is empty; fetch it anew")
    header = _jpeg(data, name) if data.startswith(_JPEG) else _png(data, name)
    sides = sorted((header.width, header.height))
    if sides[0] < SMALLEST_SIDE or sides[1] > LARGEST_SIDE or sides[0] * sides[1] > _MOST_PIXELS:
        raise PhotoError(
            f"{name}: {header.width} x {header.height} pixels; want at least {SMALLEST_SIDE} and at most "
            f"{LARGEST_SIDE} a side, and at most {_MOST_PIXELS // 1_000_000} million"
        )
    return header


def _png(data: bytes, name: str) -> PhotoHeader:
    if not data.startswith(_PNG):
        raise PhotoError(f"{name}: starts with {data[:12]!r}, so it is neither JPEG nor PNG; an error page?")
    if len(data) < 24 or data[12:16] != b"IHDR" or _PNG_END not in data[-64:]:
        raise _cut(name, "PNG", len(data))
    return PhotoHeader("PNG", *struct.unpack(">II", data[16:24]))


def _jpeg(data: bytes, name: str) -> PhotoHeader:
    """A walk over the segments before the picture; in its data, the end marker stands nowhere but at its end."""
    size, at = None, 2
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            raise _cut(name, "JPEG", len(data))
        marker = data[at + 1]
        if marker in _BARE or marker in (0x00, 0xFF):
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _START_OF_FRAME and size is None and at + 9 <= len(data):
            size = struct.unpack(">HH", data[at + 5 : at + 9])
        if marker == _START_OF_SCAN:
            break
        at += 2 + max(length, 2)
    if size is None or data.find(_JPEG_END, at) < 0:
        raise _cut(name, "JPEG", len(data))
    return PhotoHeader("JPEG", size[1], size[0])


def _cut(name: str, kind: str, size: int) -> PhotoError:
    return PhotoError(f"{name}: {kind} that ends too early, after {size} bytes; fetch it anew")
