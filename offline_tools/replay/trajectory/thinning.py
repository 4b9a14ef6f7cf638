# SPDX-License-Identifier: Apache-2.0
"""Thinned: readings of a sensor kept at some ten a second, so that a recording of any length stays small."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from mia_ros.arrays import FloatArray, IntArray

#: Readings that follow sooner, ns, are left out; a little less than 0.1 s, for stamps tremble.
_STEP = 90_000_000


class Thinned:
    """Rows of `width` numbers with stamps that rise; the newest is always there.

    still: rows that repeat the one before them are kept at their first and last stamp only.
    """

    def __init__(self, width: int, *, still: bool = False) -> None:
        self.width = width
        self.seen = 0
        self._still = still
        self._stamps = array("q")
        self._values = array("d")

    def __len__(self) -> int:
        return len(self._stamps)

    def add(self, stamp: int, row: Sequence[float]) -> None:
        """One more; a stamp that is not later than the last one's is passed over."""
        self.seen += 1
        if self._stamps and stamp <= self._stamps[-1]:
            return
        if len(self._stamps) > 1 and (self._stamps[-1] - self._stamps[-2] < _STEP or self._repeats(row)):
            self._stamps.pop()
            del self._values[-self.width :]
        self._stamps.append(stamp)
        self._values.extend(row)

    @property
    def stamps(self) -> IntArray:
        """(N,) ns."""
        return np.array(self._stamps, np.int64)

    @property
    def rows(self) -> FloatArray:
        """(N, width)."""
        return np.array(self._values, np.float64).reshape(-1, self.width)

    def _repeats(self, row: Sequence[float]) -> bool:
        """Whether this row and the two before it are the same."""
        if not self._still:
            return False
        given = array("d", row)
        return given == self._values[-self.width :] == self._values[-2 * self.width : -self.width]
