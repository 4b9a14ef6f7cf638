# SPDX-License-Identifier: Apache-2.0
"""TransformBuffer: the tree of frames over time, for machines without tf2 and for replay."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from functools import reduce
from threading import RLock

from mia_ros.errors import TransformUnavailable
from mia_ros.transform import Transform, identity

#: Neighbours in time that are farther apart, seconds, say nothing of what was between them.
_LARGEST_GAP = 1.0
#: Samples in a row that must agree on another time before the clock is taken to have jumped.
_CLOCK_VOTES = 3
#: One change of a parent may be meant; so many are a dispute.
_CONTRADICTIONS = 3
#: Of one edge, and of all: more than any robot has, and less than would hurt.
_MOST_SAMPLES, _MOST_FRAMES = 20_000, 2_000


class _Moving:
    """One edge over time, in order of stamps."""

    def __init__(self, history: int) -> None:
        self._history = history
        self._stamps: list[int] = []
        self._samples: list[Transform] = []
        self._strays: list[Transform] = []

    def add(self, sample: Transform) -> str:
        """Take it in where it belongs in time; says what became of it."""
        if self._stamps and abs(sample.stamp - self._stamps[-1]) > self._history:
            return self._consider_jump(sample)
        self._strays.clear()
        index = bisect_left(self._stamps, sample.stamp)
        if index < len(self._stamps) and self._stamps[index] == sample.stamp:
            return "repeated"
        self._stamps.insert(index, sample.stamp)
        self._samples.insert(index, sample)
        old = max(bisect_left(self._stamps, self._stamps[-1] - self._history), len(self._stamps) - _MOST_SAMPLES)
        del self._stamps[:old], self._samples[:old]
        return "used"

    def at(self, stamp: int, max_extrapolation: int) -> Transform:
        """Interpolated between near neighbours, else the nearest if it is near enough."""
        index = bisect_right(self._stamps, stamp)
        around = self._samples[max(index - 1, 0) : index + 1]
        if len(around) == 2 and around[1].stamp - around[0].stamp <= _LARGEST_GAP * 1e9:
            return around[0].towards(around[1], stamp)
        nearest = min(around, key=lambda sample: abs(sample.stamp - stamp))
        away = abs(nearest.stamp - stamp)
        if away <= max_extrapolation:
            return nearest._replace(stamp=stamp)
        where = "newer" if index == len(self._stamps) else "older" if index == 0 else "in a gap of the transforms"
        raise TransformUnavailable(
            f"tf from '{nearest.child}' to '{nearest.parent}': the stamp is {away * 1e-9:.3f} s from the nearest "
            f"transform ({where}), more than {max_extrapolation * 1e-9:g} s; is it published, and by the same clock?"
        )

    def reaches(self, stamp: int) -> bool:
        """Whether there is a transform at the stamp or past it."""
        return bool(self._stamps) and self._stamps[-1] >= stamp

    def _consider_jump(self, sample: Transform) -> str:
        """One stray stamp is an error of the sender; several that follow each other are a new time."""
        if self._strays and abs(sample.stamp - self._strays[-1].stamp) > self._history:
            self._strays.clear()
        self._strays.append(sample)
        if len(self._strays) < _CLOCK_VOTES:
            return "late"
        strays, self._strays, self._stamps, self._samples = self._strays, [], [], []
        for stray in strays:
            self.add(stray)
        return "restarts"


class _Edge:
    """From a frame up to its parent: either one static transform, or moving ones."""

    def __init__(self, parent: str, moving: _Moving | None) -> None:
        self.parent = parent
        self.moving = moving
        self.fixed: Transform | None = None

    def at(self, stamp: int, max_extrapolation: int) -> Transform:
        if self.moving is not None:
            return self.moving.at(stamp, max_extrapolation)
        assert self.fixed is not None
        return self.fixed._replace(stamp=stamp)


def _said(parent: str, static: bool) -> str:
    return f"'{parent}' ({'static' if static else 'moving'})"


class TransformBuffer:
    """Feed it transforms with `add`, ask it with `lookup`; from any thread.

    It keeps `history` seconds of every moving transform. A stamp within `max_extrapolation` seconds of what is there
    gets the nearest. Of two parents of one frame the one that came last holds; a transform that would close a circle
    replaces the one that it contradicts. `counts` says what became of the transforms: used, repeated, late, restarts
    (of a clock that jumped), replaced, circles, refused.
    """

    def __init__(self, *, max_extrapolation: float = 0.1, history: float = 10.0) -> None:
        self.counts: Counter[str] = Counter()
        self._max_extrapolation = round(max_extrapolation * 1e9)
        self._history = round(history * 1e9)
        self._edges: dict[str, _Edge] = {}
        self._contradiction = ""
        self._lock = RLock()

    def add(self, transform: Transform, static: bool) -> None:
        """Take one in; never raises for what a sender may send, but counts it."""
        parent, child = transform.parent.lstrip("/"), transform.child.lstrip("/")
        with self._lock:
            known = child in self._edges or len(self._edges) < _MOST_FRAMES
            if not parent or not child or parent == child or not known:
                self.counts["refused"] += 1
                return
            transform = transform._replace(parent=parent, child=child)
            edge = self._edge(parent, child, static)
            if edge.moving is None:
                edge.fixed = transform
                self.counts["used"] += 1
            else:
                self.counts[edge.moving.add(transform)] += 1

    def lookup(self, target: str, source: str, stamp: int) -> Transform:
        """Where `source` is in `target` at `stamp` (ns): p_target = rotation @ p_source + translation.

        Raises TransformUnavailable, which names the link that is missing.
        """
        target, source = target.lstrip("/"), source.lstrip("/")
        with self._lock:
            common = self._common(target, source)
            to_target = self._climbed(target, common, stamp).inverse()
            return to_target.then(self._climbed(source, common, stamp))

    def reaches(self, target: str, source: str, stamp: int) -> bool:
        """Whether `lookup` would find all that moves at the stamp or past it, so that waiting gains nothing."""
        target, source = target.lstrip("/"), source.lstrip("/")
        with self._lock:
            try:
                common = self._common(target, source)
            except TransformUnavailable:
                return False
            links = [self._edges[frame].moving for end in (target, source) for frame in self._below(end, common)]
            return all(moving is None or moving.reaches(stamp) for moving in links)

    def clear(self) -> None:
        """Forget what moves, as when time jumps back; what is static stays."""
        with self._lock:
            self._edges = {child: edge for child, edge in self._edges.items() if edge.moving is None}

    def problem(self) -> str | None:
        """That senders contradict each other again and again: one line for diagnostics."""
        with self._lock:
            times = self.counts["replaced"] + self.counts["circles"]
            return f"tf: {self._contradiction}, {times} contradictions so far" if times >= _CONTRADICTIONS else None

    def frames(self) -> list[str]:
        """All frames that it knows."""
        with self._lock:
            return sorted({*self._edges, *(edge.parent for edge in self._edges.values())})

    def _edge(self, parent: str, child: str, static: bool) -> _Edge:
        """The edge that takes the transform; what contradicts it is gone."""
        edge = self._edges.get(child)
        if edge is not None and edge.parent == parent and (edge.moving is None) == static:
            return edge
        if edge is not None:
            self.counts["replaced"] += 1
            old = _said(edge.parent, edge.moving is None)
            self._contradiction = f"'{child}' is said to be in {old} and in {_said(parent, static)}"
            del self._edges[child]
        above = self._ancestors(parent)
        if child in above:
            self.counts["circles"] += 1
            self._contradiction = f"'{child}' is said to be in '{parent}', and above it"
            del self._edges[above[above.index(child) - 1]]
        self._edges[child] = _Edge(parent, None if static else _Moving(self._history))
        return self._edges[child]

    def _ancestors(self, frame: str) -> list[str]:
        """The frame, its parent, and so on to the root."""
        found = [frame]
        while found[-1] in self._edges:
            found.append(self._edges[found[-1]].parent)
        return found

    def _below(self, frame: str, ancestor: str) -> list[str]:
        """The frames from `frame` up to the one under its ancestor."""
        above = self._ancestors(frame)
        return above[: above.index(ancestor)]

    def _climbed(self, frame: str, ancestor: str, stamp: int) -> Transform:
        """Where `frame` is in its ancestor."""
        chain = [self._edges[each].at(stamp, self._max_extrapolation) for each in self._below(frame, ancestor)]
        return reduce(lambda inner, outer: outer.then(inner), chain, identity(frame, frame, stamp))

    def _common(self, target: str, source: str) -> str:
        """The nearest frame above both; raises where there is none."""
        if target == source:
            return target
        self._check_known(target, source)
        up_from_source, up_from_target = self._ancestors(source), self._ancestors(target)
        for frame in up_from_source:
            if frame in up_from_target:
                return frame
        raise TransformUnavailable(
            f"tf from '{source}' to '{target}': nothing connects '{up_from_source[-1]}', under which '{source}' is, "
            f"and '{up_from_target[-1]}', under which '{target}' is"
        )

    def _check_known(self, target: str, source: str) -> None:
        known = self.frames()
        missing = [f"'{frame}'" for frame in (source, target) if frame not in known]
        if missing:
            there = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "") if known else "none at all"
            raise TransformUnavailable(
                f"tf from '{source}' to '{target}': no transform names {' nor '.join(missing)}; known frames: {there}"
            )
