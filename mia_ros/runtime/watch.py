# SPDX-License-Identifier: Apache-2.0
"""FrameWatch: whether a frame may become a map, by its stamp and by a quick look at its pixels."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from mia_ros.arrays import Array, FloatArray, UInt8Array
from mia_ros.runtime.config import MapperConfig

Kind = Literal["ok", "old", "future", "repeated", "out_of_order", "jumped_back", "frozen", "dark", "bright", "covered"]

#: A stamp that is older than the last by more than this, ns, is a new time; by less, a frame that came late.
_JUMP = 10**9
#: Pixels that are looked at, about; and of these, a side of the squares that are averaged against noise.
_SAMPLE, _SQUARE = 8192, 4
#: Values of a picture that is black or white, and the share of it that must be.
_BLACK, _WHITE, _NEARLY_ALL = 12, 243, 0.99
#: Standard deviation in grey values that every real scene leaves beside a smooth surface. Measured: photos in daylight
#: 22 and more, simulated mist and dusk 10, fog that leaves a tenth of the contrast 2.3; walls and covered lenses 1.3.
_STRUCTURE = 2.0
#: Of a polynomial of the 4th degree in two variables.
_TERMS = 15
#: Identical frames in a row that are no accident.
_FROZEN_FRAMES = 5


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a frame. line: in words, empty where it is ok.

    jumped_back: time went back, and whatever was remembered is of another time. Such a frame may be used if its pixels
    are good (kind "jumped_back"), or not (kind says why).
    """

    kind: Kind
    line: str = ""
    jumped_back: bool = False

    @property
    def usable(self) -> bool:
        """Whether it may become a map."""
        return self.kind in ("ok", "jumped_back")


OK = Verdict("ok")


class FrameWatch:
    """Ask it about each frame as it arrives. `counts`: how many of each kind."""

    def __init__(self, config: MapperConfig) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Remember nothing of what came before."""
        self._last: int | None = None
        self._before: tuple[UInt8Array, UInt8Array] | None = None
        self._likeness: int | None = None
        self._same_since = 0
        self._same = 0

    def check(self, frame: UInt8Array, stamp: int, now: int) -> Verdict:
        """Of a frame (H, W, 3) uint8; stamp and now in ns of one clock. The frame is kept until the next."""
        verdict = self._judged(frame, stamp, now)
        self.counts[verdict.kind] += 1
        return verdict

    def pass_over(self, stamp: int, likeness: int) -> Verdict:
        """Note a frame that nobody looks at; `likeness` is equal for equal pixels. Judged by its stamp alone."""
        late = self._of_order(stamp)
        if late is not None and not late.jumped_back:
            return late
        if late is not None:
            self.reset()
        if likeness != self._likeness:
            self._same, self._same_since = 0, stamp
        self._last, self._likeness = stamp, likeness
        self._same += 1
        return late or OK

    def recall(self, frame: UInt8Array) -> None:
        """The pixels of the last frame that was passed over, so that the next can be compared with it."""
        self._before = frame, sampled(frame)

    def _judged(self, frame: UInt8Array, stamp: int, now: int) -> Verdict:
        late = self._of_age(stamp, now) or self._of_order(stamp)
        if late is not None and not late.jumped_back:
            return late
        jumped = late is not None
        if jumped:
            self.reset()
        self._last = stamp
        sample = sampled(frame)
        self._compare(frame, sample, stamp)
        blind = _of_pixels(sample) or self._of_change(stamp)
        if blind is not None:
            return Verdict(*blind, jumped_back=jumped)
        return late or OK

    def _of_age(self, stamp: int, now: int) -> Verdict | None:
        age, limit = (now - stamp) * 1e-9, self.config.max_image_age
        if age > limit:
            return Verdict(
                "old",
                f"image: {age:.3f} s old on arrival, more than max_image_age of {limit:g} s; does its clock agree with "
                f"this computer's, is use_sim_time right, and is the network fast enough?",
            )
        if age < -limit:
            return Verdict(
                "future",
                f"image: its stamp is {-age:.3f} s ahead of this node's clock; does the camera's clock agree with this "
                f"computer's, and is use_sim_time right?",
            )
        return None

    def _of_order(self, stamp: int) -> Verdict | None:
        if self._last is None or stamp > self._last:
            return None
        if stamp == self._last:
            return Verdict("repeated", "image: the same stamp again; do two cameras publish on one topic?")
        back = (self._last - stamp) * 1e-9
        if self._last - stamp > _JUMP:
            line = f"image: time went back by {back:.3f} s; everything starts anew"
            return Verdict("jumped_back", line, jumped_back=True)
        return Verdict("out_of_order", f"image: {back:.3f} s older than the one before; it is left out")

    def _compare(self, frame: UInt8Array, sample: UInt8Array, stamp: int) -> None:
        """Count frames that equal each other in every pixel; all are looked at only where the sample is equal."""
        before, self._before = self._before, (frame, sample)
        if before is None or not (np.array_equal(sample, before[1]) and np.array_equal(frame, before[0])):
            self._same, self._same_since = 0, stamp
        self._same += 1

    def _of_change(self, stamp: int) -> tuple[Kind, str] | None:
        limit, seconds = self.config.frozen_after, (stamp - self._same_since) * 1e-9
        if limit <= 0 or self._same < _FROZEN_FRAMES or seconds < limit:
            return None
        return (
            "frozen",
            f"image: {self._same} frames of {seconds:.1f} s are equal in every pixel; does the camera hang?",
        )


def sampled(frame: UInt8Array) -> UInt8Array:
    """A copy of about 8000 of its pixels, on a grid: (h, w, 3)."""
    height, width = frame.shape[:2]
    step = max(1, math.isqrt(height * width // _SAMPLE))
    return np.ascontiguousarray(frame[step // 2 :: step, step // 2 :: step])


def structure(sample: UInt8Array) -> float:
    """What of a picture is no smooth surface: standard deviation in grey values.

    Means of small squares, so that noise counts little, less a polynomial of the 4th degree over the picture, which is
    what light and a lens make of a wall, a hand or a fogged glass.
    """
    rows, columns = sample.shape[0] // _SQUARE, sample.shape[1] // _SQUARE
    if rows * columns <= _TERMS:
        return 0.0
    smooth = _smooth(rows, columns)
    grey = cv2.cvtColor(sample, cv2.COLOR_BGR2GRAY)[: rows * _SQUARE, : columns * _SQUARE].astype(np.float32)
    means = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA).reshape(-1).astype(np.float64)
    return float((means - smooth @ (smooth.T @ means)).std())


def _of_pixels(sample: UInt8Array) -> tuple[Kind, str] | None:
    if _nearly_all(sample < _BLACK):
        return "dark", "image: black; is the lens covered, or the exposure too short?"
    if _nearly_all(sample > _WHITE):
        return "bright", "image: white; is it over-exposed?"
    if structure(sample) < _STRUCTURE:
        return "covered", "image: nothing to be seen but a smooth surface; is the lens covered, fogged or at a wall?"
    return None


def _nearly_all(which: Array) -> bool:
    return bool(np.count_nonzero(which) >= _NEARLY_ALL * which.size)


@lru_cache(16)
def _smooth(rows: int, columns: int) -> FloatArray:
    """(rows * columns, _TERMS) orthonormal: all polynomials up to the 4th degree on a grid."""
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    terms = [x**i * y**j for i in range(5) for j in range(5 - i)]
    return np.asarray(np.linalg.qr(np.stack(terms, -1).reshape(rows * columns, -1))[0], np.float64)
