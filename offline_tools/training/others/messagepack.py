# SPDX-License-Identifier: Apache-2.0
"""Reads MessagePack: plain values, lists and mappings; nothing in a file can make anything else."""

from __future__ import annotations

import struct
from typing import Any

_DEEPEST = 32
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d",
    0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_BYTES = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
_TEXTS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}
_LISTS = {0xDC: ">H", 0xDD: ">I"}
_MAPPINGS = {0xDE: ">H", 0xDF: ">I"}


def unpack(data: bytes) -> Any:
    """The one value that the data holds; ValueError where it is not MessagePack, is cut off, or goes on."""
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except struct.error as error:
        raise ValueError("cut off") from error
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes more than its value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} levels deep")
        kind = self._number(">B")
        if kind <= 0x7F:
            return kind
        if kind >= 0xE0:
            return kind - 256
        if kind <= 0x8F:
            return self._mapping(kind & 15, depth)
        if kind <= 0x9F:
            return self._list(kind & 15, depth)
        if kind <= 0xBF:
            return self._taken(kind & 31).decode()
        return self._long(kind, depth)

    def _long(self, kind: int, depth: int) -> Any:
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind in _BYTES:
            return self._taken(self._number(_BYTES[kind]))
        if kind in _TEXTS:
            return self._taken(self._number(_TEXTS[kind])).decode()
        if kind in _LISTS:
            return self._list(self._number(_LISTS[kind]), depth)
        if kind in _MAPPINGS:
            return self._mapping(self._number(_MAPPINGS[kind]), depth)
        raise ValueError(f"a value of kind 0x{kind:02x}, which is not read")

    def _list(self, count: int, depth: int) -> list[Any]:
        return [self.value(depth + 1) for _ in range(count)]

    def _mapping(self, count: int, depth: int) -> dict[str, Any]:
        found = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                raise ValueError(f"a key of a mapping is no text: {key!r}")  # noqa: TRY004 - of the data, not of a caller
            found[key] = self.value(depth + 1)
        return found

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack_from(code, self._data, self.at)
        self.at += struct.calcsize(code)
        return value

    def _taken(self, count: int) -> bytes:
        if self.at + count > len(self._data):
            raise ValueError("cut off")
        self.at += count
        return self._data[self.at - count : self.at]
