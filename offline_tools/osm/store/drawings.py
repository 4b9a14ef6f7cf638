# SPDX-License-Identifier: Apache-2.0
"""The shapes of a store: compiled once a block, then kept on disk and, while they are in use, in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from offline_tools.osm.elements import Elements
from offline_tools.osm.shapes import Shapes
from offline_tools.osm.store.blocks import Blocks, block_around
from offline_tools.osm.store.grid import Box, block_name
from offline_tools.osm.store.recent import Recent
from offline_tools.osm.store.shape_files import frozen, read_shapes, write_shapes

SHAPES_KEPT = 16  # blocks in memory

Compile = Callable[[Elements], Shapes]


class Drawings:
    """Shapes by the name of their drawing, which stands for all that `compile_` depends on but the elements."""

    def __init__(self, folder: Path, blocks: Blocks) -> None:
        self._folder = folder
        self._blocks = blocks
        self._recent: Recent[Shapes] = Recent(SHAPES_KEPT)

    def shapes(self, drawing: str, box: Box, compile_: Compile) -> Shapes:
        """Of the whole block around the box, where one is; of all near the box otherwise, and then in memory only."""
        block = block_around(box)
        if block is not None:
            return self._recent.get((drawing, block), lambda: self._of_block(drawing, block, compile_))
        near = box.grown()
        return self._recent.get((drawing, near), lambda: frozen(compile_(self._blocks.touching(near).elements())))

    def _of_block(self, drawing: str, block: int, compile_: Compile) -> Shapes:
        folder = self._folder / drawing / block_name(block)
        kept = read_shapes(folder)
        if kept is not None:
            return kept
        features = self._blocks.of(block)
        shapes = frozen(compile_(features.elements()))
        if len(features):
            write_shapes(folder, shapes)
        return shapes
