# SPDX-License-Identifier: Apache-2.0
"""True maps that a recording holds, as the simulator writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mia_ros.bag import BagReader
from mia_ros.errors import ReplayError
from mia_ros.grid import NETWORK_GRID
from mia_ros.nodes.convert import read_semantic_map
from mia_ros.replay.ahead import Ahead
from mia_ros.semantic_map import SemanticMap
from offline_tools.replay.truth.true_map import TrueMap, TruthSource, true_map

#: Stamps that differ by less, ns, are the same: a driver may have counted in microseconds.
_SAME = 1000
#: Maps that are read ahead.
_AHEAD = 8.0


class _BagTruth:
    """Reads on in the recording as stamps rise; begins again where they fall."""

    name = "bag"

    def __init__(self, bag: Path, topic: str) -> None:
        self._bag = bag
        self._topic = topic
        self._maps: Iterator[SemanticMap] = iter(())
        self._next: SemanticMap | None = None
        self._last: int | None = None
        self._asked = self._found = 0

    def of(self, stamp: int) -> TrueMap | None:
        if self._last is None or stamp < self._last:
            self._maps = self._read_ahead()
            self._next = next(self._maps, None)
        self._last = stamp
        self._asked += 1
        while self._next is not None and self._next.stamp < stamp - _SAME:
            self._next = next(self._maps, None)
        if self._next is None or self._next.stamp > stamp + _SAME:
            return None
        self._found += 1
        return self._true(self._next)

    def record(self) -> dict[str, Any]:
        if self._asked and not self._found:
            raise ReplayError(
                f"{self._bag}: none of {self._asked} images has a map of the same stamp on {self._topic}; "
                f"is it the truth of these images?"
            )
        return {"name": self.name, "topic": self._topic, "asked": self._asked, "found": self._found}

    def _read_ahead(self) -> Iterator[SemanticMap]:
        with Ahead(self._read(), lambda _: 1.0, _AHEAD) as ahead:
            yield from ahead

    def _read(self) -> Iterator[SemanticMap]:
        with BagReader(self._bag, salvage=True) as reader:
            for message in reader.messages([self._topic]):
                yield read_semantic_map(message.message)

    def _true(self, found: SemanticMap) -> TrueMap:
        if found.grid != NETWORK_GRID:
            raise ReplayError(
                f"{self._bag}: the true maps on {self._topic} have {found.grid.rows} x {found.grid.columns} cells of "
                f"{found.grid.resolution:g} m, want {NETWORK_GRID.rows} x {NETWORK_GRID.columns} of "
                f"{NETWORK_GRID.resolution:g} m"
            )
        whole = true_map(found.probabilities >= 0.5)
        return whole._replace(visible=whole.visible & found.observed)


def bag_truth(bag: Path, topic: str) -> TruthSource:
    """The maps of a BevSemanticMap topic whose stamps are the images'."""
    return _BagTruth(bag, topic)
