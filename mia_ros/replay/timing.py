# SPDX-License-Identifier: Apache-2.0
"""Stamps against times of receipt: clocks that disagree, stamps that are missing, images that are old."""

from __future__ import annotations

from collections import Counter
from statistics import median

from mia_ros.replay.notes import NoteBook
from mia_ros.runtime.clocks import ClockWatch
from mia_ros.runtime.config import MapperConfig

_ASK = 1 * 10**9  # ns of the bag between two looks at the clocks
#: Of looks at the clocks, and of ages: every so many are dropped when there are more, which leaves medians as they are.
_MOST = 4096


class Timing:
    """Tell it of images and IMU samples; `note` writes what was noticed."""

    def __init__(self, config: MapperConfig) -> None:
        self._limits = config
        self._clocks = ClockWatch(config.max_clock_difference)
        self._asked = 0
        self._differences = _Sample()
        self._ages = _Sample()
        self._unstamped: Counter[str] = Counter()
        self._spans: dict[str, tuple[int, int]] = {}  # first and last stamp of each stream

    def image(self, stamp: int, received: int) -> int:
        """An image; gives its stamp, or the time of receipt where it has none."""
        if not stamp:
            self._unstamped["images"] += 1
            return received
        self._widen("images", stamp)
        self._clocks.image(stamp, received)
        self._ages.add((received - stamp) * 1e-9)
        self._ask(received)
        return stamp

    def imu(self, stamp: int, received: int) -> int:
        """A sample of the IMU; gives its stamp, as above."""
        if not stamp:
            self._unstamped["IMU samples"] += 1
            return received
        self._widen("IMU", stamp)
        self._clocks.imu(stamp, received)
        return stamp

    def jumped(self) -> None:
        """Time went back."""
        self._clocks.reset()

    def note(self, notes: NoteBook, imu_offset: float) -> None:
        """What was noticed in all."""
        for what, number in self._unstamped.items():
            notes.warn(
                "stamps.missing",
                f"stamps: {number} {what} have no stamp (header.stamp is 0); the time of receipt is taken, which is "
                "later by the transport; the driver should set it",
            )
        difference = self._differences.median()
        if difference is not None and abs(difference) > self._limits.max_clock_difference:
            late, ahead = ("images", "the IMU") if difference > 0 else ("the IMU", "images")
            notes.warn(
                "clocks",
                f"clocks: stamps of {ahead} are {abs(difference):.3f} s ahead of those of {late}, by the times of "
                f"receipt; replay again with --imu-offset {imu_offset - difference:.3f}, and let both take their "
                "stamps from one clock",
            )
        self._note_epochs(notes)
        age = self._ages.median()
        if age is not None and abs(age) > self._limits.max_image_age:
            how = f"{age:.3f} s old on arrival" if age > 0 else f"{-age:.3f} s ahead of the times of receipt"
            notes.warn(
                "images.age",
                f"images: {how} (median), more than max_image_age of {self._limits.max_image_age:g} s: here they are "
                "mapped, but the live node would make no maps of them",
            )

    def _note_epochs(self, notes: NoteBook) -> None:
        """That the two streams are of different times, where no times of receipt tell by how much."""
        if len(self._spans) < 2:
            return
        (first, last), (imu_first, imu_last) = self._spans["images"], self._spans["IMU"]
        gap = max(first - imu_last, imu_first - last) * 1e-9
        if gap > self._limits.max_clock_difference:
            notes.warn(
                "clocks",
                f"clocks: stamps of images and those of the IMU are {gap:.1f} s apart, and nowhere of one time; were "
                "they recorded together, and by one clock?",
            )

    def _widen(self, stream: str, stamp: int) -> None:
        first, last = self._spans.get(stream, (stamp, stamp))
        self._spans[stream] = min(first, stamp), max(last, stamp)

    def _ask(self, received: int) -> None:
        if abs(received - self._asked) >= _ASK:
            self._asked = received
            difference = self._clocks.difference()
            if difference is not None:
                self._differences.add(difference)


class _Sample:
    """Numbers of which a median is wanted, in bounded memory: each n-th is kept."""

    def __init__(self) -> None:
        self._kept: list[float] = []
        self._every = 1
        self._seen = 0

    def add(self, value: float) -> None:
        if self._seen % self._every == 0:
            self._kept.append(value)
        self._seen += 1
        if len(self._kept) > _MOST:
            self._kept = self._kept[::2]
            self._every *= 2

    def median(self) -> float | None:
        return median(self._kept) if self._kept else None
