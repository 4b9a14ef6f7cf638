# SPDX-License-Identifier: Apache-2.0
"""The driven path from above, in the colour of a score."""

from __future__ import annotations

import math

import numpy as np

from mia_ros.arrays import FloatArray
from offline_tools.replay.report.plots import nice

_SIZE, _MARGIN = 440, 26
#: Pieces of the path at most, and steps of the scale.
_PIECES, _STEPS = 500, 5
#: A step between two images that is no driving, m.
_JUMP = 20.0


def path_plot(x: FloatArray, y: FloatArray, values: FloatArray, name: str) -> str:
    """A card; x, y in metres (N,), values (N,) from 0 to 1, NaN where there is none. "" where there is no path."""
    known = np.isfinite(x) & np.isfinite(y)
    if np.count_nonzero(known) < 2:
        return ""
    x, y, values = x[known], y[known], values[known]
    bins = np.array_split(np.arange(len(x)), min(len(x), _PIECES))
    first = np.array([each[0] for each in bins])
    score = np.array([_mean(values[each]) for each in bins])
    u, v, scale = _fitted(x[first], y[first])
    height = math.ceil(float(v.max())) + _MARGIN + 14
    low, high = _ends(score)
    parts = [_piece(u, v, k, _step(score[k], low, high)) for k in range(len(u) - 1) if _near(x, y, first, k)]
    parts += [_dot(u[0], v[0], "start"), _dot(u[-1], v[-1], "end"), _bar(scale, height)]
    svg = f'<svg viewBox="0 0 {_SIZE} {height}" role="img" aria-label="path, coloured by {name}">{"".join(parts)}</svg>'
    return f'<div class="card"><h3>path, coloured by {name}</h3>{_legend(low, high)}{svg}</div>'


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _fitted(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Pixels, y upwards, and how many of them a metre is."""
    extent = max(float(np.ptp(x)), float(np.ptp(y)), 2.0)
    scale = (_SIZE - 2 * _MARGIN) / extent
    left = (_SIZE - float(np.ptp(x)) * scale) / 2
    return np.asarray(left + (x - x.min()) * scale), np.asarray(_MARGIN + (y.max() - y) * scale), scale


def _ends(score: FloatArray) -> tuple[float, float]:
    """Of the scale, at tenths."""
    known = score[np.isfinite(score)]
    if not len(known):
        return 0.0, 1.0
    low = math.floor(10 * float(known.min()) + 1e-9) / 10
    return low, max(math.ceil(10 * float(known.max()) - 1e-9) / 10, low + 0.1)


def _step(value: float, low: float, high: float) -> int | None:
    if not math.isfinite(value):
        return None
    return min(max(int((value - low) / (high - low) * _STEPS), 0), _STEPS - 1)


def _near(x: FloatArray, y: FloatArray, first: np.ndarray[tuple[int, ...], np.dtype[np.int64]], k: int) -> bool:
    """Whether the way to the next piece was driven."""
    a, b = int(first[k]), int(first[k + 1])
    return bool(np.hypot(np.diff(x[a : b + 1]), np.diff(y[a : b + 1])).max() < _JUMP)


def _piece(u: FloatArray, v: FloatArray, k: int, step: int | None) -> str:
    colour = "var(--soft)" if step is None else f"var(--q{step})"
    ends = f'x1="{u[k]:.1f}" y1="{v[k]:.1f}" x2="{u[k + 1]:.1f}" y2="{v[k + 1]:.1f}"'
    return f'<line class="way" {ends} style="stroke:{colour}"/>'


def _dot(u: float, v: float, word: str) -> str:
    filled = "var(--ink)" if word == "end" else "var(--card)"
    side, anchor = (-9, "end") if u > _SIZE / 2 else (9, "start")
    return (
        f'<circle class="stop" cx="{u:.1f}" cy="{v:.1f}" r="4.5" style="fill:{filled}"/>'
        f'<text class="value" x="{u + side:.1f}" y="{v + (14 if word == "start" else -6):.1f}" '
        f'text-anchor="{anchor}">{word}</text>'
    )


def _bar(scale: float, height: int) -> str:
    metres = nice(60 / scale)
    return (
        f'<path class="whisker" d="M10 {height - 8}h{metres * scale:.1f}m0 -4v8M10 {height - 12}v8"/>'
        f'<text class="tick" x="{16 + metres * scale:.1f}" y="{height - 4}">{metres:g} m</text>'
    )


def _legend(low: float, high: float) -> str:
    width = (high - low) / _STEPS
    entries = "".join(
        f'<li><i style="background:var(--q{k})"></i>{low + k * width:.2g}–{low + (k + 1) * width:.2g}</li>'
        for k in range(_STEPS)
    )
    return f'<ul class="legend">{entries}<li><i style="background:var(--soft)"></i>none</li></ul>'
