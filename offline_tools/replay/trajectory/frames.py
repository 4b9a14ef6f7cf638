# SPDX-License-Identifier: Apache-2.0
"""FrameLog: all transforms of a recording, thinned, to say where one frame was in another at any time of it."""

from __future__ import annotations

from functools import reduce

import numpy as np

from mia_ros.arrays import FloatArray, IntArray
from mia_ros.transform import Transform, identity
from offline_tools.replay.trajectory.thinning import Thinned

#: More edges than any robot has.
_MOST_EDGES = 2000
#: Of a way, metres: what moves less is a joint.
_TRAVELLED = 0.5


class _Edge:
    """From a frame up to its parent, over time."""

    def __init__(self, parent: str, child: str) -> None:
        self.parent = parent
        self.child = child
        self._log = Thinned(12, still=True)
        self._stamps: IntArray | None = None
        self._rows: FloatArray | None = None

    def add(self, transform: Transform) -> None:
        self._stamps = None
        self._log.add(transform.stamp, [*transform.rotation.ravel().tolist(), *transform.translation.tolist()])

    def columns(self) -> tuple[IntArray, FloatArray]:
        """Stamps (N,) and rows (N, 12): rotation, translation."""
        if self._stamps is None or self._rows is None:
            self._stamps, self._rows = self._log.stamps, self._log.rows
        return self._stamps, self._rows

    @property
    def moves(self) -> bool:
        _, rows = self.columns()
        return bool(np.abs(rows - rows[0]).max() > 1e-9)

    @property
    def travelled(self) -> float:
        """Metres."""
        _, rows = self.columns()
        return float(np.linalg.norm(np.diff(rows[:, 9:], axis=0), axis=1).sum())

    def at(self, stamp: int) -> Transform:
        """Between its neighbours in time, or the nearest."""
        stamps, _ = self.columns()
        index = int(np.searchsorted(stamps, stamp, side="right"))
        if index in (0, len(stamps)):
            return self._sample(min(index, len(stamps) - 1))._replace(stamp=stamp)
        return self._sample(index - 1).towards(self._sample(index), stamp)

    def _sample(self, index: int) -> Transform:
        stamps, rows = self.columns()
        row = rows[index]
        return Transform(self.parent, self.child, int(stamps[index]), row[:9].reshape(3, 3), row[9:])


class FrameLog:
    """Feed it every transform; of two parents of one frame, the one that came first holds."""

    def __init__(self) -> None:
        self._edges: dict[str, _Edge] = {}

    def add(self, transform: Transform) -> None:
        """Take one in."""
        edge = self._edges.get(transform.child)
        if edge is None and len(self._edges) < _MOST_EDGES and transform.child not in self._above(transform.parent):
            edge = self._edges[transform.child] = _Edge(transform.parent, transform.child)
        if edge is not None and edge.parent == transform.parent:
            edge.add(transform)

    def knows(self, frame: str) -> bool:
        """Whether some transform names it."""
        return frame in self._edges or any(edge.parent == frame for edge in self._edges.values())

    def connected(self, target: str, source: str) -> bool:
        """Whether a chain of transforms leads from one to the other."""
        return self._common(target, source) is not None

    def fixed(self, target: str, source: str) -> bool:
        """Whether nothing moves on that chain."""
        return not any(edge.moves for edge in self._chain(target, source))

    def where(self, target: str, source: str, stamp: int) -> Transform | None:
        """Where `source` is in `target`: p_target = rotation @ p_source + translation; None where nothing says."""
        common = self._common(target, source)
        if common is None:
            return None
        return self._climbed(target, common, stamp).inverse().then(self._climbed(source, common, stamp))

    def carrier(self, frame: str) -> tuple[str, IntArray, FloatArray] | None:
        """What carries a frame about: the body's frame, stamps (N,) and rows (N, 12) of rotation and translation.

        Of several that move: the one in `odom`, which does not jump (REP 105), else the one that goes farthest.
        """
        edges = [self._edges[each] for each in self._above(frame) if each in self._edges]
        moving = [edge for edge in edges if edge.travelled > _TRAVELLED]
        if not moving:
            return None
        edge = max(moving, key=lambda each: (each.parent == "odom", each.travelled))
        return edge.child, *edge.columns()

    def _above(self, frame: str) -> list[str]:
        """The frame, its parent, and so on to the root."""
        found = [frame]
        while found[-1] in self._edges:
            found.append(self._edges[found[-1]].parent)
        return found

    def _common(self, target: str, source: str) -> str | None:
        above = self._above(target)
        return next((frame for frame in self._above(source) if frame in above), None)

    def _chain(self, target: str, source: str) -> list[_Edge]:
        common = self._common(target, source)
        ways = [self._above(frame) for frame in (target, source)] if common is not None else []
        return [self._edges[frame] for way in ways for frame in way[: way.index(common or "")]]

    def _climbed(self, frame: str, ancestor: str, stamp: int) -> Transform:
        above = self._above(frame)
        chain = [self._edges[each].at(stamp) for each in above[: above.index(ancestor)]]
        return reduce(lambda inner, outer: outer.then(inner), chain, identity(frame, frame, stamp))
