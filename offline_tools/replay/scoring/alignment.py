# SPDX-License-Identifier: Apache-2.0
"""align: the small move of a path, stretch by stretch, with which the street map fits the maps best.

The goal is the likelihood of the drawn classes under the maps' probabilities. GPS wanders within minutes and odometry
bends, so that a path is cut into stretches of a minute or 100 m at most; each is moved by itself, and then bent a
little, as an odometry bends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from mia_ros.semantic_map import SemanticMap
from offline_tools.osm import MapStore
from offline_tools.replay.scoring.search import Found, search
from offline_tools.replay.scoring.stretches import gathered, stretches_of
from offline_tools.replay.scoring.window import SearchWindow
from offline_tools.replay.trajectory import Correction, Shift, Trajectory


class Segment(NamedTuple):
    """Maps of a stretch of the path, start <= stamp < stop (ns), and what was found for it.

    error_east, error_north: metres that the GPS says it is too far east, too far north. turn: rad, anticlockwise, that
    the path was turned by. gain: nats per cell, of the likelihood. shifts: of its parts.
    """

    start: int
    stop: int
    frames: int
    error_east: float
    error_north: float
    turn: float
    gain: float
    at_the_edge: bool
    shifts: tuple[Shift, ...]

    @property
    def size(self) -> float:
        """Metres."""
        return math.hypot(self.error_east, self.error_north)

    def record(self) -> dict[str, Any]:
        """For metrics.json."""
        return {
            "start": self.start,
            "stop": self.stop,
            "frames": self.frames,
            "gps_error_east_m": self.error_east,
            "gps_error_north_m": self.error_north,
            "size_m": self.size,
            "turn_deg": math.degrees(self.turn),
            "gain_nats_per_cell": self.gain,
            "at_the_edge": self.at_the_edge,
        }


@dataclass(frozen=True)
class Alignment:
    """How a path was moved; `correction` is for Trajectory.moved."""

    window: SearchWindow
    segments: tuple[Segment, ...]

    @property
    def correction(self) -> Correction:
        """All that is moved."""
        return Correction(tuple(shift for segment in self.segments for shift in segment.shifts))

    @property
    def at_the_edge(self) -> bool:
        """Whether some stretch may lie better outside of the search window."""
        return any(segment.at_the_edge for segment in self.segments)

    def record(self) -> dict[str, Any]:
        """For metrics.json: means over the stretches, weighted by their frames, and each of them.

        gps_error_*_m > 0: the GPS says too far east, too far north. turn_deg > 0: the path was turned anticlockwise.
        """
        return {
            "search_window": asdict(self.window),
            "gps_error_east_m": self._mean([each.error_east for each in self.segments]),
            "gps_error_north_m": self._mean([each.error_north for each in self.segments]),
            "size_m": self._mean([each.size for each in self.segments]),
            "turn_deg": self._mean([math.degrees(each.turn) for each in self.segments]),
            "at_the_edge": self.at_the_edge,
            "frames": sum(each.frames for each in self.segments),
            "segments": [each.record() for each in self.segments],
        }

    def _mean(self, values: list[float]) -> float | None:
        frames = [each.frames for each in self.segments]
        return float(np.average(values, weights=frames)) if values else None


def align(
    maps: Callable[[], Iterable[SemanticMap]],
    trajectory: Trajectory,
    store: MapStore,
    window: SearchWindow | None = None,
) -> Alignment:
    """The best small move of every stretch; `maps()` gives the maps in the order of their stamps.

    Without a window that is asked for, the usual one is used, turned wider where the path's direction is unsure.
    """
    window = window or SearchWindow().opened(trajectory.yaw_sigma)
    found = []
    for stretch in gathered(maps(), trajectory, stretches_of(trajectory)):
        best = search(stretch, store, trajectory.frame, window)
        if best is not None:
            found.append((stretch.first, stretch.last + 1, stretch.frames, best))
    correction = Correction(tuple(shift for *_, best in found for shift in best.shifts))
    return Alignment(window, tuple(_segment(*each, trajectory, correction) for each in found))


def _segment(
    start: int, stop: int, frames: int, best: Found, trajectory: Trajectory, correction: Correction
) -> Segment:
    east, north = _gps_error(trajectory, correction, start, stop)
    turn = float(np.mean([shift.turn for shift in best.shifts]))
    return Segment(start, stop, frames, east, north, turn, best.gain, best.at_the_edge, best.shifts)


def _gps_error(trajectory: Trajectory, correction: Correction, start: int, stop: int) -> tuple[float, float]:
    """Mean of the fixes minus where the antenna was after all; of the path itself where there are no fixes."""
    stamps, away, fixes = trajectory.stamps, np.zeros((1, 2)), trajectory.fixes
    if fixes is not None and ((fixes.stamps >= start) & (fixes.stamps < stop)).any():
        stamps, away = fixes.stamps, fixes.away[(fixes.stamps >= start) & (fixes.stamps < stop)]
    stamps = stamps[(stamps >= start) & (stamps < stop)]
    poses = np.stack([np.interp(stamps, trajectory.stamps, column) for column in trajectory.poses.T], 1)
    moved = correction.moved(stamps, poses)[:, :2] - poses[:, :2]
    east, north = (away.mean(0) - moved.mean(0)).tolist()
    return east, north
