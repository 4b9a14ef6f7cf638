# SPDX-License-Identifier: Apache-2.0
"""The tables of the page, from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mia_ros.taxonomy import CLASS_NAMES

#: Rows of a table of locations or cameras; the rest is in metrics.json.
MOST_ROWS = 30

NOTHING = "–"


def classes_table(record: Mapping[str, Any]) -> str:
    """Everything by class, and the two means."""
    scores, baseline = record["scores"], record["baseline"]
    head = ["class", "IoU", "95 % interval", *(["mean map"] if baseline else []), "precision", "recall", "ECE"]
    head += ["best threshold", "IoU there", *(["mean map there"] if baseline else []), "cells true", "cells predicted"]
    rows = [_class_row(name, scores, baseline) for name in CLASS_NAMES]
    rows += [
        _mean_row("macro mean", "macro_mean_iou", scores, baseline),
        _mean_row("Avg. R, S", "avg_road_sidewalk", scores, baseline),
    ]
    return table(head, rows, sums=2)


def ranges_table(record: Mapping[str, Any]) -> str:
    """IoU by distance, and of the mean map below."""
    rows = [_means_row(f"{part['from_m']:g}–{part['to_m']:g} m", part) for part in record["scores"]["ranges"]]
    if record["baseline"]:
        rows += [
            _means_row(f"mean map {part['from_m']:g}–{part['to_m']:g} m", part) for part in record["baseline"]["ranges"]
        ]
    return table(["distance", *CLASS_NAMES, "macro mean", "Avg. R, S"], rows)


def groups_table(what: str, groups: Mapping[str, Any]) -> str:
    """IoU of samples that have a location or a camera in common, the largest groups first."""
    ordered = sorted(groups.items(), key=lambda item: (-item[1]["samples"], item[0]))
    rows = [[escape(name), str(group["samples"]), *_means_row("", group)[1:]] for name, group in ordered[:MOST_ROWS]]
    more = len(ordered) - MOST_ROWS
    rest = f"<p>and {more} more in metrics.json</p>" if more > 0 else ""
    return table([what, "samples", *CLASS_NAMES, "macro mean", "Avg. R, S"], rows) + rest


def table(head: Sequence[str], rows: Sequence[Sequence[str]], sums: int = 0) -> str:
    """Cells are HTML; the first of a row is its name. The last `sums` rows stand out."""
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(
        f"<tr{' class=sum' if index >= len(rows) - sums else ''}><th>{row[0]}</th>"
        f"{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>"
        for index, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def shown(value: float | None, digits: int = 3) -> str:
    """A number, or a dash where there is none."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def interval(ends: Sequence[float] | None) -> str:
    """Both ends, or a dash."""
    return NOTHING if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"


def percent(share: float | None) -> str:
    """With a digit after the point below ten."""
    if share is None:
        return NOTHING
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def swatch(index: int) -> str:
    """A class's colour as in the plots."""
    return f'<i style="background:var(--c{index})"></i>'


def _class_row(name: str, scores: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> list[str]:
    best = scores["best_thresholds"]
    return [
        f"{swatch(CLASS_NAMES.index(name))}{name}",
        shown(scores["iou"][name]),
        interval(scores["intervals"]["iou"][name]),
        *([shown(baseline["iou"][name])] if baseline else []),
        shown(scores["precision"][name]),
        shown(scores["recall"][name]),
        shown(scores["calibration"]["ece"][name]),
        shown(best["threshold"][name], 2),
        shown(best["iou"][name]),
        *([shown(baseline["best_thresholds"]["iou"][name])] if baseline else []),
        percent(scores["shares"]["truth"][name]),
        percent(scores["shares"]["predicted"][name]),
    ]


def _mean_row(title: str, key: str, scores: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> list[str]:
    ece = shown(scores["calibration"]["ece_mean"]) if key == "macro_mean_iou" else ""
    return [
        title,
        shown(scores[key]),
        interval(scores["intervals"][key]),
        *([shown(baseline[key])] if baseline else []),
        "",
        "",
        ece,
        "",
        shown(scores["best_thresholds"][key]),
        *([shown(baseline["best_thresholds"][key])] if baseline else []),
        "",
        "",
    ]


def _means_row(title: str, part: Mapping[str, Any]) -> list[str]:
    values = [part["iou"][name] for name in CLASS_NAMES]
    return [title, *(shown(value) for value in (*values, part["macro_mean_iou"], part["avg_road_sidewalk"]))]
