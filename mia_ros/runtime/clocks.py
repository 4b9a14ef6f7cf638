# SPDX-License-Identifier: Apache-2.0
"""ClockWatch: whether camera and IMU agree on the time."""

from __future__ import annotations

from collections import deque
from statistics import median

_WINDOW = 5 * 10**9
#: Before so many of each there is no saying.
_ENOUGH = 5
#: Of each stream; an IMU of 1 kHz fills it in 5 s.
_MOST = 5_000


class ClockWatch:
    """How long stamps were under way, of each stream; where that differs much, their clocks do.

    Arguments in ns; `received` is of one local clock that never jumps. Delays count too: a camera whose frames take
    0.3 s to arrive looks like one whose clock is late.
    """

    def __init__(self, max_difference: float) -> None:
        self._limit = max_difference
        self.reset()

    def reset(self) -> None:
        """Forget all, as when time jumps back."""
        self._images: deque[tuple[int, int]] = deque(maxlen=_MOST)
        self._imu: deque[tuple[int, int]] = deque(maxlen=_MOST)

    def image(self, stamp: int, received: int) -> None:
        """An image came."""
        self._images.append((received, received - stamp))

    def imu(self, stamp: int, received: int) -> None:
        """A sample of the IMU came."""
        self._imu.append((received, received - stamp))

    def difference(self) -> float | None:
        """Seconds by which the images' stamps are behind the IMU's (< 0: ahead), medians of 5 s; None: not known."""
        images, imu = list(self._images), list(self._imu)
        if not images or not imu:
            return None
        since = max(images[-1][0], imu[-1][0]) - _WINDOW
        delays = [[delay for received, delay in stream if received >= since] for stream in (images, imu)]
        if min(len(each) for each in delays) < _ENOUGH:
            return None
        return (median(delays[0]) - median(delays[1])) * 1e-9

    def problem(self) -> str | None:
        """That they disagree, by how much, and which is ahead: one line for diagnostics."""
        difference = self.difference()
        if difference is None or abs(difference) <= self._limit:
            return None
        late, ahead = ("image", "imu") if difference > 0 else ("imu", "image")
        return (
            f"clocks: stamps of {ahead} are {abs(difference):.3f} s ahead of those of {late}, more than "
            f"max_clock_difference of {self._limit:g} s; do both sensors take their stamps from one clock?"
        )
