# SPDX-License-Identifier: Apache-2.0
"""Scores against the truth: as they stand, and clearly apart from them, after the best small shift and turn."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from mia_ros.taxonomy import CLASS_NAMES
from offline_tools.evaluation.report import charts
from offline_tools.evaluation.report.tables import interval, percent, shown, swatch, table

_TILES = {
    "Avg. R, S": "avg_road_sidewalk",
    "road IoU": "road",
    "sidewalk IoU": "sidewalk",
    "macro mean IoU": "macro_mean_iou",
}


def scores_section(truth: Mapping[str, Any] | None) -> str:
    """HTML; "" without a truth."""
    if not truth:
        return ""
    name = escape(str(truth.get("name") or "the truth"))
    score, aligned = truth.get("score") or {}, truth.get("aligned") or {}
    parts = [f"<h2>Scores against {name}, as they stand</h2>", _scored(score)]
    if aligned:
        alignment = aligned.get("alignment") or {}
        parts.append(
            f'<div class="apart"><h2 style="margin-top:0">Scores after alignment</h2><p>{_moved(alignment)} A figure '
            f"of its own: it must not be compared with scores that were not aligned.</p>"
            f"{_scored(aligned.get('score') or {})}{_segments(alignment)}</div>"
        )
    return "".join(parts)


def _scored(score: Mapping[str, Any]) -> str:
    if not score.get("frames"):
        return "<p>No frame could be scored.</p>"
    words = (
        f"{score['frames']} frames in {score.get('sequences') or '?'} stretches. Cells count that the map observed and "
        "no building hides. Intervals (95 %) come from drawing whole stretches again."
    )
    return (
        f'<div class="tiles">{_tiles(score)}</div><p style="margin-top:10px">{words}</p><div class="pair">'
        f'<div class="card"><h3>IoU by class</h3>{_bars(score)}</div>'
        f'<div class="card"><h3>IoU by distance</h3>{_ranges(score)}</div></div>{_classes(score)}'
    )


def _tiles(score: Mapping[str, Any]) -> str:
    ious = score.get("iou") or {}
    return "".join(
        f'<div class="tile"><span>{title}</span><b>{shown(ious.get(key) if key in CLASS_NAMES else score.get(key))}</b>'
        f"<span>{interval(_ends(score, key))}</span></div>"
        for title, key in _TILES.items()
    )


def _ends(score: Mapping[str, Any], key: str) -> Any:
    intervals = score.get("intervals") or {}
    return (intervals.get("iou") or {}).get(key) if key in CLASS_NAMES else intervals.get(key)


def _bars(score: Mapping[str, Any]) -> str:
    ious = score.get("iou") or {}
    return charts.bars([charts.Bar(ious.get(name), _ends(score, name)) for name in CLASS_NAMES])


def _ranges(score: Mapping[str, Any]) -> str:
    ranges = score.get("ranges") or []
    if not ranges:
        return "<p>no numbers</p>"
    legend = "".join(f"<li>{swatch(index)}{name}</li>" for index, name in enumerate(CLASS_NAMES))
    names = [f"{part['from_m']:g}–{part['to_m']:g} m" for part in ranges]
    lines = [[(part.get("iou") or {}).get(name) for part in ranges] for name in CLASS_NAMES]
    return f'<ul class="legend">{legend}</ul>{charts.lines(names, lines)}'


def _classes(score: Mapping[str, Any]) -> str:
    parts = {name: score.get(name) or {} for name in ("iou", "precision", "recall")}
    shares = score.get("shares") or {}
    rows = [
        [
            f"{swatch(index)}{name}",
            shown(parts["iou"].get(name)),
            interval(_ends(score, name)),
            shown(parts["precision"].get(name)),
            shown(parts["recall"].get(name)),
            percent((shares.get("truth") or {}).get(name)),
            percent((shares.get("predicted") or {}).get(name)),
        ]
        for index, name in enumerate(CLASS_NAMES)
    ]
    for title, key in (("macro mean", "macro_mean_iou"), ("Avg. R, S", "avg_road_sidewalk")):
        rows.append([title, shown(score.get(key)), interval(_ends(score, key)), "", "", "", ""])
    head = ["class", "IoU", "95 % interval", "precision", "recall", "cells true", "cells predicted"]
    return table(head, rows, sums=2)


def _moved(alignment: Mapping[str, Any]) -> str:
    east, north = alignment.get("gps_error_east_m"), alignment.get("gps_error_north_m")
    if east is None or north is None:
        return "The path was moved to where the maps fit best."
    window = alignment.get("search_window") or {}
    searched = f" Searched: {window['metres']:g} m and {window['degrees']:g} deg each way." if window else ""
    edge = " The best place lies at the edge of the search: do not trust it." if alignment.get("at_the_edge") else ""
    return (
        f"The path was moved to where the maps fit best: the GPS says {_metres(east, 'east', 'west')} and "
        f"{_metres(north, 'north', 'south')} too far ({shown(alignment.get('size_m'), 1)} m on average), turned by "
        f"{shown(alignment.get('turn_deg'), 1)} deg." + searched + edge
    )


def _metres(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.1f} m {positive if value >= 0 else negative}"


def _segments(alignment: Mapping[str, Any]) -> str:
    segments = alignment.get("segments") or []
    if len(segments) < 2:
        return ""
    rows = [
        [
            str(number + 1),
            str(each.get("frames") or 0),
            shown(each.get("gps_error_east_m"), 1),
            shown(each.get("gps_error_north_m"), 1),
            shown(each.get("turn_deg"), 1),
            "yes" if each.get("at_the_edge") else "",
        ]
        for number, each in enumerate(segments)
    ]
    head = ["stretch", "frames", "GPS too far east, m", "too far north, m", "turned, deg", "at the edge"]
    return f"<details><summary>Stretch by stretch</summary>{table(head, rows)}</details>"
