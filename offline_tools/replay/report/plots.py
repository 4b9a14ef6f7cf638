# SPDX-License-Identifier: Apache-2.0
"""Numbers over time as SVG text; long recordings are shown as medians with a band of what was there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from mia_ros.arrays import BoolArray, FloatArray

#: Pixels at which text stands as it is; the page scales a plot a little at most.
_WIDTH, _HEIGHT = 440, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 10, 8, 24
#: Points of a line at most.
_POINTS = 300
_NICE = (1, 2, 2.5, 5, 10)
#: Places of a number that no screen shows.
_DIGITS = 1


@dataclass(frozen=True, eq=False)
class Line:
    """A name and its numbers (N,), NaN where there is none."""

    name: str
    values: FloatArray


def time_plot(
    title: str,
    seconds: FloatArray,
    lines: Sequence[Line],
    *,
    ends: tuple[float | None, float | None] = (None, None),
    problems: BoolArray | None = None,
) -> str:
    """A card with a plot; ends: of the axis, None for those of the numbers. problems: images without a map."""
    shown = [line for line in lines if np.isfinite(line.values).any()]
    if not len(seconds) or not shown:
        return f'<div class="card"><h3>{escape(title)}</h3><p>no numbers</p></div>'
    low, high, step = _axis([line.values for line in shown], ends)
    across = _Scale(0.0, max(float(seconds[-1]), 1e-3), _LEFT, _WIDTH - _RIGHT)
    up = _Scale(low, high, _HEIGHT - _BOTTOM, _TOP)
    parts = [*_grid(across, up, step)]
    for number, line in enumerate(shown):
        parts += _drawn(number, *_thinned(seconds, line.values), across, up)
    if problems is not None and problems.any():
        parts.append(_marks(seconds, problems, across))
    label = f"{escape(title)} over time"
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<div class="card"><h3>{escape(title)}</h3>{_legend(shown)}{svg}</div>'


@dataclass(frozen=True)
class _Scale:
    """Takes numbers to pixels."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.first + (self.last - self.first) * min(max(share, 0.0), 1.0), _DIGITS)


def _axis(values: Sequence[FloatArray], ends: tuple[float | None, float | None]) -> tuple[float, float, float]:
    """Ends and the step of the grid."""
    finite = np.concatenate([each[np.isfinite(each)] for each in values])
    # One image that took a second must not flatten all others.
    low = float(np.percentile(finite, 0.5)) if ends[0] is None else ends[0]
    high = float(np.percentile(finite, 99.5)) if ends[1] is None else ends[1]
    if high - low < 1e-6:
        low, high = (low, low + 1.0) if ends[0] is not None else (low - 0.5, low + 0.5)
    step = nice((high - low) / 4)
    low = math.floor(low / step + 1e-9) * step if ends[0] is None else low
    high = math.ceil(high / step - 1e-9) * step if ends[1] is None else high
    return low, high, step


def nice(step: float) -> float:
    """The next larger of 1, 2, 2.5, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(max(step, 1e-12)))
    return next(each * power for each in _NICE if each * power >= step * (1 - 1e-9))


def _grid(across: _Scale, up: _Scale, step: float) -> list[str]:
    parts = []
    for k in range(math.ceil(up.low / step - 1e-9), math.floor(up.high / step + 1e-9) + 1):
        y = up.at(k * step)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
            f'<text class="tick" x="{_LEFT - 5}" y="{y + 4}" text-anchor="end">{k * step:g}</text>'
        )
    seconds = nice(across.high / 5)
    for k in range(math.floor(across.high / seconds + 1e-9) + 1):
        x = across.at(k * seconds)
        unit = " s" if k == 0 else ""
        parts.append(f'<text class="tick" x="{x}" y="{_HEIGHT - 6}" text-anchor="middle">{k * seconds:g}{unit}</text>')
    return parts


def _thinned(seconds: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Time, median, least and most of bins; of each image where there are few."""
    if len(values) <= _POINTS:
        return seconds, values, values, values
    bins = np.array_split(np.arange(len(values)), _POINTS)
    rows = []
    for each in bins:
        known = values[each][np.isfinite(values[each])]
        numbers = (np.median(known), known.min(), known.max()) if len(known) else (np.nan,) * 3
        rows.append((seconds[each].mean(), *numbers))
    time, middle, least, most = np.array(rows).T
    return time, middle, least, most


def _drawn(
    number: int, time: FloatArray, middle: FloatArray, least: FloatArray, most: FloatArray, across: _Scale, up: _Scale
) -> list[str]:
    parts = []
    for run in _runs(middle):
        x = [across.at(float(value)) for value in time[run]]
        if (most[run] > least[run]).any():
            band = [f"{u:g},{up.at(float(v)):g}" for u, v in zip(x, most[run], strict=True)]
            band += [f"{u:g},{up.at(float(v)):g}" for u, v in zip(x[::-1], least[run][::-1], strict=True)]
            parts.append(f'<polygon class="band" points="{" ".join(band)}" style="fill:var(--s{number % 6})"/>')
        line = " ".join(f"{u:g},{up.at(float(v)):g}" for u, v in zip(x, middle[run], strict=True))
        if len(x) == 1:
            parts.append(
                f'<circle cx="{x[0]:g}" cy="{up.at(float(middle[run][0])):g}" r="1.6" '
                f'style="fill:var(--s{number % 6})"/>'
            )
        else:
            parts.append(f'<polyline class="line" points="{line}" style="stroke:var(--s{number % 6})"/>')
    return parts


def _runs(values: FloatArray) -> list[slice]:
    """The stretches without a gap."""
    known = np.isfinite(values)
    edges = np.flatnonzero(np.diff(np.r_[False, known, False]))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _marks(seconds: FloatArray, problems: BoolArray, across: _Scale) -> str:
    """Ticks at the bottom; those that fall on one pixel are one."""
    places = sorted({round(across.at(float(each))) for each in seconds[problems]})
    path = "".join(f"M{x} {_HEIGHT - _BOTTOM - 6}v6" for x in places)
    return f'<path class="problem" d="{path}"><title>images without a map</title></path>'


def _legend(lines: Sequence[Line]) -> str:
    if len(lines) < 2 and lines[0].name == "":
        return ""
    entries = "".join(
        f'<li><i style="background:var(--s{number % 6})"></i>{escape(line.name)}</li>'
        for number, line in enumerate(lines)
    )
    return f'<ul class="legend">{entries}</ul>'
