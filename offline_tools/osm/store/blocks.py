# SPDX-License-Identifier: Apache-2.0
"""The features of a store, by block or by box."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from offline_tools.osm.store.features import Features, join, nothing
from offline_tools.osm.store.grid import LARGE, Box, block_at, block_box, block_name
from offline_tools.osm.store.recent import Recent
from offline_tools.osm.store.tables import read_features

BLOCKS_KEPT = 4  # in memory


class Blocks:
    """`keys` are the blocks that hold anything."""

    def __init__(self, folder: Path, keys: Iterable[int]) -> None:
        self._folder = folder
        self._keys = frozenset(keys)
        self._recent: Recent[Features] = Recent(BLOCKS_KEPT)

    def of(self, key: int) -> Features:
        """All that comes within the margin of a block."""
        near = block_box(key).grown()
        return self._recent.get(key, lambda: join([self._stored(key), self._large.touching(near)]).in_order())

    def touching(self, box: Box) -> Features:
        """All whose bounds touch a box of any size."""
        block = block_around(box)
        if block is not None:
            return self.of(block).touching(box)
        touched = (key for key in self._keys if key != LARGE and block_box(key).touches(box))
        parts = [self._stored(key).touching(box) for key in touched]
        return join([*parts, self._large.touching(box)]).in_order()

    @cached_property
    def _large(self) -> Features:
        return self._stored(LARGE)

    def _stored(self, key: int) -> Features:
        return read_features(self._folder / block_name(key)) if key in self._keys else nothing()


def block_around(box: Box) -> int | None:
    """The block of the box's centre, if that block and its margin hold all of the box."""
    key = block_at((box.west + box.east) // 2, (box.south + box.north) // 2)
    return key if block_box(key).grown().holds(box) else None
