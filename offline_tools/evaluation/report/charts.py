# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG text. Sizes are those at which text stands as it is; the page scales a plot a little at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mia_ros.taxonomy import CLASS_NAMES

Value = float | None
Ends = Sequence[float] | None

_WIDE, _ROW, _LABEL = 400, 30, 66
_RANGE_HEIGHT = 230
_SMALL = 180
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Bar:
    """One class: its score, how sure it is, and what it is compared with."""

    value: Value
    interval: Ends = None
    baseline: Value = None


def bars(values: Sequence[Bar]) -> str:
    """A bar for each class from 0 to 1, its interval as a whisker, the baseline as a mark."""
    height = _ROW * len(values) + 24
    axis = _Axis(_LABEL, _WIDE - 42)
    parts = [
        f'<line class="grid" x1="{axis.at(tick)}" y1="4" x2="{axis.at(tick)}" y2="{height - 20}"/>'
        f'<text class="tick" x="{axis.at(tick)}" y="{height - 6}" text-anchor="middle">{tick:g}</text>'
        for tick in _TICKS
    ]
    parts += [_bar(index, bar, axis) for index, bar in enumerate(values)]
    return _svg(_WIDE, height, "IoU of each class, with its interval and the baseline", parts)


def lines(groups: Sequence[str], values: Sequence[Sequence[Value]]) -> str:
    """A line for each class over a few groups, 0 to 1."""
    across, up = _Axis(34, _WIDE - 14), _Axis(_RANGE_HEIGHT - 28, 10)
    step = 1 / max(len(groups), 1)
    places = [across.at((index + 0.5) * step) for index in range(len(groups))]
    parts = [
        f'<line class="grid" x1="34" y1="{up.at(tick)}" x2="{_WIDE - 14}" y2="{up.at(tick)}"/>'
        f'<text class="tick" x="28" y="{up.at(tick) + 4}" text-anchor="end">{tick:g}</text>'
        for tick in _TICKS
    ]
    parts += [
        f'<text class="tick" x="{x}" y="{_RANGE_HEIGHT - 8}" text-anchor="middle">{escape(name)}</text>'
        for x, name in zip(places, groups, strict=True)
    ]
    for index, line in enumerate(values):
        points = [(x, None if value is None else up.at(value)) for x, value in zip(places, line, strict=True)]
        parts += _line(index, points, f"{CLASS_NAMES[index]}")
    return _svg(_WIDE, _RANGE_HEIGHT, "IoU of each class by distance", parts)


def reliability(index: int, cells: Sequence[int], predicted: Sequence[Value], observed: Sequence[Value]) -> str:
    """How often a class is there against the probability given for it; the larger a dot, the more cells it stands for.

    Dots on the diagonal are probabilities that can be taken at their word.
    """
    across, up, parts = _square()
    parts.append(f'<line class="even" x1="{across.at(0)}" y1="{up.at(0)}" x2="{across.at(1)}" y2="{up.at(1)}"/>')
    total = max(sum(cells), 1)
    for count, p, share in zip(cells, predicted, observed, strict=True):
        if p is not None and share is not None:
            radius = 1.6 + 6 * (count / total) ** 0.5
            words = f"said {p:.2f}, was {share:.2f}, {count} cells"
            parts.append(_dot(index, across.at(p), up.at(share), radius, words, "soft"))
    return _svg(_SMALL, _SMALL, f"reliability of {CLASS_NAMES[index]}", parts)


def threshold(index: int, curve: Sequence[Value], best: Value) -> str:
    """IoU over thresholds from 0 to 1; the dot is the best one."""
    across, up, parts = _square()
    parts.append(f'<line class="even" x1="{across.at(0.5)}" y1="{up.at(0)}" x2="{across.at(0.5)}" y2="{up.at(1)}"/>')
    last = len(curve) - 1
    points = [
        (across.at(step / last), None if value is None else up.at(value)) for step, value in enumerate(curve[1:last], 1)
    ]
    parts += [_path(index, run) for run in _runs(points)]
    if best is not None:
        value = curve[round(best * last)]
        if value is not None:
            parts.append(_dot(index, across.at(best), up.at(value), 4, f"{best:.2f}: IoU {value:.3f}"))
    return _svg(_SMALL, _SMALL, f"IoU of {CLASS_NAMES[index]} by threshold", parts)


@dataclass(frozen=True)
class _Axis:
    """Pixels of 0 and of 1."""

    zero: float
    one: float

    def at(self, value: float) -> float:
        return round(self.zero + (self.one - self.zero) * value, 1)


def _bar(index: int, bar: Bar, axis: _Axis) -> str:
    middle = index * _ROW + _ROW / 2 + 2
    parts = [f'<text class="name" x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{CLASS_NAMES[index]}</text>']
    end = axis.at(bar.value or 0)
    if bar.value is not None:
        parts.append(
            f'<rect x="{axis.zero}" y="{middle - 8}" width="{max(end - axis.zero, 0.5):.1f}" height="16" rx="2" '
            f'style="fill:var(--c{index})"><title>{bar.value:.3f}</title></rect>'
        )
    if bar.interval is not None:
        low, high = (axis.at(value) for value in bar.interval)
        parts.append(f'<path class="whisker" d="M{low} {middle}H{high}M{low} {middle - 4}v8M{high} {middle - 4}v8"/>')
        end = max(end, high)
    if bar.baseline is not None:
        x = axis.at(bar.baseline)
        parts.append(f'<path class="mark" d="M{x} {middle - 12}v24"><title>baseline {bar.baseline:.3f}</title></path>')
        end = max(end, x)
    words = "–" if bar.value is None else f"{bar.value:.3f}"
    parts.append(f'<text class="value" x="{end + 6}" y="{middle + 4}">{words}</text>')
    return "".join(parts)


def _square() -> tuple[_Axis, _Axis, list[str]]:
    """Axes of a small plot from 0 to 1 both ways, and its frame."""
    across, up = _Axis(26, _SMALL - 8), _Axis(_SMALL - 22, 8)
    width, height = across.one - across.zero, up.zero - up.one
    parts = [f'<rect class="frame" x="{across.zero}" y="{up.one}" width="{width}" height="{height}"/>']
    for tick in (0.0, 0.5, 1.0):
        x, y = across.at(tick), up.at(tick)
        parts.append(
            f'<text class="tick" x="{x}" y="{_SMALL - 7}" text-anchor="middle">{tick:g}</text>'
            f'<text class="tick" x="21" y="{y + 4}" text-anchor="end">{tick:g}</text>'
        )
    return across, up, parts


def _line(index: int, points: Sequence[tuple[float, Value]], name: str) -> list[str]:
    """Joined where neighbours are there, a dot on each."""
    parts = [_path(index, run) for run in _runs(points)]
    return parts + [_dot(index, x, y, 3.5, name) for x, y in points if y is not None]


def _runs(points: Sequence[tuple[float, Value]]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is not None:
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _path(index: int, points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline class="line" points="{path}" style="stroke:var(--c{index})"/>'


def _dot(index: int, x: float, y: float, radius: float, words: str, kind: str = "dot") -> str:
    return (
        f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius:.1f}" style="fill:var(--c{index})">'
        f"<title>{escape(words)}</title></circle>"
    )


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
