# SPDX-License-Identifier: Apache-2.0
"""Packed bytes that may be cut off: what can be had of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

from mia_ros.errors import BagError

#: Larger than any recorder's chunks; what claims more is not to be believed.
_MOST = 1 << 30
_PIECE = 1 << 16


def unpacked(data: bytes, packing: str, size: int) -> bytes:
    """Up to `size` bytes, by the mcap's name of the packing ("", "lz4", "zstd"); fewer where the data is damaged."""
    if not packing:
        return data
    if packing not in _PIECES:
        raise BagError(f"a chunk is packed by '{packing}'; known are {', '.join(_PIECES)}")
    module, pieces = _PIECES[packing]
    try:
        library = import_module(module)
    except ImportError as error:
        raise BagError(f"a chunk is packed by '{packing}': pip install {module.partition('.')[0]}") from error
    found = bytearray()
    with contextlib.suppress(RuntimeError, EOFError, getattr(library, "ZstdError", RuntimeError)):  # damage
        for piece in pieces(library, data):
            found += piece
            if len(found) >= min(size, _MOST):
                break
    return bytes(found)


def _lz4(library: Any, data: bytes) -> Iterator[bytes]:
    reader = library.LZ4FrameDecompressor()
    for start in range(0, len(data), _PIECE):
        yield reader.decompress(data[start : start + _PIECE])


def _zstd(library: Any, data: bytes) -> Iterator[bytes]:
    reader = library.ZstdDecompressor().stream_reader(BytesIO(data))
    while piece := reader.read(_PIECE):
        yield piece


#: By the mcap's name: the module that unpacks it, and how.
_PIECES: dict[str, tuple[str, Callable[[Any, bytes], Iterator[bytes]]]] = {
    "lz4": ("lz4.frame", _lz4),
    "zstd": ("zstandard", _zstd),
}
