# SPDX-License-Identifier: Apache-2.0
"""TornMcap: what is left of an mcap file that was cut off, or whose index is damaged.

The records are walked through from the start, as far as they go. Of a chunk that is cut, what can be unpacked is used.
"""

from __future__ import annotations

import heapq
import os
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.interfaces import Connection, ConnectionExtRosbag2

from mia_ros.bag.source import definition, types_of
from mia_ros.bag.unpacking import unpacked
from mia_ros.errors import BagError


class _Opcode(IntEnum):
    """Kinds of records."""

    FOOTER = 2
    SCHEMA = 3
    CHANNEL = 4
    MESSAGE = 5
    CHUNK = 6
    MESSAGE_INDEX = 7
    DATA_END = 15


class _Schema(NamedTuple):
    """The definition of a message type."""

    name: str
    encoding: str
    text: str


class _Channel(NamedTuple):
    """A topic."""

    schema: int
    topic: str
    encoding: str


_MAGIC = b"\x89MCAP0\r\n"
_RECORD = struct.Struct("<BQ")  # opcode, length
_MESSAGE = struct.Struct("<HIQQ")  # channel, sequence, when logged, when published
_FOOTER = struct.Struct("<BQQQI8s")  # opcode, length, where the summary begins, its offsets, its checksum, the magic
_CHUNK = struct.Struct("<QQQI")  # first and last time, size when unpacked, its checksum
#: Messages that stand outside of chunks are read so many bytes at a time.
_STRETCH = 1 << 20
_LONGEST_NAME = 1 << 16


def lacks_index(path: Path) -> bool:
    """Whether an mcap file is complete, but for the index at its end."""
    if path.suffix != ".mcap" or path.stat().st_size < len(_MAGIC) + _FOOTER.size:
        return False
    with path.open("rb") as file:
        file.seek(-_FOOTER.size, os.SEEK_END)
        opcode, _, summary, _, _, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    return bool(magic == _MAGIC and opcode == _Opcode.FOOTER and not summary)


@dataclass
class _Block:
    """Bytes of the file that hold records, perhaps packed. counts: messages by channel; whole: nothing is missing."""

    offset: int
    length: int
    packing: str = ""
    size: int = 0
    checksum: int = 0
    first: int = 0
    last: int = 0
    whole: bool = True
    counts: Counter[int] = field(default_factory=Counter)


class TornMcap:
    """A Source; `end` is the byte at which what is readable ends, `complete` whether the file says so itself."""

    is2 = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            self._begin()
            self._walk()
            self.connections = [self._connection(*each) for each in self._channels.items()]
            self.typestore = types_of(self.connections)
        except BaseException:
            self._file.close()
            raise

    @property
    def start_time(self) -> int:
        """Of the first message, ns."""
        return min((each.first for each in self._blocks if each.counts), default=2**63 - 1)

    @property
    def end_time(self) -> int:
        """Of the last message, ns, and one more."""
        return max((each.last + 1 for each in self._blocks if each.counts), default=0)

    def messages(
        self, connections: Collection[Connection] = (), start: int | None = None, stop: int | None = None
    ) -> Iterator[tuple[Connection, int, bytes]]:
        """In the order of time; raises a BagError at a chunk that cannot be unpacked."""
        wanted = {each.id: each for each in connections or self.connections}
        low, high = start or 0, 2**64 if stop is None else stop
        chosen = [
            each for each in self._blocks if each.last >= low and each.first < high and wanted.keys() & each.counts
        ]
        waiting: list[tuple[int, int, Connection, bytes]] = []
        order = count()
        for block in sorted(chosen, key=lambda each: each.first):
            while waiting and waiting[0][0] < block.first:
                time, _, connection, data = heapq.heappop(waiting)
                yield connection, time, data
            for channel, time, data in _messages(self._content(block)):
                if channel in wanted and low <= time < high:
                    heapq.heappush(waiting, (time, next(order), wanted[channel], data))
        while waiting:
            time, _, connection, data = heapq.heappop(waiting)
            yield connection, time, data

    def deserialize(self, rawdata: bytes, typ: str) -> Any:
        """A message of its bytes."""
        return self.typestore.deserialize_cdr(rawdata, typ)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _begin(self) -> None:
        if self._file.read(len(_MAGIC)) != _MAGIC:
            raise BagError(f"{self.path}: does not begin as an mcap file does")
        self._size = os.fstat(self._file.fileno()).st_size
        self._blocks: list[_Block] = []
        self._schemas: dict[int, _Schema] = {}
        self._channels: dict[int, _Channel] = {}
        self._indexed: list[_Block] = []  # the last chunk, while its index follows
        self.complete = False
        self.end = len(_MAGIC)

    def _walk(self) -> None:
        """All records, until one is not whole."""
        while not self.complete and self.end + _RECORD.size <= self._size:
            self._file.seek(self.end)
            opcode, length = _RECORD.unpack(self._file.read(_RECORD.size))
            inside = min(length, self._size - self.end - _RECORD.size)
            self._note(opcode, self.end + _RECORD.size, inside, whole=inside == length)
            if inside < length:
                break
            self.end += _RECORD.size + length
        self._settle()

    def _note(self, opcode: int, offset: int, length: int, *, whole: bool) -> None:
        """One record of the file."""
        if opcode != _Opcode.MESSAGE_INDEX:
            self._settle()
        self._file.seek(offset)
        if opcode == _Opcode.CHUNK:
            self._indexed = _chunk(self._file.read(min(length, _LONGEST_NAME)), offset, length, whole)
        elif opcode == _Opcode.MESSAGE_INDEX and whole and length >= 2 and self._indexed:
            (channel,) = struct.unpack("<H", self._file.read(2))
            self._indexed[0].counts[channel] += max(0, length - 6) // 16
        elif opcode == _Opcode.MESSAGE and whole:
            self._note_message(offset - _RECORD.size, length + _RECORD.size)
        elif opcode in (_Opcode.SCHEMA, _Opcode.CHANNEL) and whole:
            self._learn(opcode, self._file.read(length))
        self.complete = opcode in (_Opcode.DATA_END, _Opcode.FOOTER) and whole

    def _note_message(self, offset: int, length: int) -> None:
        """A message outside of chunks; neighbours make a block."""
        last = self._blocks[-1] if self._blocks else None
        near = last is not None and not last.packing and last.offset + last.length == offset
        if last is None or not near or last.length + length > _STRETCH:
            last = _Block(offset, 0)
            self._blocks.append(last)
        last.length += length
        channel, _, time, _ = _MESSAGE.unpack(self._file.read(_MESSAGE.size))
        _count(last, channel, time)

    def _settle(self) -> None:
        """The index of the last chunk has ended; a chunk that it does not tell all of is looked into."""
        blocks, self._indexed = self._indexed, []
        for block in blocks:
            if not block.whole or not block.counts or not block.counts.keys() <= self._channels.keys():
                self._look_into(block)
            self._blocks.append(block)

    def _look_into(self, block: _Block) -> None:
        block.counts.clear()
        for opcode, record in _records(self._content(block)):
            if opcode == _Opcode.MESSAGE:
                channel, _, time, _ = _MESSAGE.unpack_from(record)
                _count(block, channel, time)
            elif opcode in (_Opcode.SCHEMA, _Opcode.CHANNEL):
                self._learn(opcode, record)

    def _learn(self, opcode: int, record: bytes) -> None:
        (number,) = struct.unpack_from("<H", record)
        if opcode == _Opcode.SCHEMA:
            self._schemas[number] = _Schema(*_texts(record, 2, 3))
        else:
            (schema,) = struct.unpack_from("<H", record, 2)
            self._channels.setdefault(number, _Channel(schema, *_texts(record, 4, 2)))

    def _content(self, block: _Block) -> bytes:
        """The records of a block; of one that is not whole, what there is."""
        self._file.seek(block.offset)
        content = unpacked(self._file.read(block.length), block.packing, block.size)
        sound = len(content) == block.size and (not block.checksum or zlib.crc32(content) == block.checksum)
        if block.size and block.whole and not sound:
            raise BagError(f"{self.path}: the chunk at byte {block.offset} is damaged")
        return content

    def _connection(self, number: int, channel: _Channel) -> Connection:
        schema = self._schemas.get(channel.schema, _Schema("", "", ""))
        messages = sum(each.counts[number] for each in self._blocks)
        extra = ConnectionExtRosbag2(channel.encoding, [])
        made = definition(schema.encoding, schema.text)
        return Connection(number, channel.topic, schema.name, made, "", messages, extra, self)


def _texts(record: bytes, at: int, number: int) -> list[str]:
    """So many texts from a place on, each after its length."""
    found = []
    for _ in range(number):
        (length,) = struct.unpack_from("<I", record, at)
        at += 4 + length
        found.append(record[at - length : at].decode("utf-8", "replace"))
    return found


def _chunk(head: bytes, offset: int, length: int, whole: bool) -> list[_Block]:
    """The block of a chunk's record; none where not even its head is there."""
    if len(head) < _CHUNK.size + 4:
        return []
    first, last, size, checksum = _CHUNK.unpack_from(head)
    (name,) = struct.unpack_from("<I", head, _CHUNK.size)
    before = _CHUNK.size + 4 + name + 8
    if len(head) < before:
        return []
    packing = head[_CHUNK.size + 4 : _CHUNK.size + 4 + name].decode("ascii", "replace")
    return [_Block(offset + before, length - before, packing, size, checksum, first, last, whole)]


def _count(block: _Block, channel: int, time: int) -> None:
    block.first = min(block.first, time) if block.counts else time
    block.last = max(block.last, time) if block.counts else time
    block.counts[channel] += 1


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Opcodes and contents, as far as they are whole."""
    at = 0
    while at + _RECORD.size <= len(content):
        opcode, length = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        if at + length > len(content):
            return
        yield opcode, content[at : at + length]
        at += length


def _messages(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Channels, times and bytes."""
    for opcode, record in _records(content):
        if opcode == _Opcode.MESSAGE and len(record) >= _MESSAGE.size:
            channel, _, time, _ = _MESSAGE.unpack_from(record)
            yield channel, time, record[_MESSAGE.size :]
